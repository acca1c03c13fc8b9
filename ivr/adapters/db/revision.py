"""Which migration a database has, without the weight of the migrating library."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

MIGRATIONS = Path(__file__).parent / "migrations"


def newest() -> str:
    """The newest revision of this release: migrations are numbered by their file names."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def behind(engine: Engine) -> bool:
    """Whether a database that answers lacks a migration that this release needs."""
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError):
        return True
    return found != newest()
