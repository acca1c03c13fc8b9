"""Recordings come into our own hands: fetched from the carrier, verified, then deleted there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ivr.ports.errors import PortError
from ivr.ports.recordings import KeptSound, SpoiltError, TooLongError
from ivr.ports.store import Job, RecordingRow, Transaction
from ivr.ports.tickets import TicketEvent
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.fetching import FETCH
from ivr.service.runtime import Runtime
from ivr.service.transcripts import order_transcript

GONE = frozenset({"http_404", "code_20404"})
MAY_BE_LATE = timedelta(hours=1)
"""So long a recording may be unknown to the carrier, which is still making it."""
ONE_JOB = timedelta(hours=3)
"""Then a new job goes on, before the worker would give this one up."""
PUT_OFF = timedelta(minutes=30)
LONGEST = timedelta(days=30)
_RIFF = (b"RIFF", b"WAVE")


class NotSoundError(Exception):
    """What the carrier sent is no WAV file."""


@effect(FETCH)
def fetch(rt: Runtime, job: Job) -> Settled | Later:
    """Fetch, verify, note, delete at the carrier, note. A repeat goes on where it stopped: what
    is whole on the shelf is not fetched again."""
    sid = str(job.payload["recording"])
    with rt.store.begin(write=False) as tx:
        row, now = tx.recordings.get(sid), tx.now()
    shelf = rt.recordings
    if row is None or shelf is None or row.state in ("erased", "lost"):
        return Settled(outcome={"outcome": "not_needed"})
    if row.state == "at_carrier":
        name = rt.keyed_hash("recording.file", sid)
        try:
            sound = _whole(rt, name) or _fetched(rt, sid, name)
        except PortError as error:
            age = now - row.at
            if error.reason in GONE and age >= MAY_BE_LATE:
                return _lost(row, error.reason)
            return _later(job, row, error.reason, now=now)
        except TooLongError:
            return _lost(row, "too_long", still_there=True)
        except (OSError, SpoiltError, NotSoundError) as error:
            return _later(job, row, type(error).__name__, now=now)
        with rt.store.begin() as tx:
            if tx.recordings.kept(sid, file=name, at=tx.now()):
                _tell(
                    tx, row, "recording.kept", purpose=row.purpose, size=sound.size,
                    sha256=sound.sha256,
                )  # fmt: skip
                order_transcript(rt, tx, row)
    if row.deleted_at is not None:
        return Settled(outcome={"outcome": "kept"})
    try:
        there = rt.telephony.delete_recording(sid)
    except PortError as error:
        return _later(job, row, error.reason, now=now)
    return Settled(
        outcome={"outcome": "kept", "was_there": there},
        also=(lambda tx: _deleted(tx, row),),
    )


def _later(job: Job, row: RecordingRow, reason: str, *, now: datetime) -> Settled | Later:
    """Another try; a job that grew old is followed by a new one, for as long as the carrier can
    be thought to have it."""
    if job.created_at is None or now - job.created_at < ONE_JOB:
        return Later(reason=reason)
    if now - row.at >= LONGEST and row.state == "at_carrier":
        return _lost(row, reason)
    follower = replace(
        job, key=f"{FETCH}:{row.sid}:{int(now.timestamp())}", state="queued", attempts=0
    )
    return Settled(
        outcome={"outcome": "put_off", "reason": reason},
        also=(lambda tx: tx.outbox.add(replace(follower, run_at=now + PUT_OFF)),),
    )


def _whole(rt: Runtime, name: str) -> KeptSound | None:
    """The sound of a try that died before it was noted."""
    assert rt.recordings is not None
    try:
        return rt.recordings.check(name) if rt.recordings.find(name) else None
    except SpoiltError:
        return None


def _fetched(rt: Runtime, sid: str, name: str) -> KeptSound:
    assert rt.recordings is not None
    sound = rt.telephony.fetch_recording(sid)
    if (sound[:4], sound[8:12]) != _RIFF:
        raise NotSoundError
    rt.recordings.put(name, sound)
    return rt.recordings.check(name)


def _deleted(tx: Transaction, row: RecordingRow) -> None:
    if tx.recordings.deleted(row.sid, at=tx.now()):
        _tell(tx, row, "recording.deleted", purpose=row.purpose)


def _lost(row: RecordingRow, reason: str, *, still_there: bool = False) -> Settled:
    def tell(tx: Transaction) -> None:
        if tx.recordings.give_up(row.sid, state="lost"):
            _tell(tx, row, "recording.lost", purpose=row.purpose, reason=reason)

    outcome = {"outcome": "lost", "reason": reason, "at_carrier": still_there}
    return Settled(outcome=outcome, also=(tell,))


def _tell(tx: Transaction, row: RecordingRow, kind: str, **data: object) -> None:
    tx.ticket_log.note(
        TicketEvent(
            protocol=row.protocol,
            at=tx.now(),
            kind=kind,
            actor="system",
            data={"recording": row.sid, **data},
        )
    )
