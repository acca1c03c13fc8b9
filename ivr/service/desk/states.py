"""The one way an agent's state changes: compare and set, a line of the ledger, an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ivr.domain.agent_states import AgentState, may_follow
from ivr.ports.desk import PresenceRow
from ivr.ports.store import Transaction
from ivr.service.desk.ledger import note
from ivr.service.desk.not_now import NotNowError

SUPERVISION = "role:supervisor"


def move(
    tx: Transaction,
    row: PresenceRow,
    state: AgentState,
    *,
    now: datetime,
    reason: str = "",
    offer: str = "",
    idle_since: datetime | None = None,
    misses: int | None = None,
    skills: tuple[str, ...] | None = None,
) -> PresenceRow:
    """The agent in its new state. What is not given stays; ``reason`` and ``offer`` do not.

    Raises :class:`NotNowError` ``mudou`` when the row is not the newest, ValueError for a state
    that may not follow.
    """
    if not may_follow(state, row.state):
        raise ValueError(f"{state} after {row.state}")
    changed = replace(
        row,
        state=state,
        reason=reason,
        offer=offer,
        since=now,
        idle_since=row.idle_since if idle_since is None else idle_since,
        misses=row.misses if misses is None else misses,
        skills=row.skills if skills is None else skills,
    )
    if not tx.desk.change_presence(changed, was=row.version):
        raise NotNowError("mudou")
    note(
        tx,
        "agent.state",
        at=now,
        agent=row.agent,
        offer=offer,
        before=row.state,
        state=state,
        reason=reason,
        idle_since=changed.idle_since,
        misses=changed.misses,
        skills=list(changed.skills),
    )
    told = replace(changed, version=row.version + 1)
    tell_state(tx, told)
    return told


def tell_state(tx: Transaction, row: PresenceRow) -> None:
    """The event of an agent's state."""
    tx.changes.tell(
        "agente.estado",
        row.agent,
        version=row.version,
        audience=[f"agent:{row.agent}", SUPERVISION],
    )
