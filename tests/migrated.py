"""Databases with every table, copied from one that was migrated once in this process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ivr.adapters.db.migrate import upgrade

if TYPE_CHECKING:
    from fixtures_postgres import PostgresServer

_TEMPLATE = "migrated"


@cache
def _file() -> bytes:
    with TemporaryDirectory(prefix="migrated-") as folder:
        file = Path(folder) / "calls.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _template(server: PostgresServer) -> str:
    upgrade(server.new_database(named=_TEMPLATE))
    return _TEMPLATE


def migrated_file(url: str) -> None:
    """Make the SQLite file of a URL, with its folder."""
    file = Path(url.removeprefix("sqlite:///"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_file())


def migrated_database(server: PostgresServer) -> str:
    """URL of a new database of the server."""
    return server.new_database(like=_template(server))
