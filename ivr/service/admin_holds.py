"""Legal holds put on and lifted on a page: what is to be held is found first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ivr.domain.identifier import Identifier, IdentifierKind, parse_identifier
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.ports.retention import LegalHold
from ivr.ports.staff import StaffRow
from ivr.ports.store import Transaction
from ivr.service.retention import hold, release
from ivr.service.runtime import Runtime

LEAST_REASON, LONGEST_REASON = 5, 300
ENDED_SHOWN = 50
Why = Literal["target", "unknown", "reason", "taken"]


class HoldError(Exception):
    """``reason``: target (nothing that can be held), unknown, reason (too short or too long),
    taken (held already)."""

    def __init__(self, reason: Why) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsSeen:
    """``stand``: oldest first. ``ended``: newest first. A hold's reason is the only text."""

    stand: Sequence[LegalHold]
    ended: Sequence[LegalHold]


def holds_seen(rt: Runtime) -> HoldsSeen:
    """Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        return HoldsSeen(stand=tx.retention.holds(), ended=tx.retention.ended(most=ENDED_SHOWN))


def add_hold(rt: Runtime, *, target: str, reason: str, by: StaffRow) -> LegalHold:
    """Hold what ``target`` names: a protocol or the id of a call (its ticket), the id of a
    recording, or a CPF (all of the person). Raises HoldError and StoreUnavailableError."""
    text = " ".join(reason.split())
    if not LEAST_REASON <= len(text) <= LONGEST_REASON or not text.isprintable():
        raise HoldError("reason")
    with rt.store.begin(write=False) as tx:
        what = _object(rt, tx, target.strip())
        if tx.retention.is_held(what):
            raise HoldError("taken")
    return hold(rt.store, what, reason=text, by=by.id)


def lift_hold(rt: Runtime, hold_id: str, *, by: StaffRow) -> bool:
    """False when none stands by that id. Raises StoreUnavailableError."""
    return release(rt.store, hold_id, by=by.id)


def shown(one: LegalHold) -> LegalHold:
    """For a page: a person stands as the first letters of the keyed hash."""
    kind, _, name = one.object.partition(":")
    return replace(one, object=f"{kind}:{name[:12]}…") if kind == "person" else one


def _object(rt: Runtime, tx: Transaction, target: str) -> str:
    if target.startswith("CA"):
        view = tx.calls.view(target, 0)
        if view is None:
            raise HoldError("unknown")
        return f"ticket:{view.call.protocol}"
    if target.startswith("RE"):
        if tx.recordings.get(target) is None:
            raise HoldError("unknown")
        return f"recording:{target}"
    cpf = parse_identifier(IdentifierKind.CPF, "".join(c for c in target if c.isdigit()))
    if isinstance(cpf, Identifier):
        return f"person:{rt.keyed_hash('cpf', cpf.digits)}"
    protocol = parse_protocol(target)
    if not isinstance(protocol, Protocol):
        raise HoldError("target")
    if tx.tickets.by_protocol(protocol.digits) is None:
        raise HoldError("unknown")
    return f"ticket:{protocol.digits}"
