"""Blocked numbers: added and lifted by the desk, asked once when a call begins.

A blocked caller hears the protocol number, that nobody of the desk takes this number by telephone
now, the e-mail and the message service, and the call ends. The ticket is written like any other
and stays open as refused, so that the desk sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ivr.domain.blocked import BlockError, end_of_block, note_of
from ivr.domain.outcome import CallOutcome
from ivr.domain.phone_number import normalise_phone
from ivr.flow.facts import Fact
from ivr.flow.state import CallState
from ivr.flow.verbs import Hangup, Utterance, Verb
from ivr.ports.blocked import BlockedRow
from ivr.ports.staff import AuditLine, StaffRow
from ivr.ports.store import Transaction
from ivr.service.runtime import Runtime
from ivr.service.session import Session

BARRED = "barred"
"""Value of the call's state by which its first turn knows; sealed with the state."""
KEPT = timedelta(days=365)
"""How long a block is kept after its end."""
WORDS = ("greeting.welcome", "greeting.protocol", "barred.words", "barred.channels", "bye.protocol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The only turn of a blocked caller."""

    session: Session
    facts: tuple[Fact, ...]
    verb: Verb


def marked(tx: Transaction, state: CallState, *, caller: str | None) -> CallState:
    """The state of a call that begins, marked when its number (E.164) is blocked now."""
    if caller is None or not tx.blocked.holds(caller, now=tx.now()):
        return state
    return replace(state, values={**state.values, BARRED: "yes"})


def is_barred(session: Session) -> bool:
    """Whether the next turn is the one that tells a blocked caller."""
    engine = session.engine
    return engine.status == "running" and engine.values.get(BARRED) == "yes"


def told(session: Session, *, protocol: str) -> Told:
    """Words, facts and the end of a blocked caller's call."""
    at, refused = session.engine.at, CallOutcome.REFUSED.value
    engine = replace(session.engine, status="ended", outcome=refused)
    facts = (
        Fact(kind="caller.barred", flow=at.flow, node=at.node),
        Fact(kind="outcome.set", flow=at.flow, node=at.node, data={"outcome": refused}),
        Fact(kind="call.finished", flow=at.flow, node=at.node, data={"outcome": refused}),
    )
    speech = tuple(
        Utterance(prompt=p, values={"protocol": protocol} if p.endswith("protocol") else {})
        for p in WORDS
    )
    return Told(session=replace(session, engine=engine), facts=facts, verb=Hangup(speech=speech))


def block(rt: Runtime, *, number: str, note: str, span: str, by: StaffRow) -> BlockedRow:
    """Block a number. The audit line holds no number and no note. Raises BlockError (``number``,
    ``note``, ``span``, ``taken`` while a block holds) and StoreUnavailableError."""
    normal = normalise_phone(number)
    if normal is None:
        raise BlockError("number")
    text = note_of(note)
    with rt.store.begin() as tx:
        now = tx.now()
        row = BlockedRow(
            number=normal,
            note=text,
            added_by=by.id,
            added_at=now,
            expires_at=end_of_block(now, span),
        )
        if not tx.blocked.add(row):
            raise BlockError("taken")
        _tell(rt, tx, "number.blocked", row, by)
    return row


def lift(rt: Runtime, block_id: int, *, by: StaffRow) -> bool:
    """Lift a block; False when none of that id holds. Raises StoreUnavailableError."""
    with rt.store.begin() as tx:
        row = tx.blocked.remove(block_id, by=by.id, at=tx.now())
        if row is None:
            return False
        _tell(rt, tx, "number.unblocked", row, by)
    return True


def blocks(rt: Runtime) -> tuple[Sequence[BlockedRow], Sequence[BlockedRow]]:
    """Those that hold, and the others, newest first. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        now, rows = tx.now(), tx.blocked.all()
    return [r for r in rows if r.holds(now)], [r for r in rows if not r.holds(now)]


def forget_ended(rt: Runtime) -> int:
    """Erase blocks that ended :data:`KEPT` ago; how many. Raises StoreUnavailableError."""
    with rt.store.begin() as tx:
        return tx.blocked.forget(before=tx.now() - KEPT)


def _tell(rt: Runtime, tx: Transaction, action: str, row: BlockedRow, by: StaffRow) -> None:
    """The number stands in the line as a keyed hash: the same one for all blocks of it."""
    tx.audit.add(
        AuditLine(
            at=tx.now(),
            actor=by.id,
            action=action,
            object=f"blocked:{rt.keyed_hash('blocked.audit', row.number)[:16]}",
            data={"ate": row.expires_at.isoformat(timespec="minutes")},
        )
    )
