"""Who of a room is the citizen: the call they made, or the leg by which they are called back."""

from __future__ import annotations

from ivr.ports.desk import LegRow
from ivr.ports.store import Transaction


def citizen_key(call_sid: str) -> str:
    """Where the legs of a call's citizen stand, apart from the legs of any offer."""
    return f"citizen:{call_sid}"


def citizen_leg(tx: Transaction, call_sid: str) -> LegRow | None:
    """The leg of a citizen who is called back, None for who called us."""
    legs = [leg for leg in tx.desk.legs_of(citizen_key(call_sid)) if leg.ended_at is None]
    return legs[-1] if legs else None


def citizen_of(tx: Transaction, call_sid: str) -> str:
    """The member of the room that the citizen is."""
    leg = citizen_leg(tx, call_sid)
    return leg.sid if leg is not None else call_sid
