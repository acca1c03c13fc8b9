"""Whether a connection of PostgreSQL's pool still stands, mostly without a word to the server."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

IDLE_S = 5.0
"""After so long a network may have dropped the connection without telling: the server is asked."""
_SINCE = "ivr.idle_since"


def probe_what_may_be_lost(engine: Engine) -> None:
    """Have the pool replace a lost connection before it hands it out.

    A server that ends, or kills the process behind a connection, closes it and says why: then
    there is something to read, which is never so on a connection at rest. To look costs a
    microsecond; to ask each time would cost each transaction a journey to the server.
    """

    def came_back(connection: Any, record: Any) -> None:
        record.info[_SINCE] = time.monotonic()

    def goes_out(connection: Any, record: Any, _: Any) -> None:
        since = record.info.get(_SINCE)
        if since is None:
            return
        if time.monotonic() - since < IDLE_S and not _has_news(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error:
            raise DisconnectionError("the connection was lost") from None

    event.listen(engine, "checkin", came_back)
    event.listen(engine, "checkout", goes_out)


def _has_news(connection: Any) -> bool:
    """Whether something came that nobody asked for, the end included."""
    try:
        watch = select.poll()
        watch.register(connection.fileno(), select.POLLIN)
        return bool(watch.poll(0))
    except (OSError, psycopg.Error):
        return True
