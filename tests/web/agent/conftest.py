"""Fixtures for the agent's console."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk
from web.agent.console_world import Agent, agents_desk


@pytest.fixture
def desk(quick: Path) -> Desk:
    return agents_desk(quick)


@pytest.fixture
def ana(desk: Desk) -> Agent:
    """An agent who takes calls."""
    return Agent(desk).available()
