"""Where the desks of the tests keep their rows: copies of a database that was migrated once."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import psycopg

if TYPE_CHECKING:
    from fixtures_postgres import PostgresServer


class DeskStore(Protocol):
    """Makes databases that are ready for a desk. ``name``: sqlite or postgresql."""

    name: str

    def new(self, folder: Path) -> str:
        """URL of a fresh copy."""
        ...

    def empty(self, folder: Path) -> str:
        """URL of a database without tables."""
        ...

    def drop(self, url: str) -> None:
        """The database is not needed any more."""
        ...


Prepare = Callable[[str], None]
"""Migrates the database behind a URL and loads the demo people."""


@cache
def _sqlite_template(prepare: Prepare) -> Path:
    file = Path(mkdtemp(prefix="desk-template-")) / "desk.db"
    prepare(f"sqlite:///{file}")
    return file


class SqliteStore:
    """A file in the desk's own folder."""

    name = "sqlite"

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare

    def new(self, folder: Path) -> str:
        shutil.copy(_sqlite_template(self._prepare), folder / "desk.db")
        return f"sqlite:///{folder / 'desk.db'}"

    def empty(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'desk.db'}"

    def drop(self, url: str) -> None:
        """The file goes with its folder."""


class PostgresStore:
    """Databases of a private server, copied by ``CREATE DATABASE … TEMPLATE``."""

    name = "postgresql"
    _numbers = itertools.count(1)

    def __init__(self, server: PostgresServer, prepare: Prepare) -> None:
        self._server = server
        self._template = f"desk_template_{os.getpid()}_{next(self._numbers)}"
        self._made: set[str] = set()
        self._do(f"CREATE DATABASE {self._template}")
        prepare(server.url(self._template))

    def new(self, folder: Path) -> str:
        return self._create(f"TEMPLATE {self._template}")

    def empty(self, folder: Path) -> str:
        return self._create("")

    def drop(self, url: str) -> None:
        name = urlsplit(url).path.removeprefix("/")
        if name in self._made:
            self._made.discard(name)
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def drop_all(self) -> None:
        """Drop every database that is left."""
        for name in list(self._made):
            self.drop(self._server.url(name))

    def _create(self, like: str) -> str:
        name = f"desk_{os.getpid()}_{next(self._numbers)}"
        self._do(f"CREATE DATABASE {name} {like}")
        self._made.add(name)
        return self._server.url(name)

    def _do(self, statement: str) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)
