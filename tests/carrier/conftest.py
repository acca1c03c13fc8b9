from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_service import Phone, ScriptedService


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    scripted = ScriptedService()
    scripted.on("/status", "").on("/fallback", '<Say language="pt-BR">Desculpe.</Say>')
    yield scripted
    assert scripted.complaints == []


@pytest.fixture
def phone(service: ScriptedService) -> Phone:
    return Phone(service)
