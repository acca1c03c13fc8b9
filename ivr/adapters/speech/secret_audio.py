"""A new password, spelled twice, as one audio in memory for a one-time address.

Its letters are never played piece by piece: the addresses of the pieces would spell it in the
carrier's logs. For the same reason no error here says which letter was at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ivr.adapters.speech.prompt_files import audio_file, is_intact, load_manifest
from ivr.adapters.speech.telephone_wav import mulaw_of, pack, silence
from ivr.domain.prompts.errors import Unspeakable
from ivr.domain.prompts.letters import AGAIN
from ivr.domain.prompts.manifest import Manifest, ManifestError
from ivr.domain.prompts.spoken import spelled_pieces

BETWEEN_LETTERS = 0.5
"""Seconds, time to write one down."""
BETWEEN_READINGS = 1.0


class SecretAudioError(RuntimeError):
    """The password cannot be spoken: a character without a name, or damaged audio."""


def secret_audio(folder: Path, text_spelled: Sequence[str]) -> bytes:
    """WAV file that says the characters of ``text_spelled`` one by one, twice, slowly.

    Raises SecretAudioError, without a hint at the characters.
    """
    mulaw = _two_readings(folder, "".join(text_spelled))
    if mulaw is None:
        raise SecretAudioError("the password cannot be spoken")
    return pack(mulaw)


def _two_readings(folder: Path, password: str) -> bytes | None:
    """None when it cannot be spoken: an error raised from the cause would carry the letter."""
    try:
        manifest = load_manifest(folder)
        letters = [_sound(folder, manifest, piece) for piece in spelled_pieces(password)]
        again = _sound(folder, manifest, AGAIN)
    except (Unspeakable, ManifestError, OSError, KeyError, _Damaged):
        return None
    if not letters:
        return None
    reading = silence(BETWEEN_LETTERS).join(letters)
    pause = silence(BETWEEN_READINGS)
    return pause.join((reading, again, reading)) + silence(BETWEEN_LETTERS)


class _Damaged(Exception):
    pass


def _sound(folder: Path, manifest: Manifest, piece: str) -> bytes:
    content = audio_file(folder, piece).read_bytes()
    if not is_intact(content, manifest[piece].sha256):
        raise _Damaged
    return mulaw_of(content)
