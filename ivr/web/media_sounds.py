"""The prompts' audio as a media stream takes it: raw µ-law in base64, read once a process."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.speech.prompt_files import MANIFEST, audio_file, is_intact, load_manifest
from ivr.adapters.speech.telephone_wav import RATE, mulaw_of
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.prompts.manifest import Manifest, ManifestError
from ivr.flow.verbs import Utterance

MESSAGE_BYTES = 1600
"""Sound of one message, 200 ms: a clear drops the rest, however large the messages are."""


class NoSoundError(Exception):
    """A prompt without audio of its own: only the carrier's voice can say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """``payloads``: base64, one a message. ``ms``: how long it plays."""

    payloads: tuple[bytes, ...] = field(repr=False)
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """What one run of the prompts' build left. ``version``: time and size of its manifest."""

    version: tuple[int, int]
    manifest: Manifest
    clips: dict[str, Clip] = field(default_factory=dict, repr=False)


class PromptSounds:
    """Follows the build: audio that is made or recorded anew is heard from the next prompt on.

    Safe between threads: a lost race reads a file once more.
    """

    def __init__(self, folder: Path, *, prompts: Catalogue) -> None:
        self._folder = folder
        self._prompts = prompts
        self._build = _Build(version=(0, 0), manifest={})

    def clips(self, speech: Sequence[Utterance]) -> list[Clip]:
        """Clips to play in order. Reads files. Raises :class:`NoSoundError`."""
        build = self._current()
        return [
            self._clip(build, piece.piece_id)
            for utterance in speech
            for piece in self._prompts.speak(utterance)
        ]

    def _current(self) -> _Build:
        try:
            found = (self._folder / MANIFEST).stat()
            version = (found.st_mtime_ns, found.st_size)
            if version != self._build.version:
                self._build = _Build(version=version, manifest=load_manifest(self._folder))
        except (OSError, ManifestError):
            raise NoSoundError from None
        return self._build

    def _clip(self, build: _Build, piece: str) -> Clip:
        found = build.clips.get(piece)
        if found is None:
            found = build.clips[piece] = self._read(build, piece)
        return found

    def _read(self, build: _Build, piece: str) -> Clip:
        entry = build.manifest.get(piece)
        if entry is None:
            raise NoSoundError
        try:
            content = audio_file(self._folder, piece).read_bytes()
        except OSError:
            raise NoSoundError from None
        if not is_intact(content, entry.sha256):
            raise NoSoundError
        return clip_of(mulaw_of(content))


def clip_of(mulaw: bytes) -> Clip:
    """Samples, cut and encoded."""
    cuts = range(0, len(mulaw), MESSAGE_BYTES)
    return Clip(
        payloads=tuple(b64encode(mulaw[at : at + MESSAGE_BYTES]) for at in cuts),
        ms=1000 * len(mulaw) / RATE,
    )
