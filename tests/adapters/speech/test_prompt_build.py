"""The build with the real engine, on a few pieces."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.adapters.speech.prompt_build import BuildReport, build
from ivr.adapters.speech.prompt_files import (
    AudioProblem,
    audio_problems,
    load_catalogue,
    load_manifest,
)
from ivr.adapters.speech.synthesis import SynthesisError, Voice
from ivr.adapters.speech.telephone_wav import Wave, mulaw_of, pack, silence, unpack
from ivr.domain.prompts.errors import CatalogueError
from ivr.domain.prompts.manifest import ManifestError

PIECES = {"greeting": "Olá. Você ligou para o suporte.", "v.digit.6": "meia", "v.pause": ""}


def beep(count: int = 8000) -> bytes:
    """A recorded voice, as far as the build can tell."""
    return pack(b"\x80\x80\x80\x80\x00\x00\x00\x00" * (count // 8))


class Folders:
    def __init__(self, path: Path) -> None:
        self.out = path / "out"
        self.recorded = path / "prompts"
        self.recorded.mkdir()

    def build(self, pieces: dict[str, str] = PIECES, *, voice: Voice | None = None) -> BuildReport:
        return build(pieces, out=self.out, recorded=self.recorded, voice=voice)

    def read(self, piece: str) -> bytes:
        return (self.out / f"{piece}.wav").read_bytes()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_first_build_makes_a_telephone_file_of_every_piece(folders: Folders) -> None:
    report = folders.build()
    assert set(report.rendered) == PIECES.keys()
    assert report.problems == report.warnings == ()
    manifest = load_manifest(folders.out)
    for piece, text in PIECES.items():
        wave = unpack(folders.read(piece))
        assert (wave.tag, wave.channels, wave.rate, wave.bits) == (7, 1, 8000, 8)
        assert manifest[piece].text == text
        assert manifest[piece].source == "tts"
        assert manifest[piece].seconds == pytest.approx(len(wave.data) / 8000, abs=0.001)
    assert 1.5 < manifest["greeting"].seconds < 4
    assert 0.3 < manifest["v.digit.6"].seconds < 0.9
    assert mulaw_of(folders.read("v.pause")) == silence(0.2)
    assert audio_problems(folders.out, manifest, PIECES) == []


def test_build_from_nothing_gives_the_same_bytes(folders: Folders, tmp_path: Path) -> None:
    folders.build()
    build(PIECES, out=tmp_path / "other", recorded=folders.recorded, workers=1)
    for piece in PIECES:
        assert (tmp_path / "other" / f"{piece}.wav").read_bytes() == folders.read(piece)


def test_second_build_touches_nothing(folders: Folders) -> None:
    folders.build()
    stamps = {file.name: file.stat().st_mtime_ns for file in folders.out.iterdir()}
    report = folders.build()
    assert set(report.kept) == PIECES.keys()
    assert report.rendered == report.removed == ()
    del stamps[".lock"]
    for name, stamp in stamps.items():
        assert (folders.out / name).stat().st_mtime_ns == stamp


def test_second_build_loads_no_sound_library(folders: Folders) -> None:
    folders.build()
    program = (
        "import sys, json; from pathlib import Path;"
        "from ivr.adapters.speech.prompt_build import build;"
        "from ivr.adapters.speech.progress import progress_bar;"
        "out, recorded, pieces = sys.argv[1:];\n"
        "with progress_bar() as step:\n"
        "    report = build(json.loads(pieces), out=Path(out), recorded=Path(recorded),"
        " progress=step)\n"
        "assert len(report.kept) == 3\n"
        "assert not {'numpy', 'soxr', 'pyttsx3', 'rich'} & set(sys.modules)"
    )
    arguments = [str(folders.out), str(folders.recorded), json.dumps(PIECES)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, timeout=20)


def test_only_a_changed_text_is_rendered_again(folders: Folders) -> None:
    folders.build()
    before = folders.read("greeting")
    report = folders.build(PIECES | {"greeting": "Olá. Você ligou para o apoio."})
    assert report.rendered == ("greeting",)
    assert folders.read("greeting") != before


def test_other_voice_renders_all_that_is_spoken(folders: Folders) -> None:
    folders.build()
    report = folders.build(voice=Voice(name="roa/pt-br+f2"))
    assert set(report.rendered) == {"greeting", "v.digit.6"}


def test_damaged_file_is_rendered_again(folders: Folders) -> None:
    folders.build()
    good = folders.read("v.digit.6")
    (folders.out / "v.digit.6.wav").write_bytes(good[:-9])
    assert folders.build().rendered == ("v.digit.6",)
    assert folders.read("v.digit.6") == good


def test_file_of_a_piece_that_is_gone_is_removed(folders: Folders) -> None:
    folders.build()
    (folders.out / "half.wav.part").write_bytes(b"x")
    report = folders.build({"v.digit.6": "meia"})
    assert set(report.removed) == {"greeting", "v.pause"}
    assert {file.name for file in folders.out.iterdir()} == {
        ".lock",
        "manifest.json",
        "v.digit.6.wav",
    }


@pytest.mark.parametrize("place", ["v.digit.6.wav", "pt-BR/v.digit.6.wav"])
def test_recorded_voice_wins(folders: Folders, place: str) -> None:
    folders.build()
    synthetic = folders.read("v.digit.6")
    (folders.recorded / "pt-BR").mkdir()
    (folders.recorded / place).write_bytes(beep())
    report = folders.build()
    assert (report.recorded, report.rendered) == (("v.digit.6",), ())
    assert load_manifest(folders.out)["v.digit.6"].source == "recorded"
    assert unpack(folders.read("v.digit.6")).tag == 7
    assert folders.build().recorded == ()
    (folders.recorded / place).unlink()
    assert folders.build().rendered == ("v.digit.6",)
    assert folders.read("v.digit.6") == synthetic


def test_changed_recording_is_taken_over(folders: Folders) -> None:
    recording = folders.recorded / "v.digit.6.wav"
    recording.write_bytes(beep())
    folders.build()
    recording.write_bytes(beep(16000))
    assert folders.build().recorded == ("v.digit.6",)
    assert load_manifest(folders.out)["v.digit.6"].seconds > 1.5


def test_recording_that_is_no_sound_is_named_and_leaves_no_audio(folders: Folders) -> None:
    recording = folders.recorded / "v.digit.6.wav"
    recording.write_bytes(b"MP3")
    report = folders.build()
    assert report.problems == (f"{recording}: is no WAV file",)
    assert "v.digit.6" not in load_manifest(folders.out)


def test_recording_of_a_prompt_that_is_played_in_parts_is_named(folders: Folders) -> None:
    recording = folders.recorded / "a.b.wav"
    recording.write_bytes(beep())
    report = folders.build({"a.b~0": "", "a.b~1": ""})
    assert report.warnings == (f"{recording}: record a.b~0, a.b~1 instead",)


def test_speech_of_an_impossible_length_is_not_kept(folders: Folders) -> None:
    def endless(text: str, voice: str, rate: int) -> Wave:
        return Wave(tag=1, channels=1, rate=8000, bits=16, data=b"\x00\x10\x00\xf0" * 200 * rate)

    report = build(
        {"v.digit.6": "meia"}, out=folders.out, recorded=folders.recorded, ways=(endless,)
    )
    (problem,) = report.problems
    assert problem.endswith("seconds cannot be this text")
    assert load_manifest(folders.out) == {}


def test_one_piece_that_fails_does_not_stop_the_others(folders: Folders) -> None:
    def failing(text: str, voice: str, rate: int) -> Wave:
        raise SynthesisError("engine failed")

    report = build(PIECES, out=folders.out, recorded=folders.recorded, ways=(failing,))
    assert sorted(report.problems) == ["greeting: engine failed", "v.digit.6: engine failed"]
    assert load_manifest(folders.out).keys() == {"v.pause"}


def test_progress_counts_every_piece(folders: Folders) -> None:
    steps: list[tuple[int, int]] = []
    build(
        {"a": "", "b": ""},
        out=folders.out,
        recorded=folders.recorded,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert steps == [(1, 2), (2, 2)]


def test_start_up_check_finds_every_way_in_which_audio_can_be_bad(folders: Folders) -> None:
    pieces = dict.fromkeys(("gone", "flipped", "swapped", "sound", "old"), "")
    build(pieces, out=folders.out, recorded=folders.recorded)
    (folders.out / "gone.wav").unlink()
    content = bytearray(folders.read("flipped"))
    content[-1] ^= 1
    (folders.out / "flipped.wav").write_bytes(content)
    (folders.out / "swapped.wav").write_bytes(b"")
    wanted = pieces | {"old": "Olá.", "new": "Olá."}
    assert audio_problems(folders.out, load_manifest(folders.out), wanted) == [
        AudioProblem(piece="gone", reason="file-missing"),
        AudioProblem(piece="flipped", reason="file-damaged"),
        AudioProblem(piece="swapped", reason="file-damaged"),
        AudioProblem(piece="old", reason="old"),
        AudioProblem(piece="new", reason="not-built"),
    ]


def test_missing_or_broken_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError):
        load_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ManifestError):
        load_manifest(tmp_path)


def test_catalogue_file_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    file = tmp_path / "pt-BR.toml"
    file.write_text('[a.b]\ntext = "Olá, {x:time}."\n', encoding="utf-8")
    assert load_catalogue(file).placeholders("a.b") == {"x": "time"}
    for broken in (b"[a", b"\xff", b'[a]\ntext = ""'):
        file.write_bytes(broken)
        with pytest.raises(CatalogueError, match="pt-BR.toml"):
            load_catalogue(file)
