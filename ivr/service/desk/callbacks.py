"""Promises to call back: made once a person, taken once, offered in the place that was waited for.

A promise waits until its time (``next_at``), within service hours. While somebody of its queue is
at the desk it stands in the queue at the rank of its first wait, and is offered as a call is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from ivr.ports.queues import CallbackKind, CallbackRow
from ivr.ports.store import Transaction
from ivr.ports.tickets import TicketEvent
from ivr.service.desk.entries import change_entry, enqueue_callback, leave_queue
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.router import route_now
from ivr.service.queue_hours import hours_of
from ivr.service.runtime import Runtime

TOPIC = "fila.resumo"
ENTITY = "retornos"
"""The event of the lists, which every agent and supervisor is told."""
AUDIENCE = ("role:agent", "role:supervisor")
CLAIM_HOLDS = timedelta(minutes=30)
"""Whoever takes a promise and does not call gives it back after this."""
NUMBER_KEPT = timedelta(hours=12)
"""A number that the work after a talk may need is forgotten after this at the latest."""
MISSED: tuple[CallbackKind, ...] = ("missed",)
PROMISED: tuple[CallbackKind, ...] = ("asked", "scheduled", "dropped_call", "outgoing")


class TakenError(Exception):
    """Somebody else has it. ``agent``: id of who, empty when it is over."""

    def __init__(self, agent: str = "") -> None:
        super().__init__("taken")
        self.agent = agent


def promise(tx: Transaction, row: CallbackRow) -> CallbackRow | None:
    """Write a promise unless one to the same number or person waits; the one that waits then.

    A call that was missed is followed by any promise; a promise for a certain hour moves the one
    that waits to that hour. None for a number that a talk still holds.
    """
    ticket = tx.tickets.by_protocol(row.protocol)
    person = ticket.person if ticket else ""
    if person:
        tx.proofs.lock(f"callback:{person}")
    before = _live(tx, row, person)
    if before is not None and before.kind == "missed" and row.kind != "missed":
        _must_change(tx, replace(before, state="done"))
        _tell(tx, before.protocol, "callback.handled", by="system", followed=row.kind)
        before = _live(tx, row, person)
    if before is None:
        if not tx.callbacks.add(row):
            return tx.callbacks.live_of_number(row.number)
        _tell(tx, row.protocol, "callback.promised", by="system", promise=row.kind)
        return tx.callbacks.live_of_number(row.number)
    if row.kind == "scheduled" and row.next_at is not None:
        moved = replace(
            before, kind="scheduled", next_at=row.next_at, tries=0, claimed_by="", claimed_at=None
        )
        _must_change(tx, moved)
        _tell(tx, before.protocol, "callback.promised", by="system", promise="scheduled")
    if before.protocol != row.protocol:
        _tell(tx, row.protocol, "callback.kept", by="system", other=before.protocol)
    return before


def claim(rt: Runtime, callback: int, agent: str) -> CallbackRow:
    """Take it: nobody else is offered it. Twice is once.

    Raises :class:`TakenError` when somebody else has it, or it is over.
    """
    with rt.store.begin() as tx:
        return _claim(tx, callback, agent)


def release(rt: Runtime, callback: int, agent: str) -> None:
    """Give it back. Raises :class:`TakenError` for who does not have it."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.callbacks.get(callback)
        if row is None or row.state != "waiting" or row.claimed_by != agent:
            raise TakenError(row.claimed_by if row and row.state == "waiting" else "")
        _must_change(tx, replace(row, claimed_by="", claimed_at=None))


