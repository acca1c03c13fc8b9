"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk, make_desk

pytest_plugins = [
    "fixtures_clouds",
    "fixtures_desk",
    "fixtures_postgres",
    "fixtures_samba",
    "fixtures_slapd",
    "fixtures_store",
    "running",
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A whole desk over a fresh database, with Wednesday 10:00 on its clock."""
    return make_desk(tmp_path)
