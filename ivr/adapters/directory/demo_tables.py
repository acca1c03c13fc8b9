"""Tables of the demo directory. They are its own and stand beside the service's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
)
from sqlalchemy.types import TypeDecorator

METADATA = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, also on SQLite, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ACCOUNT = Table(
    "demo_account",
    METADATA,
    Column("uid", String(64), primary_key=True),
    Column("cpf", String(11), nullable=False, index=True),
    Column("matricula", String(9), nullable=True, index=True),
    Column("name", String(200), nullable=False),
    Column("mail", String(200), nullable=False),
    Column("mobile", String(20), nullable=True),
    Column("mobile_changed_at", UtcDateTime, nullable=True),
    Column("group_name", String(64), nullable=False),
    Column("locked", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("privileged", Boolean, nullable=False, default=False),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("password_hash", String(200), nullable=False),
    Column("history", JSON, nullable=False, default=list),
    Column("last_marker", String(128), nullable=False, default=""),
    Column("version", Integer, nullable=False, default=1),
)
"""``history``: Argon2id hashes of the newest passwords, newest first, the current one among them.
``version``: grows with every change; a change is written only against the version it was
computed from."""

CHANGE = Table(
    "demo_change",
    METADATA,
    Column("uid", String(64), ForeignKey("demo_account.uid"), nullable=False),
    Column("marker", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("uid", "marker"),
)
"""Markers of the changes that were made. The primary key is what makes each happen once."""


@dataclass(frozen=True, slots=True)
class DemoTables:
    """The two tables of one system."""

    account: Table
    change: Table


SYSTEMS: tuple[str, ...] = ("network",)
"""Directories of ``callflows/service.toml`` whose accounts stand apart from those of the e-mail:
another password, another history, another lock."""
_BY_SYSTEM: dict[str, DemoTables] = {
    system: DemoTables(
        account=ACCOUNT.to_metadata(METADATA, name=f"demo_{system}_account"),
        change=Table(
            f"demo_{system}_change",
            METADATA,
            Column("uid", String(64), nullable=False),
            Column("marker", String(128), nullable=False),
            Column("at", UtcDateTime, nullable=False),
            PrimaryKeyConstraint("uid", "marker"),
        ),
    )
    for system in SYSTEMS
}
_USUAL = DemoTables(account=ACCOUNT, change=CHANGE)


def tables_of(directory: str) -> DemoTables:
    """The tables of a directory's accounts; every one that is not apart shares the e-mail's."""
    return _BY_SYSTEM.get(directory, _USUAL)


def create_tables(engine: Engine) -> None:
    """Create what is missing."""
    METADATA.create_all(engine)