def call_now(rt: Runtime, callback: int, agent: str) -> CallbackRow:
    """Take it and let it be offered to this agent at once: the agent's telephone rings first.

    Raises :class:`TakenError`; :class:`NotNowError` ``indisponivel`` for an agent who is not
    available, ``na_linha`` while the person is on the line.
    """
    with rt.store.begin() as tx:
        tx.desk.lock()
        presence = tx.desk.presence(agent)
        if presence is None or presence.state != "available":
            raise NotNowError("indisponivel")
        row = _claim(tx, callback, agent)
        view = tx.calls.view(row.call_sid, 0)
        if view is not None and view.call.ended_at is None:
            raise NotNowError("na_linha")
        now, entry = tx.now(), tx.queues.entry(row.call_sid)
        if entry is None or entry.left_at is not None:
            entry = enqueue_callback(
                tx, call_sid=row.call_sid, queue=first_queue(rt), asked_at=row.asked_at
            )
        if entry is None:
            raise NotNowError("na_linha")
        change_entry(tx, entry, now=now, target=agent, in_room=False)
    route_now(rt)
    return row


def call_ticket(rt: Runtime, protocol: str, agent: str) -> CallbackRow:
    """Call the person of a ticket, under its protocol.

    Raises what :func:`call_now` raises; :class:`NotNowError` ``sem_numero`` when no number of the
    person is known, ``sem_chamado`` for an unknown protocol.
    """
    with rt.store.begin() as tx:
        ticket = tx.tickets.by_protocol(protocol)
        if ticket is None:
            raise NotNowError("sem_chamado")
        live = tx.callbacks.live_of_call(ticket.call_sid)
        if live is None or live.kind == "missed":
            number = number_of(tx, ticket.call_sid)
            if not number:
                raise NotNowError("sem_numero")
            now = tx.now()
            live = promise(
                tx,
                CallbackRow(
                    protocol=protocol,
                    call_sid=ticket.call_sid,
                    number=number,
                    asked_at=now,
                    due=ticket.due_business,
                    kind="outgoing",
                ),
            )
        if live is None:
            raise NotNowError("sem_numero")
    return call_now(rt, live.id, agent)


def handled(rt: Runtime, callbacks: list[int], agent: str) -> int:
    """Mark as done without a call; how many were. Those that somebody else has are left."""
    done = 0
    with rt.store.begin() as tx:
        tx.desk.lock()
        for callback in callbacks:
            row = tx.callbacks.get(callback)
            if row is None or row.state != "waiting" or row.claimed_by not in ("", agent):
                continue
            if tx.desk.open_offer_of(row.call_sid) or tx.desk.talks_of(row.call_sid):
                continue
            entry = tx.queues.entry(row.call_sid)
            if entry is not None and entry.kind == "callback":
                leave_queue(tx, row.call_sid, result="handled", now=tx.now())
            _must_change(tx, replace(row, state="done"))
            _tell(tx, row.protocol, "callback.handled", by=f"agent:{agent}")
            done += 1
    return done


def schedule(
    tx: Transaction, *, protocol: str, call_sid: str, at: datetime, due: date
) -> CallbackRow | None:
    """The promise of a wrap-up, for a certain hour. None when no number of the person is known."""
    number = number_of(tx, call_sid)
    if not number:
        return None
    tx.callbacks.forget_number(call_sid)
    row = CallbackRow(
        protocol=protocol,
        call_sid=call_sid,
        number=number,
        asked_at=tx.now(),
        due=due,
        kind="scheduled",
        next_at=at,
    )
    return promise(tx, row)


def number_of(tx: Transaction, call_sid: str) -> str:
    """The person's number as far as it is known: the call's own, one that was left for a call
    back, the directory's mobile. It stands on no page."""
    view = tx.calls.view(call_sid, 0)
    if view is not None and view.call.caller:
        return view.call.caller
    kept = tx.callbacks.newest_of_call(call_sid)
    if kept is not None:
        return kept.number
    contact = tx.ticket_log.contact(call_sid)
    return contact.known.mobile if contact is not None and not contact.erased else ""


