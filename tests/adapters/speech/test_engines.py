"""Other engines by the same port, and how long a text may take."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.adapters.speech.engines import ESPEAK, PYTTSX3, Engine, engine_of
from ivr.adapters.speech.pace import expected_seconds, plausible
from ivr.adapters.speech.prompt_build import build
from ivr.adapters.speech.prompt_files import load_catalogue, load_manifest
from ivr.adapters.speech.synthesis import SynthesisError
from ivr.settings import ROOT

PIECES = {"greeting": "Olá. Você ligou para o suporte.", "v.digit.6": "meia"}
COMMAND = "espeak-ng -v {voice} -s {rate} -w {file} --stdin"


def built(folder: Path, engine: Engine) -> dict[str, bytes]:
    recorded = folder.parent / "prompts"
    recorded.mkdir(exist_ok=True)
    report = build(PIECES, out=folder, recorded=recorded, engine=engine)
    assert report.problems == () and set(report.rendered) == set(PIECES)
    assert build(PIECES, out=folder, recorded=recorded, engine=engine).rendered == ()
    return {piece: (folder / f"{piece}.wav").read_bytes() for piece in PIECES}


def test_every_engine_builds_the_prompts_and_the_same_voice_sounds_the_same(
    tmp_path: Path,
) -> None:
    first = built(tmp_path / "a", PYTTSX3)
    assert built(tmp_path / "b", ESPEAK) == first
    command = engine_of("command", command=COMMAND)
    assert built(tmp_path / "c", command).keys() == first.keys()


def test_other_engine_renders_all_again(tmp_path: Path) -> None:
    built(tmp_path / "a", PYTTSX3)
    report = build(PIECES, out=tmp_path / "a", recorded=tmp_path / "prompts", engine=ESPEAK)
    assert set(report.rendered) == set(PIECES)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("", "IVR_VOICE_COMMAND"),
        ("espeak-ng", "{file}"),
        ("no-such-engine {file}", "not installed"),
        ("'unclosed {file}", "IVR_VOICE_COMMAND"),
    ],
)
def test_command_that_cannot_be_run_is_told(command: str, told: str) -> None:
    with pytest.raises(SynthesisError, match=told):
        engine_of("command", command=command)


@pytest.mark.parametrize("command", ["true {file}", "false {file}", "cp /dev/null {file}"])
def test_command_that_gives_no_speech_is_a_problem_of_the_piece(
    command: str, tmp_path: Path
) -> None:
    (tmp_path / "prompts").mkdir()
    engine = engine_of("command", command=command)
    report = build(
        {"a": "Olá."}, out=tmp_path / "out", recorded=tmp_path / "prompts", engine=engine
    )
    assert len(report.problems) == 1 and report.problems[0].startswith("a: ")
    assert load_manifest(tmp_path / "out") == {}


def test_text_is_never_part_of_the_command(tmp_path: Path) -> None:
    """It comes by standard input: nothing a text says is run."""
    engine = engine_of("command", command=COMMAND)
    (way,) = engine.ways()
    mark = tmp_path / "mark"
    assert way(f"; touch {mark} {{file}} $(touch {mark})", "roa/pt-br", 150).data
    assert not mark.exists()


def test_every_shipped_prompt_is_about_as_long_as_expected() -> None:
    audio = load_manifest(ROOT / "var" / "prompts")
    for piece, text in load_catalogue(ROOT / "prompts" / "pt-BR.toml").static_pieces().items():
        if audio[piece].source == "tts":
            assert plausible(text, seconds=audio[piece].seconds, rate=150), piece


def test_long_text_at_a_lost_rate_is_not_plausible() -> None:
    text = "O número do seu protocolo é este, e uma pessoa vai ajudar."
    told = expected_seconds(text, rate=150)
    assert plausible(text, seconds=told, rate=150)
    assert not plausible(text, seconds=expected_seconds(text, rate=200), rate=150)
    assert not plausible(text, seconds=told * 2, rate=150)
    assert plausible(text, seconds=told * 2, rate=150, known_pace=False)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80), st.integers(80, 400))
def test_expected_length_of_any_text_is_positive_and_falls_with_the_rate(
    text: str, rate: int
) -> None:
    assert 0 < expected_seconds(text, rate=rate + 1) < expected_seconds(text, rate=rate)
