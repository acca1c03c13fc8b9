"""Bring the tables of a database to a revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from ivr.adapters.db.engine import make_engine
from ivr.adapters.db.revision import MIGRATIONS

_PATIENCE_S = 60.0
_LOCK = 3_318_3600
"""Advisory lock of PostgreSQL that keeps two migrating processes apart."""


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate upwards, in one transaction. Processes that start together take turns."""
    with _migrating(url) as (connection, config):
        command.upgrade(config, revision)
        _check_references(connection)


def downgrade(url: str, revision: str) -> None:
    """Migrate downwards, ``base`` for no tables at all."""
    with _migrating(url) as (connection, config):
        command.downgrade(config, revision)
        _check_references(connection)


def current(url: str) -> str | None:
    """The database's revision, None before the first migration."""
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


@contextmanager
def _migrating(url: str) -> Iterator[tuple[Connection, Config]]:
    engine = make_engine(url, pool_size=1, patience_s=_PATIENCE_S, foreign_keys=False)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
            config.attributes["connection"] = connection
            yield connection, config
    finally:
        engine.dispose()


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise RuntimeError(f"a row of {broken[0]} refers to nothing after the migration")
