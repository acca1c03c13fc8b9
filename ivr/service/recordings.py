"""What the carrier reports of a recording, apart from the turn that asked for it.

A caller who hangs up while speaking has said what they wanted: the recording belongs to the
ticket, whether or not the turn of the recording came before the end of the call.
"""

from __future__ import annotations

from typing import Literal, cast

from ivr.domain.outcome import CallOutcome
from ivr.ports.store import RecordingRow, TicketRow, Transaction
from ivr.service.fetching import order_fetch
from ivr.service.journal import note
from ivr.service.left_behind import give_status, stronger_outcome
from ivr.service.runtime import Runtime

REPORTED = "recording.reported"
Purpose = Literal["need", "complaint", "message", "voicemail"]
_OUTCOMES = {
    "need": CallOutcome.NEED_RECORDED,
    "voicemail": CallOutcome.NEED_RECORDED,
    "complaint": CallOutcome.COMPLAINT_RECORDED,
}


def record_report(
    rt: Runtime, *, sid: str, recording: str, status: str, seconds: int | None
) -> None:
    """Keep the carrier's word about a recording, each once, also after the call."""
    with rt.store.begin() as tx:
        view = tx.calls.view(sid, 0)
        if view is None:
            return
        told: dict[str, str | int] = {
            "recording": recording,
            "status": status,
            "seconds": seconds or 0,
        }
        known = (entry for entry in tx.journal.of(sid) if entry.kind == REPORTED)
        if all(dict(entry.data) != told for entry in known):
            note(tx, sid, REPORTED, **told)
        ended, protocol = view.call.ended_at is not None, view.call.protocol
        ticket = tx.tickets.by_protocol(protocol)
    if ended and ticket is not None:
        purpose = purpose_at(rt, view.call.revision, ticket.node)
        with rt.store.begin() as tx:
            keep_unclaimed(tx, ticket, purpose=purpose)


def purpose_at(rt: Runtime, revision: str, place: str) -> Purpose | None:
    """What is recorded at ``flow.node``, None where nothing is. It may read the store."""
    flow, _, node = place.partition(".")
    found = rt.flows.book(revision, rt.store).node(flow, node)
    return cast("Purpose | None", getattr(found, "purpose", None))


def keep_unclaimed(tx: Transaction, ticket: TicketRow, *, purpose: Purpose | None) -> None:
    """Attach recordings that were reported whole and that no turn took. For an ended call."""
    if purpose is None:
        return
    kept = {row.sid for row in tx.tickets.recordings(ticket.protocol)}
    for entry in tx.journal.of(ticket.call_sid):
        recording, seconds = str(entry.data.get("recording", "")), entry.data.get("seconds", 0)
        whole = entry.kind == REPORTED and entry.data.get("status") == "completed" and seconds > 0
        if not whole or recording in kept:
            continue
        tx.tickets.add_recording(
            RecordingRow(
                sid=recording,
                protocol=ticket.protocol,
                call_sid=ticket.call_sid,
                purpose=purpose,
                seconds=seconds,
                at=tx.now(),
            )
        )
        order_fetch(tx, recording, call_sid=ticket.call_sid)
        kept.add(recording)
        tx.tickets.change(ticket.protocol, subject=purpose)
        if purpose in _OUTCOMES:
            outcome = stronger_outcome(ticket, _OUTCOMES[purpose])
            give_status(tx, ticket.protocol, outcome, now=tx.now())
