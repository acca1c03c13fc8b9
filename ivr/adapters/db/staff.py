"""Rows of the people who work at the desk: accounts, sessions, tries of log-in."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert, insert_once, values_of
from ivr.adapters.db.tables_desk import presence
from ivr.adapters.db.tables_staff import staff, staff_logins, staff_sessions
from ivr.ports.sealing import Seal
from ivr.ports.staff import StaffRow, StaffSession, StaffTry

_a = staff.c
_s = staff_sessions.c
_l = staff_logins.c
_p = presence.c

_ROW = select(staff)
_GET = Statement(_ROW.where(_a.id == bindparam("asked")))
_BY_LOGIN = Statement(_ROW.where(_a.login == bindparam("asked")))
_BY_SUBJECT = Statement(_ROW.where(_a.subject == bindparam("asked")))
_EVERYONE = Statement(_ROW.order_by(_a.name, _a.login))
_ADD = insert_once(staff)
_KEPT = {"id", "created_at", "totp_used", "version"}
_SAVE = Statement(
    update(staff)
    .where(_a.id == bindparam("asked"), _a.version == bindparam("known"))
    .values(
        version=bindparam("next"),
        **{name: value for name, value in values_of(staff).items() if name not in _KEPT},
    )
)
_USE_TOTP = Statement(
    update(staff)
    .where(_a.id == bindparam("asked"), _a.totp_used < bindparam("step"))
    .values(totp_used=bindparam("step"))
)
_NAMES = "names"
_TALK = ("ringing", "in_call")
_IN_TALK = Statement(
    select(func.count())
    .select_from(presence)
    .where(_p.agent == bindparam("asked"), or_(*(_p.state == state for state in _TALK)))
)

_OPEN = insert(staff_sessions)
_SESSION = Statement(
    select(staff_sessions).where(_s.id == bindparam("asked"), _s.ended_at.is_(None))
)
_SESSIONS = Statement(
    select(staff_sessions)
    .where(_s.staff == bindparam("asked"), _s.ended_at.is_(None))
    .order_by(_s.created_at)
)
_TOUCH = Statement(
    update(staff_sessions)
    .where(_s.id == bindparam("asked"), _s.ended_at.is_(None))
    .values(seen_at=bindparam("at"))
)
_END = Statement(
    update(staff_sessions)
    .where(_s.id == bindparam("asked"), _s.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)

_RESERVE = insert(staff_logins)
_SETTLE = Statement(
    update(staff_logins)
    .where(_l.id == bindparam("asked"), _l.passed.is_(None))
    .values(passed=bindparam("end"))
)
_TRY = Statement(select(staff_logins).where(_l.id == bindparam("asked")))
_FAILED = (
    select(func.count())
    .select_from(staff_logins)
    .where(or_(_l.passed.is_(None), _l.passed.is_(False)), _l.at > bindparam("since"))
)
_FAILURES = Statement(_FAILED.where(_l.account == bindparam("asked")))
_FAILURES_OF_ADDRESS = Statement(_FAILED.where(_l.address == bindparam("asked")))


class SqlStaff:
    """:class:`ivr.ports.staff.Staff`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def get(self, staff_id: str) -> StaffRow | None:
        return self._read(self._driver.record(_GET, {"asked": staff_id}))

    def by_login(self, login: str) -> StaffRow | None:
        return self._read(self._driver.record(_BY_LOGIN, {"asked": login}))

    def by_subject(self, subject: str) -> StaffRow | None:
        if not subject:
            return None
        return self._read(self._driver.record(_BY_SUBJECT, {"asked": subject}))

    def everyone(self) -> list[StaffRow]:
        rows = self._driver.records(_EVERYONE, {})
        return [found for row in rows if (found := self._read(row)) is not None]

    def add(self, row: StaffRow) -> bool:
        return self._driver.change(_ADD, self._columns(row)) == 1

    def save(self, row: StaffRow) -> bool:
        given = {**self._columns(row), "asked": row.id}
        return (
            self._driver.change(_SAVE, {**given, "known": row.version, "next": row.version + 1})
            == 1
        )

    def use_totp(self, staff_id: str, step: int) -> bool:
        return self._driver.change(_USE_TOTP, {"asked": staff_id, "step": step}) == 1

    def in_talk(self, staff_id: str) -> bool:
        return bool(self._driver.value(_IN_TALK, {"asked": staff_id}))

    def open_session(self, session: StaffSession) -> None:
        self._driver.change(_OPEN, asdict(session))

    def session(self, session_id: str) -> StaffSession | None:
        row = self._driver.record(_SESSION, {"asked": session_id})
        return None if row is None else StaffSession(**row)

    def sessions_of(self, staff_id: str) -> list[StaffSession]:
        return [StaffSession(**r) for r in self._driver.records(_SESSIONS, {"asked": staff_id})]

    def touch_session(self, session_id: str, *, at: datetime) -> None:
        self._driver.change(_TOUCH, {"asked": session_id, "at": at})

    def end_session(self, session_id: str, *, at: datetime) -> bool:
        return self._driver.change(_END, {"asked": session_id, "at": at}) == 1

    def reserve_try(self, one: StaffTry) -> None:
        self._driver.change(_RESERVE, asdict(one))

    def settle_try(self, try_id: str, *, passed: bool) -> bool:
        return self._driver.change(_SETTLE, {"asked": try_id, "end": passed}) == 1

    def try_of(self, try_id: str) -> StaffTry | None:
        row = self._driver.record(_TRY, {"asked": try_id})
        return None if row is None else StaffTry(**row)

    def failures(self, *, account: str, since: datetime) -> int:
        return int(self._driver.value(_FAILURES, {"asked": account, "since": since}))

    def failures_of_address(self, *, address: str, since: datetime) -> int:
        return int(self._driver.value(_FAILURES_OF_ADDRESS, {"asked": address, "since": since}))

    def _columns(self, row: StaffRow) -> dict[str, Any]:
        columns = asdict(row)
        columns["totp_sealed"] = self._close(columns.pop("totp"))
        columns["line_sealed"] = self._close(columns.pop("line"))
        columns["roles"] = {_NAMES: list(row.roles)}
        columns["skills"] = {_NAMES: list(row.skills)}
        return columns

    def _read(self, row: dict[str, Any] | None) -> StaffRow | None:
        if row is None:
            return None
        totp, line = row.pop("totp_sealed"), row.pop("line_sealed")
        row["roles"], row["skills"] = tuple(row["roles"][_NAMES]), tuple(row["skills"][_NAMES])
        return StaffRow(totp=self._opened(totp), line=self._opened(line), **row)

    def _close(self, text: str) -> bytes | None:
        return self._seal.close(text.encode()) if text else None

    def _opened(self, sealed: bytes | None) -> str:
        return self._seal.open(sealed).decode() if sealed else ""
