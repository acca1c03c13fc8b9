"""The audio that can be played now: proven when it is first asked for, and again when a build
changed it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ivr.adapters.speech.prompt_files import MANIFEST, AudioProblem, audio_problems, load_manifest
from ivr.domain.prompts.manifest import Manifest, ManifestError

EVERY = 2.0
"""Seconds between two looks at the manifest."""
Stamp = tuple[int, int, int] | None


class PromptShelf:
    """``texts``: what the fixed pieces must say, by id; the built-in value pieces are compared
    with the manifest alone. ``told`` gets the problems at each reading, or why the manifest
    cannot be read. ``monotonic``: seconds."""

    def __init__(
        self,
        folder: Path,
        texts: Mapping[str, str],
        *,
        monotonic: Callable[[], float],
        told: Callable[[list[AudioProblem], str], None],
        every: float = EVERY,
    ) -> None:
        self._folder = folder
        self._texts = texts
        self._monotonic = monotonic
        self._told = told
        self._every = every
        self._lock = threading.Lock()
        self._looked = 0.0
        self._stamp: Stamp = None
        self._playable: Manifest | None = None

    def playable(self) -> Manifest:
        """Pieces with whole audio of the right text. The same object until something changed."""
        now = self._monotonic()
        if self._playable is None:
            with self._lock:
                if self._playable is None:
                    self._looked, self._stamp = now, self._now()
                    self._playable = self._read()
        if now - self._looked >= self._every and self._lock.acquire(blocking=False):
            try:
                self._looked = now
                stamp = self._now()
                if stamp != self._stamp:
                    self._playable, self._stamp = self._read(), stamp
            finally:
                self._lock.release()
        return self._playable

    def _now(self) -> Stamp:
        try:
            found = (self._folder / MANIFEST).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self) -> Manifest:
        try:
            manifest = load_manifest(self._folder)
        except ManifestError as error:
            self._told([], str(error))
            return {}
        wanted = {**{p: audio.text for p, audio in manifest.items()}, **self._texts}
        problems = audio_problems(self._folder, manifest, wanted)
        self._told(problems, "")
        bad = {problem.piece for problem in problems}
        return {piece: audio for piece, audio in manifest.items() if piece not in bad}
