"""Fixtures for calls made of single signed requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk
from web.phone_line import quick_folder, still_desk


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder where commits are cheap."""
    with quick_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def still(quick: Path) -> Desk:
    """A whole desk whose clock only the test moves."""
    return still_desk(quick)


@pytest.fixture(autouse=True)
def kept_in(desk_store: str) -> str:
    """The store of this test's desks."""
    return desk_store
