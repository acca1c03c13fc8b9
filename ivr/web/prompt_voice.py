"""Our own audio as addresses for the carrier, as long as it is whole; the carrier's voice says the
rest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from ivr.adapters.speech.prompt_files import AudioProblem
from ivr.adapters.speech.prompt_shelf import PromptShelf
from ivr.adapters.twilio.twiml import PlayVoice, SayVoice, Voice
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.prompts.manifest import Manifest
from ivr.flow.verbs import Utterance

log = structlog.get_logger("ivr.prompts")

REASONS = {
    "not-built": "no audio: run flask prompts build",
    "file-missing": "the file is missing: run flask prompts build",
    "file-damaged": "the file is not the one that was built: run flask prompts build",
    "old": "the audio says an earlier text: run flask prompts build",
}


class OwnAudio:
    """Addresses of the pieces of an utterance; none when any piece cannot be played."""

    def __init__(self, catalogue: Catalogue, shelf: PromptShelf, *, origin: str) -> None:
        self._catalogue = catalogue
        self._shelf = shelf
        self._origin = origin
        self._fixed: tuple[Manifest, dict[str, list[str]]] = ({}, {})

    def pieces(self, utterance: Utterance) -> Sequence[str]:
        """In the order they are played."""
        audio = self._shelf.playable()
        known, fixed = self._fixed
        if audio is not known:
            fixed = {}
            self._fixed = (audio, fixed)
        found = fixed.get(utterance.prompt)
        if found is None:
            found = self._spoken(utterance, audio)
            if not self._catalogue.prompts[utterance.prompt].placeholders:
                fixed[utterance.prompt] = found
        return found

    def _spoken(self, utterance: Utterance, audio: Manifest) -> list[str]:
        found = [
            (piece.piece_id, audio.get(piece.piece_id))
            for piece in self._catalogue.speak(utterance)
        ]
        addresses = [
            f"{self._origin}/prompts/{piece}.wav?v={entry.sha256[:10]}"
            for piece, entry in found
            if entry is not None
        ]
        return addresses if len(addresses) == len(found) else []


def own_voice(catalogue: Catalogue, folder: Path, *, origin: str, say: SayVoice) -> PlayVoice:
    """Own audio of a folder, with ``say`` for what cannot be played. Every piece that cannot is
    named in the log when the first is asked for; see :func:`prove`."""
    shelf = PromptShelf(
        folder, catalogue.static_pieces(), monotonic=time.monotonic, told=tell_problems
    )
    return PlayVoice(pieces=OwnAudio(catalogue, shelf, origin=origin).pieces, fallback=say)


def prove(voice: Voice, catalogue: Catalogue) -> None:
    """Look at own audio now: what cannot be played is told before the first call needs it."""
    fixed = next((name for name, p in catalogue.prompts.items() if not p.placeholders), "")
    if isinstance(voice, PlayVoice) and fixed:
        voice.pieces(Utterance(prompt=fixed))


def tell_problems(problems: list[AudioProblem], unreadable: str) -> None:
    """One line a reason, which names its pieces; one for all when there is no manifest."""
    if unreadable:
        log.error("no prompt audio, the carrier's voice speaks", why=unreadable)
    for reason, why in REASONS.items():
        pieces = [problem.piece for problem in problems if problem.reason == reason]
        if pieces:
            log.error("prompts not played", why=why, prompts=pieces)
