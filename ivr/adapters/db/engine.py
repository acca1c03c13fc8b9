"""Which engine a database URL asks for."""

from __future__ import annotations

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from ivr.adapters.db.postgresql import postgresql_engine
from ivr.adapters.db.sqlite import sqlite_engine

PATIENCE_S = 5.0
POOL_SIZE = 8


def make_engine(
    url: str,
    *,
    patience_s: float = PATIENCE_S,
    pool_size: int = POOL_SIZE,
    foreign_keys: bool = True,
) -> Engine:
    """Engine for ``sqlite:///…`` or ``postgresql://…``; ValueError for anything else.

    ``foreign_keys=False`` is for migrations: SQLite changes a table by copying and dropping it.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("the database URL cannot be read") from None
    kind = parsed.get_backend_name() if parsed.drivername != "postgres" else "postgresql"
    if kind == "sqlite":
        return sqlite_engine(
            parsed, patience_s=patience_s, pool_size=pool_size, foreign_keys=foreign_keys
        )
    if kind == "postgresql":
        return postgresql_engine(parsed, patience_s=patience_s, pool_size=pool_size)
    raise ValueError(f"no store for {kind}: use sqlite or postgresql")
