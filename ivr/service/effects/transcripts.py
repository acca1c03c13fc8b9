"""Transcribing what a caller left, and silence for its secrets in the kept sound.

What is kept of the words is blotted before it leaves memory. The places of the secrets are written
with it; the sound is silenced after that, so that a worker that dies between goes on there.
"""

from __future__ import annotations

from datetime import timedelta

from ivr.domain.silenced_sound import OtherSoundError, silenced
from ivr.ports.recordings import SpoiltError
from ivr.ports.speech import SpeechError
from ivr.ports.store import Job, RecordingRow
from ivr.ports.transcripts import TranscriptRow
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.runtime import Runtime
from ivr.service.transcripts import TRANSCRIBE, note_transcript, without_secrets

MOST_TRIES = 4
"""With an engine that fails on the sound; then a person listens."""
NO_MODEL_FOR = timedelta(hours=3)
"""So long a job waits for a model that is not there."""


@effect(TRANSCRIBE)
def transcribe(rt: Runtime, job: Job) -> Settled | Later:
    """Words into the transcript, then silence into the sound; a repeat goes on where it stopped."""
    sid = str(job.payload["recording"])
    with rt.store.begin(write=False) as tx:
        row, made, now = tx.recordings.get(sid), tx.transcripts.get(sid), tx.now()
    if row is None or row.state != "kept" or rt.recordings is None:
        return Settled(outcome={"outcome": "not_needed"})
    if made is None:
        if rt.transcriber is None:
            return Settled(outcome={"outcome": "not_needed"})
        try:
            made = _made(rt, row)
        except SpoiltError:
            return _failed(rt, row, "spoilt")
        except SpeechError as error:
            waited = now - (job.created_at or now)
            again = waited < NO_MODEL_FOR if error.reason == "model" else job.attempts < MOST_TRIES
            if again and not error.permanent:
                return Later(reason=error.reason)
            return _failed(rt, row, error.reason)
        if made is None:
            return Settled(outcome={"outcome": "not_needed"})
    if made.secrets and made.silenced_at is None:
        _silence(rt, row, made)
    return Settled(outcome={"outcome": made.state, "words": len(made.words)})


def _made(rt: Runtime, row: RecordingRow) -> TranscriptRow | None:
    """None when the recording was erased meanwhile."""
    assert rt.recordings is not None
    assert rt.transcriber is not None
    found = without_secrets(rt.transcriber.words(b"".join(rt.recordings.read(row.file))))
    with rt.store.begin() as tx:
        made = TranscriptRow(
            recording=row.sid,
            made_at=tx.now(),
            model=rt.transcriber.model,
            words=found.words,
            confidence=found.confidence,
            secrets=found.secrets,
        )
        still = tx.recordings.get(row.sid)
        if still is None or still.state != "kept":
            return None
        if tx.transcripts.add(made):
            note_transcript(
                tx, row, "transcript.made", words=len(made.words), secrets=len(made.secrets)
            )
    return made


def _silence(rt: Runtime, row: RecordingRow, made: TranscriptRow) -> None:
    """The kept sound without its secrets. One that cannot be changed is left: it is told."""
    assert rt.recordings is not None
    try:
        sound = silenced(b"".join(rt.recordings.read(row.file)), made.secrets)
    except OtherSoundError:
        with rt.store.begin() as tx:
            note_transcript(tx, row, "transcript.not_silenced")
        return
    rt.recordings.put(row.file, sound)
    with rt.store.begin() as tx:
        still = tx.recordings.get(row.sid)
        kept = still is not None and still.state == "kept"
        if kept:
            tx.transcripts.silenced(row.sid, at=tx.now())
    if not kept:
        rt.recordings.erase(row.file)


def _failed(rt: Runtime, row: RecordingRow, reason: str) -> Settled:
    """No transcript: a person listens. It is no fault of the ticket's."""
    with rt.store.begin() as tx:
        still = tx.recordings.get(row.sid)
        if still is not None and still.state == "kept":
            tx.transcripts.add(
                TranscriptRow(recording=row.sid, made_at=tx.now(), state="failed", reason=reason)
            )
            note_transcript(tx, row, "transcript.failed", reason=reason)
    return Settled(outcome={"outcome": "failed", "reason": reason})
