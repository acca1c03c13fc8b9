"""What ends the engine's process never reaches it. Each case runs in a child."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.adapters.speech.recogniser import open_vosk
from ivr.adapters.speech.vosk_model import ModelError, read_folder
from ivr.adapters.speech.vosk_probe import known_words

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "tests" / "fixtures" / "speech" / "model-pt-8k-test-only"

RAW = """
import vosk
vosk.SetLogLevel(-1)
model = vosk.Model({model!r})
{body}
"""
GUARDED = """
from pathlib import Path
from ivr.adapters.speech.recogniser import open_vosk
from ivr.ports.speech import Grammar, SpeechError
engine = open_vosk(Path({model!r}), demo=True)
{body}
"""


def run(script: str, body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script.format(model=str(MODEL), body=body)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("grammar", ["", "[]", "{}", "senha"])
def test_the_bare_engine_dies_of_an_empty_or_malformed_grammar(grammar: str) -> None:
    """The reason for the guards below: without it they would guard nothing."""
    died = run(RAW, f"vosk.KaldiRecognizer(model, 8000, {grammar!r}).FinalResult()")
    assert died.returncode < 0


@pytest.mark.parametrize("phrases", [(), ("",), ("[]",), ("{}",), ("geladeira",), ('"', "\0")])
def test_words_that_make_no_grammar_are_refused(phrases: tuple[str, ...]) -> None:
    """The test model knows numbers, so they are what is left of such a grammar."""
    body = f"""
session = engine.start(grammar=Grammar(kind="words", phrases={phrases!r}), rate=8000)
session.feed(b"\\xff" * 1600)
print(repr(session.finish().text))
"""
    done = run(GUARDED, body)
    assert (done.returncode, done.stdout.strip()) == (0, "''"), done.stderr


def test_a_model_without_any_wanted_word_raises_instead_of_dying() -> None:
    body = """
engine.knows = lambda word: False
try:
    engine.start(grammar=Grammar(kind="digits"), rate=8000)
except SpeechError as error:
    print(error.reason, engine.open_sessions)
"""
    done = run(GUARDED, body)
    assert (done.returncode, done.stdout.strip()) == (0, "no known phrase 0"), done.stderr


def test_frames_of_any_shape_leave_the_process_alive() -> None:
    body = """
for encoding in ("mulaw", "pcm16"):
    session = engine.start(grammar=Grammar(kind="digits"), rate=8000, encoding=encoding)
    for frames in (b"", b"\\0", b"\\xff" * 3, bytearray(b"\\x80\\x00\\x7f"), memoryview(b"abc")):
        session.feed(frames)
    session.finish()
    session.finish()
    session.close()
print(engine.open_sessions)
"""
    done = run(GUARDED, body)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr


def test_silence_and_noise_for_minutes_end_in_nothing_and_keep_memory() -> None:
    body = """
import os, random, resource
random.seed(4)
session = engine.start(grammar=Grammar(kind="yes_no"), rate=8000)
for _ in range(1500):
    session.feed(b"\\xff" * 160)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(4500):
    session.feed(b"\\xff" * 160)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(session.finish().text == "", grown < 8192)
noisy = engine.start(grammar=Grammar(kind="yes_no"), rate=8000)
for _ in range(500):
    noisy.feed(random.randbytes(160))
noisy.finish()
"""
    done = run(GUARDED, body)
    assert (done.returncode, done.stdout.strip()) == (0, "True True"), done.stderr


def copy_of(tmp_path: Path) -> Path:
    copy = tmp_path / "model"
    shutil.copytree(MODEL, copy)
    return copy


def test_a_model_folder_tells_what_it_is() -> None:
    folder = read_folder(MODEL, demo=True)
    assert (folder.rate, folder.words, folder.test_only) == (8000, 210, True)
    assert folder.closed_grammars and "próprio" in folder.licence


def test_the_test_model_refuses_to_serve_people() -> None:
    with pytest.raises(ModelError, match="modelo de teste"):
        read_folder(MODEL, demo=False)


def test_a_model_without_the_mark_serves_people(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    (copy / "TEST-ONLY.txt").unlink()
    assert not read_folder(copy, demo=False).test_only


def test_no_folder_at_all_is_told_with_the_command_that_brings_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="flask speech fetch"):
        read_folder(tmp_path / "none", demo=True)


@pytest.mark.parametrize(
    "lost",
    ["am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst", "graph/phones"],
)
def test_a_folder_without_one_of_its_parts_is_refused(tmp_path: Path, lost: str) -> None:
    copy = copy_of(tmp_path)
    part = copy / lost
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    with pytest.raises(ModelError, match="falta"):
        read_folder(copy, demo=True)


def test_an_empty_part_is_no_part(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    (copy / "graph" / "Gr.fst").write_bytes(b"")
    with pytest.raises(ModelError, match="falta o grafo"):
        read_folder(copy, demo=True)


@pytest.mark.parametrize("value", ["", "abc", "0", "-8000", "1e9", "8000.5", "nan", "inf"])
def test_a_rate_that_no_model_has_is_refused(tmp_path: Path, value: str) -> None:
    copy = copy_of(tmp_path)
    (copy / "conf" / "mfcc.conf").write_text(f"--sample-frequency={value}\n")
    with pytest.raises(ModelError, match="sample-frequency"):
        read_folder(copy, demo=True)


def test_a_model_that_names_no_rate_hears_at_the_stock_rate(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    (copy / "conf" / "mfcc.conf").write_text("--use-energy=false # --sample-frequency=8000\n")
    assert read_folder(copy, demo=True).rate == 16000


def test_a_broken_description_is_as_none(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    for text in ("", "[]", '{"licence": 3}', "{"):
        (copy / "model.json").write_text(text)
        assert read_folder(copy, demo=True).licence == ""


def test_the_probe_tells_known_words(tmp_path: Path) -> None:
    assert known_words(MODEL, ["sim", "geladeira", "", "três"]) == {"sim", "três"}


@pytest.mark.parametrize("file", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst"])
def test_a_model_that_was_cut_off_ends_the_probe_and_not_the_process(
    tmp_path: Path, file: str
) -> None:
    copy = copy_of(tmp_path)
    content = (copy / file).read_bytes()
    (copy / file).write_bytes(content[: len(content) // 2])
    read_folder(copy, demo=True)
    with pytest.raises(ModelError, match="não carrega"):
        known_words(copy, ["sim"])


def test_no_recogniser_is_opened_on_a_model_that_would_end_the_process(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    (copy / "graph" / "HCLr.fst").write_bytes(b"x" * 100)
    with pytest.raises(ModelError, match="não carrega"):
        open_vosk(copy, demo=True)
