"""The studio's folders and its child, with the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from adapters.speech.test_recording_check import speech, wav

from ivr.adapters.speech import studio as studio_module
from ivr.adapters.speech.prompt_build import build
from ivr.adapters.speech.prompt_files import audio_file, audio_problems, load_manifest
from ivr.adapters.speech.studio import FolderStudio
from ivr.ports.prompt_studio import MOST_BYTES, RecordingRefused, StudioError

PIECES = {"hello": "Olá, suporte do Estado.", "v.digit.6": "meia"}
VOICE = wav(speech())


class Place:
    def __init__(self, path: Path) -> None:
        self.out, self.folder, self.recorded = path / "out", path / "recorded", path / "prompts"
        self.recorded.mkdir()
        build(PIECES, out=self.out, recorded=self.recorded)
        self.synthetic = self.sound()
        self.studio = FolderStudio(
            lambda: PIECES, out=self.out, recorded=self.recorded, folder=self.folder
        )

    def sound(self, piece: str = "hello") -> bytes:
        return audio_file(self.out, piece).read_bytes()

    def source(self, piece: str = "hello") -> str:
        manifest = load_manifest(self.out)
        assert audio_problems(self.out, manifest, PIECES) == []
        return manifest[piece].source

    def files(self) -> list[str]:
        return sorted(p.name for p in self.folder.rglob("*.wav"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_recording_wins_until_it_is_withdrawn_and_none_is_lost(place: Place) -> None:
    other = place.sound("v.digit.6")
    taken = place.studio.take("hello", PIECES["hello"], VOICE)
    assert (taken.piece, taken.rate) == ("hello", 16000)
    assert place.sound() == place.synthetic, "taking changes nothing"
    place.studio.use(taken)
    assert place.source() == "recorded"
    assert place.sound() != place.synthetic
    assert place.sound("v.digit.6") == other
    assert place.studio.uploaded() == {"hello"}

    second = place.studio.take("hello", PIECES["hello"], wav(speech(2.5)))
    place.studio.use(second)
    assert len(place.files()) == 2, "the first one is put by"

    assert place.studio.withdraw("hello")
    assert place.source() == "tts"
    assert place.sound() == place.synthetic
    assert not place.studio.withdraw("hello")
    assert len(place.files()) == 2 and place.studio.uploaded() == frozenset()


def test_refused_recording_leaves_everything_as_it_was(place: Place) -> None:
    for sound, fault in ((b"", "empty"), (b"MP3", "no_wav"), (b"\0" * (MOST_BYTES + 1), "too_big")):
        with pytest.raises(RecordingRefused) as refused:
            place.studio.take("hello", PIECES["hello"], sound)
        assert refused.value.fault == fault
    assert place.sound() == place.synthetic
    assert place.files() == []


def test_build_that_fails_gives_the_earlier_voice_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = place.studio.take("hello", PIECES["hello"], VOICE)
    place.studio.use(taken)
    voice = place.sound()
    again = place.studio.take("hello", PIECES["hello"], wav(speech(2.5)))
    monkeypatch.setattr(studio_module, "_child", lambda asked: {"problems": ["no engine"]})
    with pytest.raises(StudioError):
        place.studio.use(again)
    with pytest.raises(StudioError):
        place.studio.withdraw("hello")
    assert (place.folder / "hello.wav").read_bytes() == VOICE
    assert place.sound() == voice and place.source() == "recorded"


def test_child_that_dies_is_an_error_and_no_crash(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "_ROOT", place.folder.parent)
    with pytest.raises(StudioError):
        place.studio.take("hello", PIECES["hello"], VOICE)
    assert place.files() == []


@pytest.mark.parametrize("piece", ["../hello", "hello/../../x", "", "unknown"])
def test_only_pieces_of_the_catalogue_become_files(place: Place, piece: str) -> None:
    with pytest.raises(StudioError):
        place.studio.take(piece, "", VOICE)
    with pytest.raises(StudioError):
        place.studio.withdraw(piece)
