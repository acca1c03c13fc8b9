from __future__ import annotations

import hashlib
import json
import traceback
from pathlib import Path

import pytest

from ivr.adapters.speech.secret_audio import SecretAudioError, secret_audio
from ivr.adapters.speech.telephone_wav import mulaw_of, pack, silence, unpack

PIECES = ("v.letter.a", "v.upper.b", "v.digit.6", "v.again")


def sound_of(piece: str) -> bytes:
    """Something that tells the pieces apart."""
    return bytes([PIECES.index(piece)]) * 800


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = {}
    for piece in PIECES:
        content = pack(sound_of(piece))
        (tmp_path / f"{piece}.wav").write_bytes(content)
        manifest[piece] = {
            "text": "x",
            "sha256": hashlib.sha256(content).hexdigest(),
            "key": "k",
            "seconds": 0.1,
            "source": "tts",
        }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_password_is_spelled_twice_with_half_a_second_between_letters(folder: Path) -> None:
    content = secret_audio(folder, ["a", "B", "6"])
    letters = [sound_of(piece) for piece in ("v.letter.a", "v.upper.b", "v.digit.6")]
    reading = silence(0.5).join(letters)
    wanted = silence(1).join([reading, sound_of("v.again"), reading]) + silence(0.5)
    assert unpack(content).tag == 7
    assert mulaw_of(content) == wanted


@pytest.mark.parametrize("characters", [["a", "ç"], ["a", "Z"], []])
def test_password_that_cannot_be_spelled_is_refused_without_a_hint(
    folder: Path, characters: list[str]
) -> None:
    with pytest.raises(SecretAudioError) as caught:
        secret_audio(folder, characters)
    told = "".join(traceback.format_exception_only(caught.value))
    assert "v." not in told
    assert "ç" not in told
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_damaged_letter_is_never_spoken(folder: Path) -> None:
    (folder / "v.letter.a.wav").write_bytes(pack(b"\x10" * 800))
    with pytest.raises(SecretAudioError):
        secret_audio(folder, ["a"])
    assert secret_audio(folder, ["6"])
