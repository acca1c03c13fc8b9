"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from pathlib import Path

import pytest
from desk import Desk, make_desk

# The tests start hundreds of processes, each of which would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MEMORY = Path("/dev/shm")
"""A file system without a disk, where a commit costs next to nothing."""
ROOM = 2 * 1024**3

if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

pytest_plugins = [
    "fixtures_clouds",
    "fixtures_desk",
    "fixtures_postgres",
    "fixtures_samba",
    "fixtures_slapd",
    "fixtures_store",
    "running",
]


def pytest_collection_finish() -> None:
    """What stands now stands to the end: nobody need look through it for garbage again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A whole desk over a fresh database, with Wednesday 10:00 on its clock."""
    return make_desk(tmp_path)