def take_turns(rt: Runtime) -> int:
    """What time does to promises: those whose time has come stand in the queue while the desk is
    open and staffed, and leave it when the desk closes; old claims end. How much was done."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        due, queued = tx.callbacks.due(now=now), tx.callbacks.queued()
        old = tx.callbacks.claimed_before(now - CLAIM_HOLDS)
        staffed = {queue for agent in tx.desk.agents() for queue in agent.skills}
    if not (due or queued or old):
        return 0
    opened = {name: hours_of(rt, name).status(now).open for name in rt.queues.queues}
    done = 0
    with rt.store.begin() as tx:
        tx.desk.lock()
        for row in due if any(opened.values()) else ():
            before = tx.queues.entry(row.call_sid)
            queue = before.queue if before else first_queue(rt)
            if queue in staffed and opened.get(queue) and _still_due(tx, row):
                entry = enqueue_callback(
                    tx, call_sid=row.call_sid, queue=queue, asked_at=row.asked_at
                )
                done += entry is not None
        for row in queued if not all(opened.values()) else ():
            there = tx.queues.entry(row.call_sid)
            if opened.get(there.queue if there else first_queue(rt)):
                continue
            if not tx.desk.open_offer_of(row.call_sid):
                done += leave_queue(tx, row.call_sid, result="closed", now=now)
        for row in old:
            now_ = tx.callbacks.get(row.id)
            if now_ is not None and now_.version == row.version:
                _must_change(tx, replace(now_, claimed_by="", claimed_at=None))
                done += 1
    return done


def first_queue(rt: Runtime) -> str:
    """Where somebody waits who never was in a queue."""
    return next(iter(rt.queues.queues))


def finish(
    tx: Transaction, row: CallbackRow, *, kind: str, by: str = "system", **data: object
) -> None:
    """A promise is kept, or given up: ``row`` as it is from now on."""
    _must_change(tx, row)
    _tell(tx, row.protocol, kind, by=by, **data)


def _claim(tx: Transaction, callback: int, agent: str) -> CallbackRow:
    tx.desk.lock()
    row = tx.callbacks.get(callback)
    if row is None or row.state != "waiting" or row.kind == "number":
        raise TakenError
    busy = [talk.agent for talk in tx.desk.talks_of(row.call_sid)]
    offer = tx.desk.open_offer_of(row.call_sid)
    if offer is not None:
        busy.append(offer.agent)
    others = [who for who in (row.claimed_by, *busy) if who and who != agent]
    if others or busy:
        raise TakenError((others or busy)[0])
    if row.claimed_by == agent:
        return row
    taken = replace(row, claimed_by=agent, claimed_at=tx.now())
    _must_change(tx, taken)
    _tell(tx, row.protocol, "callback.claimed", by=f"agent:{agent}")
    entry = tx.queues.entry(row.call_sid)
    if entry is not None and entry.left_at is None and entry.kind == "callback":
        change_entry(tx, entry, now=tx.now(), target=agent, in_room=False)
    return replace(taken, version=row.version + 1)


def _still_due(tx: Transaction, row: CallbackRow) -> bool:
    now = tx.callbacks.get(row.id)
    return now is not None and now.version == row.version and now.state == "waiting"


def _live(tx: Transaction, row: CallbackRow, person: str) -> CallbackRow | None:
    found = (
        tx.callbacks.live_of_number(row.number)
        or tx.callbacks.live_of_call(row.call_sid)
        or tx.callbacks.live_of_person(person)
    )
    return found


def _must_change(tx: Transaction, row: CallbackRow) -> None:
    if not tx.callbacks.change(row, was=row.version):
        raise NotNowError("mudou")
    tx.changes.tell(TOPIC, ENTITY, audience=list(AUDIENCE))


def _tell(tx: Transaction, protocol: str, kind: str, *, by: str, **data: object) -> None:
    tx.ticket_log.note(
        TicketEvent(protocol=protocol, at=tx.now(), kind=kind, actor=by, data=dict(data))
    )
    tx.changes.tell(TOPIC, ENTITY, audience=list(AUDIENCE))
