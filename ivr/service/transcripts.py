"""Transcripts of what callers left: ordered, kept without secrets, corrected by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ivr.flow.heard_secrets import BLOT, blotted, secret_spans
from ivr.ports.queues import RecordingRow
from ivr.ports.speech import HeardWord
from ivr.ports.staff import StaffRow
from ivr.ports.store import Job, Transaction
from ivr.ports.tickets import TicketEvent
from ivr.ports.transcripts import LEFT, TranscriptRow, TranscriptWord
from ivr.service.recordings_heard import may_hear
from ivr.service.runtime import Runtime
from ivr.service.tickets import TicketError, plain_text, tell

TRANSCRIBE = "speech.transcribe"
"""Kind of the jobs; their key is ``speech.transcribe:<sid>``."""
LOOK_BACK = timedelta(days=7)
"""Recordings of so long ago are transcribed when the engine is turned on."""
TEXT_MAX = 4000
"""Characters of a correction."""
EDITORS = frozenset({"agent", "supervisor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutSecrets:
    """Words that may be kept, their mean confidence, and where the sound must be silent."""

    words: tuple[TranscriptWord, ...]
    confidence: float | None
    secrets: tuple[tuple[float, float], ...]


def without_secrets(words: Sequence[HeardWord]) -> WithoutSecrets:
    """Words of an engine with one blot in place of each secret."""
    kept: list[TranscriptWord] = []
    places: list[tuple[float, float]] = []
    at = 0
    for first, last in secret_spans([word.text for word in words]):
        kept += map(_kept, words[at:first])
        kept.append(TranscriptWord(text=BLOT, confidence=None, start=words[first].start))
        places.append((words[first].start, words[last - 1].end))
        at = last
    kept += map(_kept, words[at:])
    sure = [word.confidence for word in kept if word.confidence is not None]
    return WithoutSecrets(
        words=tuple(kept),
        confidence=sum(sure) / len(sure) if sure else None,
        secrets=tuple(places),
    )


def _kept(word: HeardWord) -> TranscriptWord:
    return TranscriptWord(text=word.text, confidence=word.confidence, start=word.start)


def order_transcript(rt: Runtime, tx: Transaction, row: RecordingRow) -> None:
    """Let the worker transcribe what a caller left, once; nothing where no engine is ours."""
    if rt.transcriber is not None and row.purpose in LEFT:
        payload = {"recording": row.sid}
        key = f"{TRANSCRIBE}:{row.sid}"
        tx.outbox.add(Job(key=key, kind=TRANSCRIBE, call_sid=row.call_sid, payload=payload))


def order_wanting(rt: Runtime) -> int:
    """Order what nobody ordered; how many."""
    if rt.transcriber is None:
        return 0
    with rt.store.begin(write=False) as tx:
        left = tx.transcripts.wanting(since=tx.now() - LOOK_BACK)
    if left:
        with rt.store.begin() as tx:
            for row in left:
                order_transcript(rt, tx, row)
    return len(left)


def correct(rt: Runtime, recording: str, text: str, *, by: StaffRow, version: int) -> RecordingRow:
    """Put a person's text beside the machine's; secrets are blotted out of it too. An empty one
    takes the correction back.

    Raises TicketError: unknown, forbidden, too_long, stale, already.
    """
    if len(text) > TEXT_MAX:
        raise TicketError("transcript_long")
    plain, _ = blotted(plain_text(text))
    with rt.store.begin() as tx:
        row = tx.recordings.get(recording)
        made = tx.transcripts.get(recording)
        if row is None or made is None or row.state == "erased":
            raise TicketError("transcript_unknown")
        if not EDITORS & set(by.roles) or not may_hear(tx, row, by):
            raise TicketError("forbidden")
        if made.version != version:
            raise TicketError("stale")
        if plain == (made.text or made.heard):
            raise TicketError("already")
        now = tx.now()
        if not tx.transcripts.correct(recording, text=plain, by=by.id, at=now, version=version):
            raise TicketError("stale")
        note_transcript(tx, row, "transcript.corrected", actor=f"agent:{by.id}", erased=not plain)
    return row


def note_transcript(
    tx: Transaction, row: RecordingRow, kind: str, *, actor: str = "system", **data: object
) -> None:
    """A line in the ticket's history, without the words; pages that show the ticket are told."""
    tx.ticket_log.note(
        TicketEvent(
            protocol=row.protocol,
            at=tx.now(),
            kind=kind,
            actor=actor,
            data={"recording": row.sid, "purpose": row.purpose, **data},
        )
    )
    tell(tx, row.protocol)


def transcripts_of(tx: Transaction, rows: Sequence[RecordingRow]) -> dict[str, TranscriptRow]:
    """By recording."""
    return tx.transcripts.of_recordings([row.sid for row in rows if row.purpose in LEFT])
