"""What is played: proven at start, followed while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog

from ivr.adapters.speech.prompt_build import build
from ivr.adapters.speech.prompt_files import AudioProblem, audio_file, load_manifest
from ivr.adapters.speech.prompt_shelf import PromptShelf
from ivr.adapters.twilio.twiml import SayVoice
from ivr.domain.prompts.catalogue import Catalogue, parse
from ivr.flow.verbs import Utterance
from ivr.web.prompt_voice import OwnAudio, own_voice, prove

PIECES = {"hello": "Olá, suporte do Estado.", "bye": "Até logo."}
CATALOGUE = parse({name: {"text": text} for name, text in PIECES.items()}, file="t.toml")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "prompts").mkdir()
    build(PIECES, out=folder / "out", recorded=folder / "prompts")
    return folder / "out"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    for file in made.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def started(folder: Path, catalogue: Catalogue = CATALOGUE) -> tuple[Any, list[dict[str, Any]]]:
    """The voice, and the lines of the log that name a prompt."""
    say = SayVoice(words=catalogue.words, voice="Polly.Camila-Neural")
    with structlog.testing.capture_logs() as lines:
        voice = own_voice(catalogue, folder, origin="https://ura.example", say=say)
        prove(voice, catalogue)
    return voice, lines


def test_whole_audio_is_played_and_nothing_is_told(folder: Path) -> None:
    voice, lines = started(folder)
    sha = load_manifest(folder)["hello"].sha256
    assert voice.pieces(Utterance(prompt="hello")) == [
        f"https://ura.example/prompts/hello.wav?v={sha[:10]}"
    ]
    assert lines == []


def missing(folder: Path) -> None:
    audio_file(folder, "hello").unlink()


def altered(folder: Path) -> None:
    file = audio_file(folder, "hello")
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)


def swapped(folder: Path) -> None:
    audio_file(folder, "hello").write_bytes(audio_file(folder, "bye").read_bytes())


@pytest.mark.parametrize(
    ("harm", "why"),
    [(missing, "file is missing"), (altered, "not the one"), (swapped, "not the one")],
)
def test_bad_file_is_named_at_start_and_the_carrier_says_its_text(
    folder: Path, harm: Any, why: str
) -> None:
    harm(folder)
    voice, lines = started(folder)
    assert voice.pieces(Utterance(prompt="hello")) == []
    assert len(voice.pieces(Utterance(prompt="bye"))) == 1
    assert [(line["prompts"], line["log_level"]) for line in lines] == [(["hello"], "error")]
    assert why in lines[0]["why"] and "flask prompts build" in lines[0]["why"]


def test_changed_text_and_a_new_prompt_are_named_and_not_played(folder: Path) -> None:
    texts = {"hello": "Bom dia, suporte do Estado.", "bye": PIECES["bye"], "new": "Novo."}
    catalogue = parse({name: {"text": text} for name, text in texts.items()}, file="t.toml")
    voice, lines = started(folder, catalogue)
    assert [line["prompts"] for line in lines] == [["new"], ["hello"]]
    assert voice.pieces(Utterance(prompt="hello")) == []
    assert voice.pieces(Utterance(prompt="new")) == []
    assert voice.pieces(Utterance(prompt="bye")) != []


@pytest.mark.parametrize("content", [None, b"{", b'{"hello": {}}'])
def test_missing_or_broken_manifest_is_told_in_one_line(
    folder: Path, content: bytes | None
) -> None:
    if content is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_bytes(content)
    voice, lines = started(folder)
    assert len(lines) == 1 and lines[0]["log_level"] == "error"
    assert voice.pieces(Utterance(prompt="hello")) == []


def test_new_build_is_played_without_a_restart(folder: Path, tmp_path: Path) -> None:
    now, told = [0.0], []

    def tell(problems: list[AudioProblem], unreadable: str) -> None:
        told.append((problems, unreadable))

    texts = CATALOGUE.static_pieces()
    shelf = PromptShelf(folder, texts, monotonic=lambda: now[0], told=tell)
    own = OwnAudio(CATALOGUE, shelf, origin="")
    before = own.pieces(Utterance(prompt="hello"))
    bye = own.pieces(Utterance(prompt="bye"))
    recorded = tmp_path / "prompts"
    recorded.mkdir()
    (recorded / "hello.wav").write_bytes(audio_file(folder, "bye").read_bytes())
    build(PIECES, out=folder, recorded=recorded)
    assert own.pieces(Utterance(prompt="hello")) == before, "not looked at yet"
    now[0] = 2.0
    assert own.pieces(Utterance(prompt="hello")) != before
    assert own.pieces(Utterance(prompt="bye")) == bye
    assert shelf.playable() is shelf.playable()
    assert told == [([], ""), ([], "")]
