"""The build of all prompt audio: only what changed is rendered, nothing half-written is left.

A piece's key is the hash of all that its sound comes from; a piece whose key and file hash both
match the manifest stays as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.speech.build_plan import PAUSE_SECONDS, Job, is_current, jobs_for, rate_of
from ivr.adapters.speech.prompt_files import (
    MANIFEST,
    audio_file,
    load_manifest,
    write_whole,
)
from ivr.adapters.speech.recordings import recordings, without_piece
from ivr.adapters.speech.synthesis import (
    Render,
    SynthesisError,
    Voice,
    renderers,
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
from ivr.domain.prompts.manifest import Manifest, ManifestError, PieceAudio

_SHORTEST, _LONGEST, _GRACE = 0.02, 0.25, 1.5
"""Plausible seconds a letter or digit of the text, and seconds to spare for short texts."""


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


@dataclass(slots=True, kw_only=True)
class _Outcome:
    entries: dict[str, PieceAudio] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def build(
    pieces: Mapping[str, str],
    *,
    out: Path,
    recorded: Path,
    voice: Voice | None = None,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
    ways: tuple[Render, ...] | None = None,
) -> BuildReport:
    """Make the audio of ``pieces`` (id -> text, "" = a short pause) in the folder ``out``.

    ``recorded`` is the folder with recorded voices. ``workers`` child processes render at once.
    Files of other pieces are removed. Raises SynthesisError when espeak-ng is not installed.
    """
    started = time.monotonic()
    voice, ways = voice or Voice(), ways or renderers()
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        stored = _stored_manifest(out)
        before = stored or {}
        jobs = list(jobs_for(pieces, recordings(recorded), voice=voice))
        kept = {job.piece: before[job.piece] for job in jobs if is_current(job, before, folder=out)}
        todo = [job for job in jobs if job.piece not in kept]
        made = _make_all(todo, out=out, voice=voice, workers=workers, ways=ways, progress=progress)
        after = kept | made.entries
        if after != stored:
            write_whole(out / MANIFEST, _manifest_json(after))
        removed = tuple(_remove_others(out, frozenset(after)))
    return BuildReport(
        rendered=tuple(name for name, entry in made.entries.items() if entry.source == "tts"),
        recorded=tuple(name for name, entry in made.entries.items() if entry.source == "recorded"),
        kept=tuple(kept),
        removed=removed,
        problems=tuple(made.problems),
        warnings=tuple(without_piece(recorded, frozenset(pieces))),
        seconds=time.monotonic() - started,
    )


def _make_all(
    jobs: list[Job],
    *,
    out: Path,
    voice: Voice,
    workers: int,
    ways: tuple[Render, ...],
    progress: Callable[[int, int], None] | None,
) -> _Outcome:
    """Threads only wait here: each render is a process of its own."""
    outcome = _Outcome()
    with _pool(workers) as pool:
        running = {pool.submit(_make, job, voice=voice, ways=ways): job for job in jobs}
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


def _make(job: Job, *, voice: Voice, ways: tuple[Render, ...]) -> bytes:
    """µ-law samples of a piece. Raises SynthesisError, NotTelephoneAudio, OSError."""
    if not job.text and not job.recording:
        return silence(PAUSE_SECONDS)
    from ivr.adapters.speech.sound import Silent, telephone_mulaw

    try:
        if job.recording:
            return telephone_mulaw(unpack(job.recording.read_bytes()))
        rate = rate_of(job.piece, voice)
        mulaw = telephone_mulaw(steady(job.text, voice=voice.name, rate=rate, ways=ways))
    except Silent as error:
        raise NotTelephoneAudio(str(error)) from error
    if not _plausible(job.text, seconds=len(mulaw) / RATE):
        raise SynthesisError(f"{len(mulaw) / RATE:.1f} seconds cannot be this text")
    return mulaw


def _plausible(text: str, *, seconds: float) -> bool:
    letters = sum(character.isalnum() for character in text)
    return letters * _SHORTEST < seconds < letters * _LONGEST + _GRACE


def _entry(job: Job, content: bytes) -> PieceAudio:
    return PieceAudio(
        text=job.text,
        sha256=hashlib.sha256(content).hexdigest(),
        key=job.key,
        seconds=round(len(mulaw_of(content)) / RATE, 3),
        source="recorded" if job.recording else "tts",
    )


def _manifest_json(entries: Mapping[str, PieceAudio]) -> bytes:
    table = {piece: entries[piece].model_dump() for piece in sorted(entries)}
    return (json.dumps(table, ensure_ascii=False, indent=1) + "\n").encode()


def _stored_manifest(folder: Path) -> Manifest | None:
    try:
        return load_manifest(folder)
    except ManifestError:
        return None


def _remove_others(folder: Path, pieces: frozenset[str]) -> Iterator[str]:
    for file in sorted(folder.glob("*.wav")):
        if file.stem not in pieces:
            file.unlink()
            yield file.stem
    for part in folder.glob("*.part"):
        part.unlink()


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that give up what has not begun when the build is interrupted."""
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two builds in one folder wait for each other."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
