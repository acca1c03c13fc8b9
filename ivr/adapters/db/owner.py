"""Rows of the owner's page: log-ins, sessions, events (added, never changed), printed codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, update

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.ports.owner import LoginTry, OwnerCall, OwnerEvent, OwnerSession, PrintedCode

_l = tables.owner_logins.c
_s = tables.owner_sessions.c
_e = tables.owner_events.c
_c = tables.owner_codes.c
_f = tables.freezes.c
_t = tables.tickets.c

_RESERVE = insert(tables.owner_logins)
_SETTLE = Statement(
    update(tables.owner_logins)
    .where(_l.id == bindparam("asked"), _l.passed.is_(None))
    .values(passed=bindparam("end"))
)
_RELEASE = Statement(
    delete(tables.owner_logins).where(_l.id == bindparam("asked"), _l.passed.is_(None))
)
_FAILED = (
    select(func.count())
    .select_from(tables.owner_logins)
    .where(or_(_l.passed.is_(None), _l.passed.is_(False)), _l.at >= bindparam("since"))
)
_FAILURES = Statement(_FAILED.where(_l.account == bindparam("asked")))
_FAILURES_OF_ADDRESS = Statement(_FAILED.where(_l.address == bindparam("asked")))

_OPEN = insert(tables.owner_sessions)
_SESSION = Statement(
    select(tables.owner_sessions).where(_s.id == bindparam("asked"), _s.ended_at.is_(None))
)
_TOUCH = Statement(
    update(tables.owner_sessions).where(_s.id == bindparam("asked")).values(seen_at=bindparam("at"))
)
_END = Statement(
    update(tables.owner_sessions)
    .where(_s.id == bindparam("asked"), _s.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)

_NOTE = insert(tables.owner_events)
_OF_ACCOUNT = (
    select(_e.account, _e.at, _e.kind, _e.data)
    .where(_e.account == bindparam("asked"))
    .order_by(_e.at.desc(), _e.row_id.desc())
)
_EVENTS = Statement(_OF_ACCOUNT.limit(bindparam("most")))
_LAST_EVENT = Statement(_OF_ACCOUNT.where(_e.kind == bindparam("word")).limit(1))

_DROP_PIN = Statement(delete(tables.pins).where(tables.pins.c.account == bindparam("asked")))

_DROP_CODES = Statement(delete(tables.owner_codes).where(_c.account == bindparam("asked")))
_ADD_CODE = insert(tables.owner_codes)
_UNUSED = (_c.account == bindparam("asked"), _c.used_at.is_(None))
_CODES_LEFT = Statement(select(func.count()).select_from(tables.owner_codes).where(*_UNUSED))
_NEXT_CODE = Statement(select(_c.number, _c.code_hash).where(*_UNUSED).order_by(_c.number).limit(1))
_USE_CODE = Statement(
    update(tables.owner_codes)
    .where(*_UNUSED, _c.number == bindparam("place"))
    .values(used_at=bindparam("at"))
)

_FROZEN_UNTIL = Statement(select(_f.until).where(_f.account == bindparam("asked")))
_LIFT = Statement(delete(tables.freezes).where(_f.account == bindparam("asked")))

_CALLS = Statement(
    select(_t.call_sid, _t.protocol, _t.opened_at)
    .where(_t.person == bindparam("asked"))
    .order_by(_t.opened_at.desc())
    .limit(bindparam("most"))
)


class SqlOwners:
    """:class:`ivr.ports.owner.Owners`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def reserve_login(self, login: LoginTry) -> None:
        self._driver.change(_RESERVE, asdict(login))

    def settle_login(self, login_id: str, *, passed: bool) -> None:
        """As in the port, once: the end of a try does not change afterwards."""
        self._driver.change(_SETTLE, {"asked": login_id, "end": passed})

    def release_login(self, login_id: str) -> None:
        self._driver.change(_RELEASE, {"asked": login_id})

    def login_failures(self, *, account: str, since: datetime) -> int:
        return int(self._driver.value(_FAILURES, {"asked": account, "since": since}))

    def login_failures_of_address(self, *, address: str, since: datetime) -> int:
        return int(self._driver.value(_FAILURES_OF_ADDRESS, {"asked": address, "since": since}))

    def open_session(self, session: OwnerSession) -> None:
        self._driver.change(_OPEN, asdict(session))

    def session(self, session_id: str) -> OwnerSession | None:
        row = self._driver.record(_SESSION, {"asked": session_id})
        return None if row is None else OwnerSession(**row)

    def touch_session(self, session_id: str, *, at: datetime) -> None:
        self._driver.change(_TOUCH, {"asked": session_id, "at": at})

    def end_session(self, session_id: str, *, at: datetime) -> bool:
        return self._driver.change(_END, {"asked": session_id, "at": at}) == 1

    def note(self, event: OwnerEvent) -> None:
        self._driver.change(_NOTE, asdict(event))

    def events(self, account: str, *, limit: int) -> Sequence[OwnerEvent]:
        return [
            OwnerEvent(account=who, at=at, kind=kind, data=data)
            for who, at, kind, data in self._driver.rows(_EVENTS, {"asked": account, "most": limit})
        ]

    def last_event(self, account: str, kind: str) -> OwnerEvent | None:
        row = self._driver.record(_LAST_EVENT, {"asked": account, "word": kind})
        return None if row is None else OwnerEvent(**row)

    def drop_pin(self, account: str) -> bool:
        return self._driver.change(_DROP_PIN, {"asked": account}) == 1

    def put_codes(self, account: str, codes: Sequence[PrintedCode], *, at: datetime) -> None:
        self._driver.change(_DROP_CODES, {"asked": account})
        for code in codes:
            self._driver.change(
                _ADD_CODE, {**asdict(code), "account": account, "made_at": at, "used_at": None}
            )

    def codes_left(self, account: str) -> int:
        return int(self._driver.value(_CODES_LEFT, {"asked": account}))

    def next_code(self, account: str) -> PrintedCode | None:
        row = self._driver.row(_NEXT_CODE, {"asked": account})
        return None if row is None else PrintedCode(number=row[0], code_hash=row[1])

    def use_code(self, account: str, number: int, *, at: datetime) -> bool:
        return self._driver.change(_USE_CODE, {"asked": account, "place": number, "at": at}) == 1

    def frozen_until(self, account: str) -> datetime | None:
        until: datetime | None = self._driver.value(_FROZEN_UNTIL, {"asked": account})
        return until

    def lift_freeze(self, account: str) -> bool:
        return self._driver.change(_LIFT, {"asked": account}) == 1

    def calls_of(self, account: str, *, limit: int) -> Sequence[OwnerCall]:
        rows = self._driver.rows(_CALLS, {"asked": account, "most": limit})
        return [OwnerCall(call_sid=sid, protocol=protocol, at=at) for sid, protocol, at in rows]
