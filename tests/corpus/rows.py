"""The corpus as the rows that the service leaves behind, through the store and the service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from corpus.known import due_days
from corpus.told import Corpus, Spoken, Told, Wait
from sqlalchemy import Engine, text

from ivr.ports.desk import EngagementRow, LedgerLine, OfferRow
from ivr.ports.queues import QueueRow
from ivr.ports.store import CallRow, JournalEntry, TicketRow, Transaction
from ivr.ports.tickets import Contact
from ivr.service.calls_log_facts import record_call

AT_ONCE = 100


def write_corpus(store: Any, corpus: Corpus) -> None:
    """Every call and every change of an agent's state."""
    write_calls(store, corpus.calls)
    with store.begin() as tx:
        before = {}
        for spell in corpus.spells:
            data = {"state": spell.state, "before": before.get(spell.agent, "offline")}
            before[spell.agent] = spell.state
            tx.desk.write(
                LedgerLine(at=spell.since, kind="agent.state", agent=spell.agent, data=data)
            )


def write_calls(store: Any, calls: Iterable[Told]) -> None:
    waiting = list(calls)
    for first in range(0, len(waiting), AT_ONCE):
        with store.begin() as tx:
            for call in waiting[first : first + AT_ONCE]:
                write_call(tx, call)


def write_call(tx: Transaction, call: Told) -> None:
    """The rows of one call in the order in which they come to be."""
    protocol = protocol_of(call)
    row = CallRow(
        sid=call.sid, protocol=protocol, turn=call.turns, state={}, caller=None,
        started_at=call.start, outcome=call.outcome, revision=call.revision, person=call.person,
    )  # fmt: skip
    assert tx.calls.add(row)
    tx.tickets.add(_ticket(call, protocol))
    contact = Contact(
        call_sid=call.sid, protocol=protocol, person=call.person, caller_hash=call.caller,
        at=call.start,
    )  # fmt: skip
    tx.ticket_log.put_contact(contact)
    go_on(tx, None, call)


def go_on(tx: Transaction, before: Told | None, call: Told) -> None:
    """Whatever happened since the call was told as ``before``."""
    known = 0 if before is None else len(before.lines)
    tx.journal.add(call.sid, list(_journal(call))[known:])
    for place, wait in enumerate(call.waits):
        if before is None or place >= len(before.waits):
            assert tx.queues.enter(_entry(call, wait))
        elif before.waits[place].left is not None:
            continue
        if wait.left is not None:
            assert tx.queues.leave(call.sid, at=wait.left, result=wait.result)
    for place, talk in enumerate(call.talks):
        if before is None or place >= len(before.talks):
            _begin_talk(tx, call, place, talk)
        elif before.talks[place] != talk:
            row = tx.desk.engagement(f"OF{place}{call.sid}")
            assert row is not None
            assert tx.desk.change_engagement(_talk(call, place, talk), was=row.version)
    if call.rating is not None and before is not None:
        tx.tickets.change(protocol_of(call), rating=call.rating)
    if call.ended is not None:
        if before is None or before.ended is None:
            assert tx.calls.end(call.sid, at=call.ended, by=call.by, outcome=call.outcome)
        if before is None or before.closed is None:
            close_ticket(tx, call)
        assert record_call(tx, call.sid)


def _entry(call: Told, wait: Wait) -> QueueRow:
    return QueueRow(
        call_sid=call.sid, queue=wait.queue, entered_at=wait.entered, kind=wait.kind,  # type: ignore[arg-type]
    )  # fmt: skip


def _begin_talk(tx: Transaction, call: Told, place: int, talk: Spoken) -> None:
    offer = OfferRow(
        id=f"OF{place}{call.sid}", call_sid=call.sid, protocol=protocol_of(call),
        queue=talk.queue, agent=talk.agent, kind=talk.kind, state="answered",  # type: ignore[arg-type]
        reserved_at=talk.began, due_at=talk.began, answered_at=talk.began, ended_at=talk.began,
    )  # fmt: skip
    assert tx.desk.add_offer(offer)
    assert tx.desk.add_engagement(_talk(call, place, talk))


def _talk(call: Told, place: int, talk: Spoken) -> EngagementRow:
    return EngagementRow(
        offer=f"OF{place}{call.sid}", call_sid=call.sid, protocol=protocol_of(call),
        queue=talk.queue, agent=talk.agent, started_at=talk.began, ended_at=talk.ended,
        ended_by=talk.by, hold_seconds=talk.hold, contact_class=talk.word,
        wrapped_at=talk.wrapped,
    )  # fmt: skip


def close_ticket(tx: Transaction, call: Told) -> None:
    """What became of the ticket."""
    if call.closed is None:
        return
    changes: dict[str, Any] = {"status": "closed", "closed_at": call.closed}
    if call.joined:
        changes["merged_into"] = "P-another"
    tx.tickets.change(protocol_of(call), **changes)


def protocol_of(call: Told) -> str:
    return f"P-{call.sid}"


def _ticket(call: Told, protocol: str) -> TicketRow:
    business, calendar = due_days(call.start)
    return TicketRow(
        protocol=protocol, call_sid=call.sid, opened_at=call.start, due_business=business,
        due_calendar=calendar, outcome=call.outcome, service=call.service, person=call.person,
        rating=call.rating, identity="identified" if call.person else "anonymous",
    )  # fmt: skip


def _journal(call: Told) -> Iterable[JournalEntry]:
    seq = 0
    for seq, line in enumerate(call.lines, start=1):
        flow, _, node = line.place.partition(".")
        yield JournalEntry(
            turn=line.turn, seq=seq, at=call.start + timedelta(seconds=line.at), kind=line.kind,
            flow=flow, node=node, data=dict(line.data),
        )  # fmt: skip
    if call.ended is not None:
        entered = [one.place for one in call.lines if one.kind == "node.entered"]
        flow, _, node = entered[-1].partition(".")
        yield JournalEntry(
            turn=call.turns, seq=seq + 1, at=call.ended, kind="call.ended", flow=flow, node=node,
            data={"by": call.by, "outcome": call.outcome},
        )  # fmt: skip


def hide_call(engine: Engine, call: Told) -> None:
    """As if it had been years later: the journal cannot be taken away."""
    given = {"sid": call.sid, "far": "2036-03-02 12:00:00.000000"}
    with engine.begin() as connection:
        for table, column, times in (
            ("calls", "sid", ("started_at", "ended_at")),
            ("tickets", "call_sid", ("opened_at",)),
            ("call_facts", "sid", ("started_at", "ended_at")),
            ("queue_entries", "call_sid", ("entered_at", "ranked_at", "left_at")),
            ("engagements", "call_sid", ("started_at", "ended_at", "wrapped_at")),
        ):
            new = ", ".join(f"{name} = :far" for name in times)
            connection.execute(text(f"UPDATE {table} SET {new} WHERE {column} = :sid"), given)
