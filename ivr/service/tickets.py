"""Tickets in the hands of the desk: the live one of a caller, joining, notes, state."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from ivr.ports.store import TicketRow, Transaction
from ivr.ports.tickets import Contact, TicketEvent, TicketFilter
from ivr.service.runtime import Runtime

T = TypeVar("T")

NOTE_MAX = 4000
"""Characters of a note."""
REPEAT = timedelta(seconds=60)
"""The same note by the same person within this time is the same press."""
JOIN_TRIES = 8
LIVE = ("open", "pending")


class TicketError(Exception):
    """What was asked of a ticket cannot be done; ``reason`` is a word for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTickets:
    """What a pop opens. ``first`` is the person's live ticket, newest, or the call's own.

    ``others``: further live tickets of the person. ``own``: the call's own ticket as it stands.
    ``identity``: how surely the person is known: anonymous, identified, verified; below verified
    the page must say so. ``maybe``: live tickets of calls from the same number while nobody is
    identified; a number is forged with ease.
    """

    first: TicketRow
    others: tuple[TicketRow, ...] = ()
    own: TicketRow
    identity: str
    maybe: tuple[TicketRow, ...] = ()
    contact: Contact | None = None


def live_ticket_for(tx: Transaction, call_sid: str) -> TicketRow:
    """The open ticket of the call's person, else the call's own. Raises LookupError."""
    return live_tickets_for(tx, call_sid).first


def live_tickets_for(tx: Transaction, call_sid: str) -> LiveTickets:
    """Every live ticket that a call may be about. Writes nothing. Raises LookupError."""
    own = own_ticket(tx, call_sid)
    contact = tx.ticket_log.contact(call_sid)
    if own.merged_into:
        root = root_of(tx, own)
        return LiveTickets(first=root, own=own, identity=own.identity, contact=contact)
    person = contact.person if contact and contact.directory else ""
    live: list[TicketRow] = []
    maybe: list[TicketRow] = []
    if person:
        live = _others(tx, own, TicketFilter(person=person, status=LIVE, limit=20))
    elif contact is not None and contact.caller_hash:
        wanted = TicketFilter(caller=contact.caller_hash, status=LIVE, limit=5)
        maybe = _others(tx, own, wanted)
    return LiveTickets(
        first=live[0] if live else own,
        others=tuple(live[1:]),
        own=own,
        identity=own.identity,
        maybe=tuple(maybe),
        contact=contact,
    )


def own_ticket(tx: Transaction, call_sid: str) -> TicketRow:
    """The ticket that was opened with the call. Raises LookupError."""
    view = tx.calls.view(call_sid, 0)
    ticket = tx.tickets.by_protocol(view.call.protocol) if view else None
    if ticket is None:
        raise LookupError("no such call")
    return ticket


def root_of(tx: Transaction, ticket: TicketRow) -> TicketRow:
    """The ticket that a joined one was joined to; itself for a ticket of its own."""
    root = tx.tickets.by_protocol(ticket.merged_into) if ticket.merged_into else ticket
    return root or ticket


def ticket_at(tx: Transaction, protocol: str) -> TicketRow | None:
    """The ticket that a protocol leads to: a protocol that was spoken stays good."""
    ticket = tx.tickets.by_protocol(protocol)
    return None if ticket is None else root_of(tx, ticket)


def join(rt: Runtime, protocol: str, into: str, *, by: str = "system") -> TicketRow:
    """Join a ticket to another, with all that was joined to it; the other is returned.

    Raises TicketError: unknown, same, other_person, closed. Joining again changes nothing. Both
    rows are held, and ``into`` must be a ticket of its own then, so that no chain and no ring of
    tickets can come to be, whoever joins at the same time.
    """
    for _ in range(JOIN_TRIES):
        with rt.store.begin(write=False) as tx:
            target = ticket_at(tx, into)
            children = {child.protocol for child in tx.ticket_lists.joined_to(protocol)}
        if target is None:
            raise TicketError("unknown")
        with rt.store.begin() as tx:
            held = tx.ticket_lists.hold(protocol, target.protocol, *children)
            moved, root = held.get(protocol), held.get(target.protocol)
            if moved is None or root is None:
                raise TicketError("unknown")
            now_joined = {child.protocol for child in tx.ticket_lists.joined_to(protocol)}
            if root.merged_into or not now_joined <= children:
                continue
            if moved.merged_into == root.protocol:
                return root
            _may_join(moved, root)
            return _join(tx, moved, root, by=by)
    raise TicketError("busy")


def _may_join(moved: TicketRow, root: TicketRow) -> None:
    if moved.protocol == root.protocol:
        raise TicketError("same")
    if moved.merged_into:
        raise TicketError("joined")
    if moved.person and root.person and moved.person != root.person:
        raise TicketError("other_person")
    if root.status == "closed":
        raise TicketError("closed")


