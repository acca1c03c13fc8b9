"""The first webhook of a call: call, ticket and protocol number in one commit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ivr.domain.local_time import to_local
from ivr.domain.phone_number import normalise_phone
from ivr.domain.protocol_number import make_protocol
from ivr.domain.sla import deadlines
from ivr.flow import engine
from ivr.flow.state import CallState
from ivr.ports.store import CallRow, JournalEntry, TicketRow
from ivr.ports.tickets import TicketEvent
from ivr.service.blocked import marked
from ivr.service.runtime import Runtime
from ivr.service.session import Session
from ivr.service.tickets_contact import contact_of_call


def _first_state(rt: Runtime) -> CallState:
    """Keys only unless somebody recognises: no call's audio leaves for the carrier's engine
    unless that was chosen."""
    return replace(
        engine.start(rt.flows.current),
        keys_only=not (rt.speech_by_carrier or rt.own_ears),
        own_ears=rt.own_ears,
    )


class _OpenedMeanwhileError(Exception):
    """Another process had the same first webhook: roll the sequence number back."""


def open_call(rt: Runtime, *, sid: str, caller: str | None) -> None:
    """Open call and ticket; nothing happens when the call is there already.

    ``caller`` as the carrier wrote it; withheld spellings become None.
    """
    with rt.store.begin(write=False) as tx:
        if tx.calls.view(sid, 0) is not None:
            return
    with suppress(_OpenedMeanwhileError), rt.store.begin() as tx:
        now = tx.now()
        local = to_local(now)
        protocol = make_protocol(local.year, tx.tickets.next_sequence(local.year)).digits
        due = deadlines(
            now,
            rt.calendar,
            business_days=rt.catalogue.facts.deadline_business_days,
            calendar_days=rt.catalogue.facts.deadline_calendar_days,
        )
        number = normalise_phone(caller)
        begun = marked(tx, _first_state(rt), caller=number)
        call = CallRow(
            sid=sid,
            protocol=protocol,
            turn=0,
            state=Session(engine=begun).to_dict(),
            caller=number,
            started_at=now,
            revision=rt.flows.current.revision,
            outcome="abandoned",
        )
        if not tx.calls.add(call):
            raise _OpenedMeanwhileError
        tx.tickets.add(
            TicketRow(
                protocol=protocol,
                call_sid=sid,
                opened_at=now,
                due_business=due.business,
                due_calendar=due.calendar,
                identity="anonymous",
            )
        )
        tx.ticket_log.put_contact(contact_of_call(rt, call, at=now))
        tx.ticket_log.note(
            TicketEvent(
                protocol=protocol,
                at=now,
                kind="call.started",
                actor="caller",
                data={"call_sid": sid},
            )
        )
        tx.journal.add(
            sid,
            [
                JournalEntry(
                    turn=0,
                    seq=-1,
                    at=now,
                    kind="call.opened",
                    data={"revision": call.revision, "caller_id": call.caller is not None},
                )
            ],
        )
