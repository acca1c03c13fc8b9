"""The prompts' audio for a stream: found piece by piece, never a wrong one, fresh after a build."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from ivr.adapters.speech.telephone_wav import pack
from ivr.domain.prompts.catalogue import parse
from ivr.flow.verbs import Utterance
from ivr.web.media_sounds import MESSAGE_BYTES, NoSoundError, PromptSounds, clip_of

TEXTS = {
    "menu": {"text": "Diga sim ou não."},
    "number": {"text": "São {count:number} pessoas."},
}
PIECES = {
    "menu": b"\x11" * 4000,
    "number~0": b"\x22" * 800,
    "v.n.3": b"\x33" * 80,
    "number~1": b"\x44" * 8,
}


def build(folder: Path, pieces: dict[str, bytes]) -> None:
    manifest = {}
    for piece, mulaw in pieces.items():
        content = pack(mulaw)
        (folder / f"{piece}.wav").write_bytes(content)
        manifest[piece] = {
            "text": "x",
            "sha256": hashlib.sha256(content).hexdigest(),
            "key": "k",
            "seconds": len(mulaw) / 8000,
            "source": "tts",
        }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def value_piece() -> str:
    catalogue = parse(TEXTS, file="t")
    return catalogue.speak(Utterance(prompt="number", values={"count": "3"}))[1].piece_id


@pytest.fixture
def sounds(tmp_path: Path) -> PromptSounds:
    build(tmp_path, {(value_piece() if p == "v.n.3" else p): m for p, m in PIECES.items()})
    return PromptSounds(tmp_path, prompts=parse(TEXTS, file="t"))


def spoken(sounds: PromptSounds, *speech: Utterance) -> bytes:
    clips = sounds.clips(speech)
    return b"".join(base64.b64decode(p) for clip in clips for p in clip.payloads)


def test_prompts_and_values_are_played_piece_by_piece(sounds: PromptSounds) -> None:
    number = Utterance(prompt="number", values={"count": "3"})
    assert spoken(sounds, number, Utterance(prompt="menu")) == (
        PIECES["number~0"] + PIECES["v.n.3"] + PIECES["number~1"] + PIECES["menu"]
    )


def test_a_clip_is_cut_into_messages_and_knows_its_length() -> None:
    clip = clip_of(bytes(range(256)) * 20)
    assert [len(base64.b64decode(p)) for p in clip.payloads] == [MESSAGE_BYTES] * 3 + [320]
    assert b"".join(base64.b64decode(p) for p in clip.payloads) == bytes(range(256)) * 20
    assert clip.ms == 640


def test_a_piece_that_is_missing_or_damaged_is_no_sound(
    sounds: PromptSounds, tmp_path: Path
) -> None:
    (tmp_path / "menu.wav").write_bytes(pack(b"\x99" * 4000))
    with pytest.raises(NoSoundError):
        sounds.clips((Utterance(prompt="menu"),))
    (tmp_path / "menu.wav").unlink()
    with pytest.raises(NoSoundError):
        sounds.clips((Utterance(prompt="menu"),))
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(NoSoundError):
        sounds.clips((Utterance(prompt="number", values={"count": "3"}),))


def test_audio_that_is_built_anew_is_heard_next(sounds: PromptSounds, tmp_path: Path) -> None:
    menu = Utterance(prompt="menu")
    first = sounds.clips((menu,))
    assert sounds.clips((menu,))[0] is first[0], "read once"
    build(tmp_path, {"menu": b"\x55" * 100})
    os.utime(tmp_path / "manifest.json", ns=(1, 1))
    assert spoken(sounds, menu) == b"\x55" * 100
