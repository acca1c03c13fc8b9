"""Fixtures for whole calls."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def kept_in(desk_store: str) -> str:
    """The store of this test's desks."""
    return desk_store
