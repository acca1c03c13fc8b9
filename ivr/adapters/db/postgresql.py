"""PostgreSQL by psycopg 3."""

from __future__ import annotations

from sqlalchemy import URL, Engine, create_engine

from ivr.adapters.db.errors import translate_errors
from ivr.adapters.db.probe import probe_what_may_be_lost

CONNECT_S = 3
IDLE_IN_TRANSACTION_S = 30


def postgresql_engine(url: URL, *, patience_s: float, pool_size: int) -> Engine:
    """Engine with a pool that hands out no connection that is known to be lost.

    ``patience_s`` bounds the wait for a lock and for a free connection; a statement may take
    twice as long. READ COMMITTED: what must not race is locked or compared and swapped.
    """
    milliseconds = int(patience_s * 1000)
    settings = {
        "lock_timeout": milliseconds,
        "statement_timeout": 2 * milliseconds,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_S * 1000,
        "timezone": "UTC",
        "default_transaction_isolation": r"read\ committed",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given = url.query.get("options")
    if isinstance(given, str):
        options = f"{options} {given}"
    engine = create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        connect_args={"options": options, "connect_timeout": CONNECT_S},
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=patience_s,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    translate_errors(engine)
    probe_what_may_be_lost(engine)
    return engine
