"""The talks that go on, and who of the supervision is in which, for the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.ports.desk import EngagementRow
from ivr.ports.staff import StaffRow
from ivr.ports.store import Transaction
from ivr.ports.supervision import SupervisionMode, SupervisionRow
from ivr.service.desk.media import met
from ivr.service.runtime import Runtime

TOLD_FOR = timedelta(minutes=2)
"""How long the end of one's own supervision is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkLine:
    """A talk. ``by``: name of who supervises it; ``mine``: that is who looks. ``shut``: nobody
    may hear it now."""

    offer: str
    agent: str
    name: str
    protocol: str
    since: datetime
    held: bool
    shut: bool
    by: str = ""
    mode: SupervisionMode = "listen"
    mine: bool = False
    own: bool = False
    """It is a talk of who looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervising:
    """``mine``: one's own supervision, with ``name`` of the agent; ``last``: one's own that has
    just ended."""

    at: datetime
    talks: tuple[TalkLine, ...]
    mine: SupervisionRow | None = None
    name: str = ""
    shut: bool = False
    last: SupervisionRow | None = None


def supervising(rt: Runtime, who: StaffRow) -> Supervising:
    """Everything in one read. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        live = {row.offer: row for row in tx.supervisions.live()}
        names: dict[str, str] = {}
        talks = tuple(_line(tx, talk, live, names, who) for talk in _talks(tx, names))
        newest = tx.supervisions.newest_by(who.id)
        mine = newest if newest is not None and newest.ended_at is None else None
        ended = newest.ended_at if newest is not None else None
        return Supervising(
            at=now,
            talks=talks,
            mine=mine,
            name=_name(tx, mine.agent, names) if mine else "",
            shut=mine is not None and tx.supervisions.shut_state(mine.offer) != "open",
            last=newest if ended is not None and now - ended <= TOLD_FOR else None,
        )


def _talks(tx: Transaction, names: dict[str, str]) -> list[EngagementRow]:
    """Talks in which caller and agent are together, oldest first."""
    found: list[EngagementRow] = []
    for agent in tx.desk.agents():
        names[agent.presence.agent] = agent.name
        row = agent.presence
        talk = tx.desk.engagement(row.offer) if row.state == "in_call" and row.offer else None
        offer = tx.desk.offer(talk.offer) if talk else None
        if talk is None or offer is None or talk.ended_at is not None:
            continue
        if offer.kind != "consult" and met(tx, offer):
            found.append(talk)
    return sorted(found, key=lambda talk: (talk.started_at, talk.offer))


def _line(
    tx: Transaction,
    talk: EngagementRow,
    live: dict[str, SupervisionRow],
    names: dict[str, str],
    who: StaffRow,
) -> TalkLine:
    row = live.get(talk.offer)
    return TalkLine(
        offer=talk.offer,
        agent=talk.agent,
        name=names[talk.agent],
        protocol=talk.protocol,
        since=talk.started_at,
        held=talk.held_since is not None,
        shut=tx.supervisions.shut_state(talk.offer) != "open",
        by=_name(tx, row.supervisor, names) if row else "",
        mode=row.mode if row else "listen",
        mine=row is not None and row.supervisor == who.id,
        own=talk.agent == who.id,
    )


def _name(tx: Transaction, staff: str, names: dict[str, str]) -> str:
    if staff not in names:
        row = tx.staff.get(staff)
        names[staff] = row.name if row else staff
    return names[staff]
