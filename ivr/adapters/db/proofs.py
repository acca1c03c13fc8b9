"""Tries of a proof, one-time codes and PINs."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    bindparam,
    func,
    or_,
    select,
    update,
)

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert, insert_once, upsert, values_of
from ivr.ports.store import Attempt, CodeRow

_a = tables.attempts.c
_c = tables.codes.c

_RESERVE = insert_once(tables.attempts)
_SETTLE = Statement(
    update(tables.attempts)
    .where(_a.call_sid == bindparam("sid"), _a.turn == bindparam("asked"), _a.passed.is_(None))
    .values(passed=bindparam("end"))
)
_PASSED = Statement(
    select(_a.passed).where(_a.call_sid == bindparam("sid"), _a.turn == bindparam("asked"))
)
_FAILED = (
    select(func.count())
    .select_from(tables.attempts)
    .where(or_(_a.passed.is_(None), _a.passed.is_(False)), _a.at >= bindparam("since"))
)
_FAILURES_EVERYWHERE = Statement(_FAILED)
_FAILURES = Statement(_FAILED.where(_a.account == bindparam("asked")))
_FAILING_CALLS = Statement(
    select(func.count(_a.call_sid.distinct())).where(
        or_(_a.passed.is_(None), _a.passed.is_(False)),
        _a.at >= bindparam("since"),
        _a.account == bindparam("asked"),
    )
)
_FAILURES_OF_CALLER = Statement(_FAILED.where(_a.caller == bindparam("asked")))
_TRIES_IN_CALL = Statement(
    select(func.count())
    .select_from(tables.attempts)
    .where(_a.call_sid == bindparam("sid"), _a.factor == bindparam("asked"))
)

_LOCK = Statement(select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger))))

_CODE = select(
    _c.id, _c.call_sid, _c.account, _c.destination, _c.salt, _c.sent_at, _c.expires_at, _c.tries,
    _c.used_at,
)  # fmt: skip
_ADD_CODE = insert(tables.codes)
_NEWEST = Statement(
    _CODE.where(_c.call_sid == bindparam("asked"))
    .order_by(_c.sent_at.desc(), _c.row_id.desc())
    .limit(1)
)
_BY_ID = Statement(_CODE.where(_c.id == bindparam("asked")))
_USE = Statement(
    update(tables.codes)
    .where(_c.id == bindparam("asked"), _c.used_at.is_(None))
    .values(used_at=bindparam("at"), salt=None)
)
_COUNT_TRY = Statement(
    update(tables.codes)
    .where(_c.id == bindparam("asked"))
    .values(tries=_c.tries + 1)
    .returning(_c.tries)
)
_SENDS = select(func.count()).select_from(tables.codes).where(_c.sent_at >= bindparam("since"))
_OF_ACCOUNT = _c.account == bindparam("asked_account")
_TO_DESTINATION = _c.destination == bindparam("asked_destination")
_SENDS_BY: dict[tuple[bool, bool], Statement] = {
    (False, False): Statement(_SENDS),
    (True, False): Statement(_SENDS.where(_OF_ACCOUNT)),
    (False, True): Statement(_SENDS.where(_TO_DESTINATION)),
    (True, True): Statement(_SENDS.where(_OF_ACCOUNT, _TO_DESTINATION)),
}
_LAST_SEND = Statement(select(func.max(_c.sent_at)).where(_c.account == bindparam("asked")))

_PIN = Statement(select(tables.pins.c.pin_hash).where(tables.pins.c.account == bindparam("asked")))
_SET_PIN = upsert(
    tables.pins,
    lambda insert: insert.values(values_of(tables.pins)).on_conflict_do_update(
        index_elements=[tables.pins.c.account], set_={"pin_hash": insert.excluded.pin_hash}
    ),
)


class SqlProofs:
    """:class:`ivr.ports.store.Proofs`."""

    __slots__ = "_driver"

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def reserve(self, attempt: Attempt) -> bool:
        written = self._driver.change(_RESERVE, asdict(attempt))
        return written == 1

    def settle(self, *, call_sid: str, turn: int, passed: bool) -> None:
        """As in the port, once: the end of a try does not change afterwards."""
        self._driver.change(_SETTLE, {"sid": call_sid, "asked": turn, "end": passed})

    def passed(self, *, call_sid: str, turn: int) -> bool | None:
        """As in the port; None also when the turn has no try."""
        passed: bool | None = self._driver.value(_PASSED, {"sid": call_sid, "asked": turn})
        return passed

    def failures(self, *, account: str, since: datetime) -> int:
        return self._count(_FAILURES, asked=account, since=since)

    def failing_calls(self, *, account: str, since: datetime) -> int:
        return self._count(_FAILING_CALLS, asked=account, since=since)

    def failures_everywhere(self, *, since: datetime) -> int:
        return self._count(_FAILURES_EVERYWHERE, since=since)

    def failures_of_caller(self, *, caller: str, since: datetime) -> int:
        return self._count(_FAILURES_OF_CALLER, asked=caller, since=since)

    def tries_in_call(self, call_sid: str, factor: str) -> int:
        return self._count(_TRIES_IN_CALL, sid=call_sid, asked=factor)

    def lock(self, account: str) -> None:
        """As in the port. On SQLite every writing transaction holds the only lock there is."""
        if self._driver.dialect == "postgresql":
            digest = hashlib.blake2b(account.encode(), digest_size=8).digest()
            number = int.from_bytes(digest, "big", signed=True)
            self._driver.row(_LOCK, {"number": number})

    def add_code(self, code: CodeRow) -> None:
        self._driver.change(_ADD_CODE, asdict(code))

    def code(self, call_sid: str) -> CodeRow | None:
        return self._one(_NEWEST, call_sid)

    def code_by_id(self, code_id: str) -> CodeRow | None:
        return self._one(_BY_ID, code_id)

    def use_code(self, code_id: str, *, at: datetime) -> bool:
        return self._driver.change(_USE, {"asked": code_id, "at": at}) == 1

    def count_try(self, code_id: str) -> int:
        """As in the port. Raises LookupError without such a code."""
        tries = self._driver.value(_COUNT_TRY, {"asked": code_id})
        if tries is None:
            raise LookupError("no such code")
        return int(tries)

    def sends(self, *, account: str = "", destination: str = "", since: datetime) -> int:
        """Codes sent since then: to the account, to the number, to both when both are named, to
        everybody when none is."""
        asked = {"asked_account": account, "asked_destination": destination}
        return self._count(
            _SENDS_BY[bool(account), bool(destination)],
            since=since,
            **{name: value for name, value in asked.items() if value},
        )

    def last_send(self, *, account: str) -> datetime | None:
        sent_at: datetime | None = self._driver.value(_LAST_SEND, {"asked": account})
        return sent_at

    def pin_hash(self, account: str) -> str | None:
        pin_hash: str | None = self._driver.value(_PIN, {"asked": account})
        return pin_hash

    def set_pin(self, account: str, pin_hash: str) -> None:
        self._driver.change(_SET_PIN, {"account": account, "pin_hash": pin_hash})

    def _count(self, statement: Statement, **asked: object) -> int:
        return int(self._driver.value(statement, asked))

    def _one(self, statement: Statement, asked: str) -> CodeRow | None:
        row = self._driver.record(statement, {"asked": asked})
        return None if row is None else CodeRow(**{**row, "salt": row["salt"] or b""})
