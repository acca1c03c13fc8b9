"""What a build has to make: every piece with the hash of all that its sound comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.speech.engines import Engine
from ivr.adapters.speech.prompt_files import audio_file, is_intact
from ivr.adapters.speech.recordings import recording_hash
from ivr.adapters.speech.synthesis import Voice, pronounced
from ivr.domain.prompts.manifest import Manifest

PIPELINE = 2
"""Raise when sound.py or synthesis.py changes what a piece sounds like."""
PAUSE_SECONDS = 0.2

_SLOW = ("v.digit.", "v.letter.", "v.upper.", "v.symbol.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece to be made: from ``recording``, by synthesis, or silence when it has no text."""

    piece: str
    text: str
    key: str
    recording: Path | None


def jobs_for(
    pieces: Mapping[str, str], recorded: Mapping[str, Path], *, voice: Voice, engine: Engine
) -> Iterator[Job]:
    """Jobs of all pieces (id -> text). Raises SynthesisError when the engine is not installed."""
    for piece, text in pieces.items():
        recording = recorded.get(piece)
        made_from: list[object]
        if recording:
            made_from = ["recorded", recording_hash(recording)]
        elif text:
            made_from = [pronounced(text), voice.name, rate_of(piece, voice), engine.version()]
        else:
            made_from = ["pause", PAUSE_SECONDS]
        key = hashlib.sha256(json.dumps([*made_from, PIPELINE]).encode()).hexdigest()
        yield Job(piece=piece, text=text, key=key, recording=recording)


def rate_of(piece: str, voice: Voice) -> int:
    """Words a minute."""
    return voice.slow_rate if piece.startswith(_SLOW) else voice.rate


def is_current(job: Job, before: Manifest, *, folder: Path) -> bool:
    """Whether the manifest and the file in ``folder`` already are what the job would make."""
    entry = before.get(job.piece)
    if entry is None or entry.key != job.key or entry.text != job.text:
        return False
    try:
        return is_intact(audio_file(folder, job.piece).read_bytes(), entry.sha256)
    except OSError:
        return False
