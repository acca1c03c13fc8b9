from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.assurance import AssurancePolicy
from ivr.domain.calendar import Calendar
from ivr.domain.hours import ServiceHours
from ivr.domain.service_catalogue import ServiceCatalogue

CALLFLOWS = Path(__file__).parents[2] / "callflows"


def shipped(name: str) -> dict[str, Any]:
    return tomllib.loads((CALLFLOWS / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return Calendar.from_data(shipped("calendar"))


@pytest.fixture(scope="session")
def hours(calendar: Calendar) -> ServiceHours:
    return ServiceHours.from_data(shipped("hours"), calendar)


@pytest.fixture(scope="session")
def policy() -> AssurancePolicy:
    return AssurancePolicy.from_data(shipped("policy"))


@pytest.fixture(scope="session")
def catalogue() -> ServiceCatalogue:
    return ServiceCatalogue.from_data(shipped("service"))


@pytest.fixture
def service_data() -> dict[str, Any]:
    return shipped("service")


@pytest.fixture
def policy_data() -> dict[str, Any]:
    return shipped("policy")


@pytest.fixture
def calendar_data() -> dict[str, Any]:
    return shipped("calendar")
