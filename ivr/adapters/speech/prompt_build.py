"""The build of all prompt audio: only what changed is rendered, nothing half-written is left.

A piece's key is the hash of all that its sound comes from; a piece whose key and file hash both
match the manifest stays as it is.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.speech.build_folder import (
    alone,
    manifest_json,
    remove_others,
    stored_manifest,
)
from ivr.adapters.speech.build_plan import PAUSE_SECONDS, Job, is_current, jobs_for, rate_of
from ivr.adapters.speech.engines import PYTTSX3, Engine
from ivr.adapters.speech.prompt_files import (
    MANIFEST,
    audio_file,
    write_whole,
)
from ivr.adapters.speech.recordings import recordings, without_piece
from ivr.adapters.speech.synthesis import (
    Render,
    SynthesisError,
    Voice,
    steady,
)
from ivr.adapters.speech.telephone_wav import (
    RATE,
    NotTelephoneAudio,
    mulaw_of,
    pack,
    silence,
    unpack,
)
from ivr.domain.prompts.manifest import PieceAudio

WORKERS = max(2, os.cpu_count() or 1)
"""Children at a time: one a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did, as piece ids. ``problems`` are for people; a piece that failed is in no
    manifest. ``warnings`` name recordings that nothing plays."""

    rendered: tuple[str, ...]
    recorded: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speaker:
    voice: Voice
    engine: Engine
    ways: tuple[Render, ...]


@dataclass(slots=True, kw_only=True)
class _Outcome:
    entries: dict[str, PieceAudio] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def build(
    pieces: Mapping[str, str],
    *,
    out: Path,
    recorded: Path,
    uploaded: Path | None = None,
    voice: Voice | None = None,
    engine: Engine = PYTTSX3,
    only: AbstractSet[str] | None = None,
    workers: int = WORKERS,
    progress: Callable[[int, int], None] | None = None,
    ways: tuple[Render, ...] | None = None,
) -> BuildReport:
    """Make the audio of ``pieces`` (id -> text, "" = a short pause) in the folder ``out``.

    ``recorded`` is the folder with recorded voices, ``uploaded`` the one of those that came by the
    page. ``workers`` child processes render at once. Files of other pieces are removed. ``only``:
    the pieces to look at; the others stay as the manifest has them. ``ways`` stand in for those of
    the engine. Raises SynthesisError when the engine is not installed.
    """
    started = time.monotonic()
    voice = voice or Voice()
    speaker = _Speaker(voice=voice, engine=engine, ways=ways or engine.ways())
    out.mkdir(parents=True, exist_ok=True)
    with alone(out):
        stored = stored_manifest(out)
        before = stored or {}
        found = recordings(recorded, uploaded=uploaded)
        looked_at = {p: text for p, text in pieces.items() if only is None or p in only}
        jobs = list(jobs_for(looked_at, found, voice=voice, engine=engine))
        kept = {job.piece: before[job.piece] for job in jobs if is_current(job, before, folder=out)}
        kept |= {p: before[p] for p in pieces if p not in looked_at and p in before}
        todo = [job for job in jobs if job.piece not in kept]
        made = _make_all(todo, out=out, speaker=speaker, workers=workers, progress=progress)
        after = kept | made.entries
        if after != stored:
            write_whole(out / MANIFEST, manifest_json(after))
        removed = tuple(remove_others(out, frozenset(after)))
    return BuildReport(
        rendered=tuple(name for name, entry in made.entries.items() if entry.source == "tts"),
        recorded=tuple(name for name, entry in made.entries.items() if entry.source == "recorded"),
        kept=tuple(kept),
        removed=removed,
        problems=tuple(made.problems),
        warnings=tuple(without_piece(recorded, frozenset(pieces), uploaded=uploaded)),
        seconds=time.monotonic() - started,
    )


def _make_all(
    jobs: list[Job],
    *,
    out: Path,
    speaker: _Speaker,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> _Outcome:
    """Threads only wait here: each render is a process of its own."""
    outcome = _Outcome()
    with _pool(workers) as pool:
        running = {pool.submit(_make, job, speaker): job for job in jobs}
        for done, future in enumerate(as_completed(running), start=1):
            job = running[future]
            try:
                mulaw = future.result()
            except (SynthesisError, NotTelephoneAudio, OSError) as error:
                outcome.problems.append(f"{job.recording or job.piece}: {error}")
            else:
                content = pack(mulaw)
                write_whole(audio_file(out, job.piece), content)
                outcome.entries[job.piece] = _entry(job, content)
            if progress:
                progress(done, len(jobs))
    return outcome


def _make(job: Job, speaker: _Speaker) -> bytes:
    """µ-law samples of a piece. Raises SynthesisError, NotTelephoneAudio, OSError."""
    if not job.text and not job.recording:
        return silence(PAUSE_SECONDS)
    from ivr.adapters.speech.pace import plausible
    from ivr.adapters.speech.sound import Silent, telephone_mulaw

    try:
        if job.recording:
            return telephone_mulaw(unpack(job.recording.read_bytes()))
        rate, engine = rate_of(job.piece, speaker.voice), speaker.engine
        wave = steady(
            job.text,
            voice=speaker.voice.name,
            rate=rate,
            ways=speaker.ways,
            may_lose_rate=engine.may_lose_rate,
        )
        mulaw = telephone_mulaw(wave)
    except Silent as error:
        raise NotTelephoneAudio(str(error)) from error
    seconds = len(mulaw) / RATE
    if not plausible(job.text, seconds=seconds, rate=rate, known_pace=engine.keeps_pace):
        raise SynthesisError(f"{seconds:.1f} seconds cannot be this text")
    return mulaw


def _entry(job: Job, content: bytes) -> PieceAudio:
    return PieceAudio(
        text=job.text,
        sha256=hashlib.sha256(content).hexdigest(),
        key=job.key,
        seconds=round(len(mulaw_of(content)) / RATE, 3),
        source="recorded" if job.recording else "tts",
    )


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that give up what has not begun when the build is interrupted."""
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
