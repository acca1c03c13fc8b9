"""Tickets as a caller meets them: status by protocol, recordings, rating."""

from __future__ import annotations

from typing import Any

from ivr.flow.requests import (
    Answer,
    FindTicket,
    KeepRecording,
    Kept,
    SaveRating,
    TicketFound,
)
from ivr.ports.store import RecordingRow
from ivr.service.fetching import order_fetch
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime
from ivr.service.tickets import ticket_at

SUBJECTS = {"need": "need", "complaint": "complaint", "voicemail": "voicemail"}


@handles(FindTicket)
def find_ticket(rt: Runtime, context: TurnContext, request: FindTicket) -> Answer:
    """Status and deadline of a ticket; nothing that says whose it is."""
    with rt.store.begin(write=False) as tx:
        ticket = ticket_at(tx, request.protocol)
    if ticket is None:
        return TicketFound(status="")
    return TicketFound(status=ticket.status, deadline=ticket.due_business.isoformat())


@handles(KeepRecording)
def keep_recording(rt: Runtime, context: TurnContext, request: KeepRecording) -> Answer:
    """Attach the recording; a message goes to the ticket it was left for."""
    own = context.call.protocol
    protocol = request.ticket or own
    with rt.store.begin(write=False) as tx:
        now = tx.now()
    row = RecordingRow(
        sid=request.recording,
        protocol=protocol,
        call_sid=context.call.sid,
        purpose=request.purpose,
        seconds=request.seconds,
        at=now,
    )
    context.effects.append(lambda tx: tx.tickets.add_recording(row))
    context.effects.append(lambda tx: order_fetch(tx, row.sid, call_sid=row.call_sid))
    changes: dict[str, Any] = {"subject": SUBJECTS.get(request.purpose, "message")}
    context.effects.append(lambda tx: tx.tickets.change(own, **changes))
    return Kept()


@handles(SaveRating)
def save_rating(rt: Runtime, context: TurnContext, request: SaveRating) -> Answer:
    """Keep the rating with the ticket of this call."""
    protocol, value = context.call.protocol, request.value
    context.effects.append(lambda tx: tx.tickets.change(protocol, rating=value))
    return Kept()
