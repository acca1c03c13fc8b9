"""The lists of who is to be called back: promises, missed calls, messages, what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ivr.domain.phone_number import mask_phone
from ivr.ports.callbacks import CallbackView
from ivr.ports.queues import CallbackRow, RecordingRow
from ivr.ports.store import Transaction
from ivr.service.desk.callbacks import MISSED, PROMISED
from ivr.service.runtime import Runtime

Tab = Literal["retornos", "perdidas", "recados", "feitos"]
DONE_DAYS = 7
A_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as a page shows it: the number is masked for good. ``who``: name of whoever has it or
    talks with the person; ``mine``: that is who reads. ``waited``: in the queue."""

    id: int
    protocol: str
    kind: str
    state: str
    number: str
    asked_at: datetime
    due: datetime | None
    next_at: datetime | None
    tries: int
    who: str
    mine: bool
    talking: bool
    service: str
    node: str
    identity: str
    waited: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that a caller left. ``due``: last second of the ticket's business-day deadline."""

    recording: RecordingRow
    service: str
    due: datetime | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """``counts`` by tab."""

    lines: tuple[Line, ...]
    messages: tuple[Message, ...]
    counts: dict[str, int]


def lists_of(rt: Runtime, tab: Tab, agent: str) -> Lists:
    """One tab, and the counts of all."""
    with rt.store.begin(write=False) as tx:
        found = _views(tx, tab)
        names = {row.id: row.name for row in tx.staff.everyone()}
        messages = tx.recordings.left_messages()
        counts = _counts(tx, len(messages))
        shown = tuple(_message(tx, row) for row in messages) if tab == "recados" else ()
    lines = tuple(_line(view, names=names, agent=agent) for view in found)
    return Lists(lines=lines, messages=shown, counts=counts)


def counts_of(tx: Transaction) -> dict[str, int]:
    """How many wait, by tab."""
    return _counts(tx, len(tx.recordings.left_messages()))


def _counts(tx: Transaction, messages: int) -> dict[str, int]:
    by_kind = tx.callbacks.counts()
    return {
        "retornos": sum(by_kind.get(kind, 0) for kind in PROMISED),
        "perdidas": sum(by_kind.get(kind, 0) for kind in MISSED),
        "recados": messages,
    }


def _views(tx: Transaction, tab: Tab) -> list[CallbackView]:
    if tab == "recados":
        return []
    if tab == "feitos":
        since = tx.now() - timedelta(days=DONE_DAYS)
        return tx.callbacks.listed(
            kinds=(*PROMISED, *MISSED), states=("done", "dropped"), since=since, limit=A_PAGE
        )
    kinds = MISSED if tab == "perdidas" else PROMISED
    return tx.callbacks.listed(kinds=kinds, states=("waiting",), limit=A_PAGE)


def _line(view: CallbackView, *, names: dict[str, str], agent: str) -> Line:
    row: CallbackRow = view.row
    who = view.talking or row.claimed_by
    waited = None
    if view.entered_at is not None and view.left_at is not None:
        waited = view.left_at - view.entered_at
    return Line(
        id=row.id,
        protocol=row.protocol,
        kind=row.kind,
        state=row.state,
        number=mask_phone(row.number),
        asked_at=row.asked_at,
        due=datetime.combine(row.due, datetime.min.time()),
        next_at=row.next_at,
        tries=row.tries,
        who=names.get(who, "") if who else "",
        mine=who == agent,
        talking=bool(view.talking),
        service=view.service,
        node=view.node,
        identity=view.identity,
        waited=waited,
    )


def _message(tx: Transaction, row: RecordingRow) -> Message:
    ticket = tx.tickets.by_protocol(row.protocol)
    due = datetime.combine(ticket.due_business, datetime.min.time()) if ticket else None
    return Message(
        recording=row,
        service=ticket.service if ticket else "",
        due=due,
        status=ticket.status if ticket else "open",
    )
