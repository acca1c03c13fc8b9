"""A directory kept in the service's own database, for demonstrations and tests.

It behaves as a real one does where it matters: passwords are Argon2id hashes, a policy may refuse
them, an account may be locked, disabled or privileged, and an answer may be lost after the change
was made.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Engine, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ivr.adapters.directory.demo_tables import create_tables, tables_of
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError
from ivr.ports.errors import PortError
from ivr.ports.store import StoreUnavailableError

__all__ = ["DemoDirectory", "DemoPolicy", "Faults", "create_tables"]

READ_ONLY = "ivr_read_only"
"""Execution option by which an SQLite engine of this service leaves the writer's lock alone."""
ROUNDS = 10
"""How often a change is computed anew when another change came between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPolicy:
    """``min_length``: characters. ``history``: how many of the newest passwords are refused."""

    min_length: int = 12
    history: int = 5


@dataclass(slots=True, kw_only=True)
class Faults:
    """Switches for tests. ``slow``: seconds before each answer. ``lose_answers``: how many of the
    next changes are made and then answered by nothing."""

    down: bool = False
    slow: float = 0.0
    lose_answers: int = 0


class _OvertakenError(Exception):
    """The account changed between reading and writing."""


class DemoDirectory:
    """The demo :class:`ivr.ports.directory.Directory`.

    ``name``: also says which system's accounts these are (``demo_tables.tables_of``).

    ``time_cost``, ``memory_cost`` (KiB) and ``parallelism`` are those of Argon2id (RFC 9106); the
    defaults are OWASP's (19 MiB, 2 passes, 1 lane).
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        name: str = "demo",
        policy: DemoPolicy | None = None,
        time_cost: int = 2,
        memory_cost: int = 19_456,
        parallelism: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.policy = policy or DemoPolicy()
        self.faults = Faults()
        self._account = tables_of(name).account
        self._changes = tables_of(name).change
        self._engine = engine
        self._reader = engine.execution_options(**{READ_ONLY: True})
        self._clock = clock
        self._sleep = sleep
        self._decoy_hash: str | None = None
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism
        )

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        column = {"cpf": self._account.c.cpf, "matricula": self._account.c.matricula}[kind]
        self._answer_slowly_or_fail()
        with self._reading() as connection:
            rows = connection.execute(
                select(self._account).where(column == number).limit(2)
            ).mappings()
            found = rows.all()
        if len(found) > 1:
            raise PortError("ambiguous", permanent=True)
        return _account(found[0]) if found else None

    def get(self, uid: str) -> Account | None:
        self._answer_slowly_or_fail()
        row = self._row(uid)
        return None if row is None else _account(row)

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        def new_password(row: RowMapping) -> Mapping[str, Any]:
            if len(password) < self.policy.min_length:
                raise PolicyRefusalError("too_short")
            if any(self._matches(kept, password) for kept in row["history"]):
                raise PolicyRefusalError("in_history")
            hashed = self._hasher.hash(password)
            return {
                "password_hash": hashed,
                "history": [hashed, *row["history"]][: self.policy.history],
                "must_change": must_change,
                "locked": False,
            }

        self._change(uid=uid, marker=marker, compute=new_password)

    def unlock(self, *, uid: str, marker: str) -> None:
        self._change(uid=uid, marker=marker, compute=lambda row: {"locked": False})

    def applied(self, *, uid: str, marker: str) -> bool:
        self._answer_slowly_or_fail()
        return self._has_marker(uid=uid, marker=marker)

    def authenticate(self, uid: str, password: str) -> bool:
        """As in the port: whether this password opens this account now."""
        self._answer_slowly_or_fail()
        row = self._row(uid)
        hashed = self._decoy() if row is None else row["password_hash"]
        if not self._matches(hashed, password) or row is None:
            return False
        return not (row["locked"] or row["disabled"])

    def must_change(self, uid: str) -> bool:
        """Whether the owner has to choose another password at the next log-in."""
        row = self._row(uid)
        return row is not None and bool(row["must_change"])

    def _change(
        self, *, uid: str, marker: str, compute: Callable[[RowMapping], Mapping[str, Any]]
    ) -> None:
        """Write marker and new values in one transaction, against the version that was read."""
        self._answer_slowly_or_fail()
        for _ in range(ROUNDS):
            row = self._row(uid)
            if row is None:
                raise PortError("no_account", permanent=True)
            if self._has_marker(uid=uid, marker=marker):
                return
            values = compute(row)
            try:
                with self._engine.begin() as connection:
                    self._write(connection, row=row, marker=marker, values=values)
            except (IntegrityError, _OvertakenError):
                continue
            except (SQLAlchemyError, StoreUnavailableError):
                raise PortError("directory_down", unknown_outcome=True) from None
            if self.faults.lose_answers > 0:
                self.faults.lose_answers -= 1
                raise PortError("answer_lost", unknown_outcome=True)
            return
        raise PortError("overtaken")

    def _write(
        self,
        connection: Connection,
        *,
        row: RowMapping,
        marker: str,
        values: Mapping[str, Any],
    ) -> None:
        connection.execute(
            insert(self._changes).values(uid=row["uid"], marker=marker, at=self._clock.now())
        )
        written = connection.execute(
            update(self._account)
            .where(self._account.c.uid == row["uid"], self._account.c.version == row["version"])
            .values(**values, last_marker=marker, version=row["version"] + 1)
        )
        if written.rowcount != 1:
            raise _OvertakenError

    def _row(self, uid: str) -> RowMapping | None:
        query = select(self._account).where(self._account.c.uid == uid)
        with self._reading() as connection:
            return connection.execute(query).mappings().first()

    def _has_marker(self, *, uid: str, marker: str) -> bool:
        query = select(self._changes.c.uid).where(
            self._changes.c.uid == uid, self._changes.c.marker == marker
        )
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    def _decoy(self) -> str:
        """A hash that no password is known for, made at the first need."""
        if self._decoy_hash is None:
            self._decoy_hash = self._hasher.hash(secrets.token_hex(16))
        return self._decoy_hash

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerificationError:
            return False

    def _answer_slowly_or_fail(self) -> None:
        if self.faults.slow:
            self._sleep(self.faults.slow)
        if self.faults.down:
            raise PortError("directory_down")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._reader.connect() as connection:
                yield connection
        except (SQLAlchemyError, StoreUnavailableError):
            raise PortError("directory_down") from None


def _account(row: RowMapping) -> Account:
    return Account(
        uid=row["uid"],
        person_key=row["cpf"],
        name=row["name"],
        mail=row["mail"],
        mobile=row["mobile"],
        group=row["group_name"],
        locked=row["locked"],
        disabled=row["disabled"],
        privileged=row["privileged"],
        mobile_changed_at=row["mobile_changed_at"],
        matricula=row["matricula"] or "",
    )
