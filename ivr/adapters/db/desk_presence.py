"""Who is at the desk now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from ivr.adapters.db.columns import JsonText
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, values_of
from ivr.adapters.db.tables_desk import presence
from ivr.adapters.db.tables_staff import staff
from ivr.ports.desk import AgentRow, PresenceRow

_p = presence.c
_a = staff.c

_ACCOUNT = (_a.id, _a.name, _a.skills.label("account_skills"), _a.active, _a.ring_seconds,
            _a.created_at)  # fmt: skip
_GET = Statement(select(presence).where(_p.agent == bindparam("asked")))
_AGENT = Statement(
    select(presence, *_ACCOUNT)
    .select_from(staff)
    .outerjoin(presence, _p.agent == _a.id)
    .where(_a.id == bindparam("asked"))
)
_AGENTS = Statement(
    select(presence, *_ACCOUNT)
    .select_from(presence)
    .join(staff, _p.agent == _a.id)
    .where(_p.state != "offline")
    .order_by(_p.idle_since, _p.agent)
)
_PUT = insert_once(presence)
_NOT_A_STATE = ("agent", "seen_at", "health")
"""What :meth:`SqlPresence.touch` alone writes, at any time."""
_CHANGE = Statement(
    update(presence)
    .where(_p.agent == bindparam("asked"), _p.version == bindparam("was"))
    .values({k: v for k, v in values_of(presence).items() if k not in _NOT_A_STATE})
)
_TOUCH = Statement(
    update(presence)
    .where(_p.agent == bindparam("asked"))
    .values(
        seen_at=bindparam("at"),
        health=func.coalesce(bindparam("told", type_=JsonText), _p.health),
    )
)


class SqlPresence:
    """The presence of :class:`ivr.ports.desk.Desk`."""

    __slots__ = ()
    _driver: Driver

    def presence(self, agent: str) -> PresenceRow | None:
        row = self._driver.record(_GET, {"asked": agent})
        return None if row is None else _presence(row)

    def agent(self, agent: str) -> AgentRow | None:
        row = self._driver.record(_AGENT, {"asked": agent})
        return None if row is None else _agent(row)

    def agents(self) -> list[AgentRow]:
        return [_agent(row) for row in self._driver.records(_AGENTS, {})]

    def put_presence(self, row: PresenceRow) -> bool:
        return self._driver.change(_PUT, _columns(row)) == 1

    def change_presence(self, row: PresenceRow, *, was: int) -> bool:
        given = {**_columns(row), "version": was + 1, "asked": row.agent, "was": was}
        return self._driver.change(_CHANGE, given) == 1

    def touch(self, agent: str, *, at: datetime, health: Mapping[str, Any] | None = None) -> bool:
        return self._driver.change(_TOUCH, {"asked": agent, "at": at, "told": health}) == 1


def _columns(row: PresenceRow) -> dict[str, Any]:
    return {**asdict(row), "skills": " ".join(row.skills)}


def _presence(row: dict[str, Any]) -> PresenceRow:
    return PresenceRow(**{**row, "skills": tuple(row["skills"].split())})


def _agent(row: dict[str, Any]) -> AgentRow:
    account = {name: row.pop(name) for name in ("id", "name", "active", "ring_seconds")}
    skills, created = tuple(row.pop("account_skills")["names"]), row.pop("created_at")
    if row["agent"] is None:
        now = PresenceRow(agent=account["id"], since=created, idle_since=created, version=0)
    else:
        now = _presence(row)
    return AgentRow(
        presence=now,
        name=account["name"],
        skills=skills,
        active=account["active"],
        ring_seconds=account["ring_seconds"],
    )
