"""Fault switches as JSON: read strictly, applied to later calls and to those that run."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults

LONGEST = 600.0
MOST = 10
STATUSES = frozenset({"no-answer", "completed", "busy", "failed", "canceled"})
_KINDS: dict[str, type] = {each.name: type(each.default) for each in fields(Faults)}


class BadSwitches(ValueError):
    """``str()`` of it is for the person at the phone."""


class Switches:
    """The switches of an exchange; clearing goes back to those it has now."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._first = exchange.faults

    def current(self) -> dict[str, Any]:
        return asdict(self._exchange.faults)

    def change(self, asked: Any) -> None:
        """Raises BadSwitches; then nothing has changed."""
        read_switches(self._exchange.faults, asked)
        self._exchange.set_faults(**asked)
        for call in self._exchange.calls.values():
            if not call.ended:
                call.faults = replace(call.faults, **asked)

    def clear(self) -> None:
        self.change(asdict(self._first))


def read_switches(base: Faults, asked: Any) -> Faults:
    """``base`` with the switches in ``asked``. Raises BadSwitches."""
    if not isinstance(asked, dict):
        raise BadSwitches("As falhas são um objeto JSON.")
    for name, value in asked.items():
        _check(name, value)
    return replace(base, **asked)


def _check(name: str, value: Any) -> None:
    kind = _KINDS.get(name)
    if kind is None:
        raise BadSwitches(f"Não há falha com o nome “{name[:40]}”.")
    if kind is bool:
        if not isinstance(value, bool):
            raise BadSwitches(f"A falha “{name}” é true ou false.")
    elif kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadSwitches(f"A falha “{name}” é um número de segundos.")
        if not 0 <= value <= LONGEST:
            raise BadSwitches(f"A falha “{name}” vai de 0 a {LONGEST:.0f} segundos.")
    elif kind is int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            raise BadSwitches(f"A falha “{name}” vai de 1 a {MOST} vezes.")
    elif not isinstance(value, str) or value not in STATUSES:
        raise BadSwitches(f"A falha “{name}” é um destes: {', '.join(sorted(STATUSES))}.")