def _join(tx: Transaction, moved: TicketRow, root: TicketRow, *, by: str) -> TicketRow:
    now = tx.now()
    for child in tx.ticket_lists.joined_to(moved.protocol):
        tx.tickets.change(child.protocol, by=by, merged_into=root.protocol)
    tx.tickets.change(
        moved.protocol,
        by=by,
        merged_into=root.protocol,
        status="closed",
        closed_at=moved.closed_at or now,
    )
    tx.ticket_log.note(
        TicketEvent(
            protocol=root.protocol,
            at=now,
            kind="joined",
            actor=by,
            data={"other": moved.protocol},
        )
    )
    changes: dict[str, Any] = {"version": root.version + 1}
    if not root.person and moved.person:
        changes |= {"person": moved.person, "identity": moved.identity}
    tx.tickets.change(root.protocol, **changes)
    tell(tx, moved.protocol)
    return tell(tx, root.protocol)


def add_note(rt: Runtime, protocol: str, actor: str, text: str) -> int:
    """Write a note (``actor``: ``agent:<id>`` or ``api:<id>``); its number.

    On a joined ticket it goes to the one that it was joined to. Raises TicketError: unknown,
    empty, too_long.
    """
    plain = plain_text(text)
    if not plain:
        raise TicketError("empty")
    if len(plain) > NOTE_MAX:
        raise TicketError("too_long")

    def write(tx: Transaction, ticket: TicketRow) -> int:
        now = tx.now()
        for line in tx.ticket_log.events(ticket.protocol)[:3]:
            same = (line.kind, line.actor, line.text) == ("note", actor, plain)
            if same and now - line.at < REPEAT:
                return line.number
        note = TicketEvent(protocol=ticket.protocol, at=now, kind="note", actor=actor, text=plain)
        number = tx.ticket_log.note(note)
        tell(tx, ticket.protocol)
        return number

    return with_root(rt, protocol, write)


def plain_text(text: str) -> str:
    """Without control characters (new lines stay) and without space around."""
    kept = re.sub(r"\r\n?", "\n", text)
    return re.sub(r"[^\S\n]*[\x00-\x08\x0b-\x1f\x7f]|[\ud800-\udfff]", "", kept).strip()


def close(rt: Runtime, protocol: str, *, by: str, version: int | None = None) -> TicketRow:
    """Close a ticket. Raises TicketError: unknown, stale, already."""
    return _change(rt, protocol, by=by, version=version, status="closed")


def reopen(rt: Runtime, protocol: str, *, by: str, version: int | None = None) -> TicketRow:
    """Open a closed ticket again. Raises TicketError: unknown, stale, already."""
    return _change(rt, protocol, by=by, version=version, status="open")


def assign(
    rt: Runtime, protocol: str, agent: str, *, by: str, version: int | None = None
) -> TicketRow:
    """Put a ticket into an agent's hands. Raises TicketError: unknown, stale, already."""
    return _change(rt, protocol, by=by, version=version, agent=agent)


def _change(
    rt: Runtime, protocol: str, *, by: str, version: int | None, **changes: Any
) -> TicketRow:
    def write(tx: Transaction, ticket: TicketRow) -> TicketRow:
        if all(getattr(ticket, name) == value for name, value in changes.items()):
            raise TicketError("already")
        if version is not None and version != ticket.version:
            raise TicketError("stale")
        if "status" in changes:
            changes["closed_at"] = tx.now() if changes["status"] == "closed" else None
        tx.tickets.change(ticket.protocol, by=by, **changes)
        return tell(tx, ticket.protocol)

    return with_root(rt, protocol, write)


def with_root(rt: Runtime, protocol: str, deed: Callable[[Transaction, TicketRow], T]) -> T:
    """Do something in one transaction with the ticket that a protocol leads to, held.

    Raises TicketError, unknown for no such ticket. Only that one row is held: two rows held in
    another order than by their numbers could wait for each other.
    """
    for _ in range(JOIN_TRIES):
        with rt.store.begin(write=False) as tx:
            found = ticket_at(tx, protocol)
        if found is None:
            raise TicketError("unknown")
        with rt.store.begin() as tx:
            ticket = tx.ticket_lists.hold(found.protocol).get(found.protocol)
            if ticket is not None and not ticket.merged_into:
                return deed(tx, ticket)
    raise TicketError("busy")


def note_answered(tx: Transaction, *, protocol: str, call_sid: str, agent: str) -> None:
    """Write, with the answer of an offer, that a person has the call: other desks are told."""
    tx.ticket_log.note(
        TicketEvent(
            protocol=protocol,
            at=tx.now(),
            kind="call.answered",
            actor=f"agent:{agent}",
            data={"call_sid": call_sid},
        )
    )


def tell(tx: Transaction, protocol: str) -> TicketRow:
    """Tell the pages that show a ticket; the row as it is now."""
    ticket = tx.tickets.by_protocol(protocol)
    if ticket is None:
        raise TicketError("unknown")
    audience = [f"ticket:{protocol}", "role:supervisor"]
    if ticket.agent:
        audience.append(f"agent:{ticket.agent}")
    tx.changes.tell("chamado.mudou", protocol, version=ticket.version, audience=audience)
    return ticket


def _others(tx: Transaction, own: TicketRow, wanted: TicketFilter) -> list[TicketRow]:
    found: Sequence[TicketRow] = tx.ticket_lists.find(wanted)
    return [ticket for ticket in found if ticket.protocol != own.protocol]
