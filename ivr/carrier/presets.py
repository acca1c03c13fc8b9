"""A file that says who can be called, what the phone page offers, and what goes wrong.

JSON: ``{"numbers": {"+5567...": {"answers": {"after": 2, "talks": 60}}, "client:ana": "rings"},
"others": "rings", "addresses": "busy", "faults": {"slow_webhook": 2}, "people": [...],
"presets": [...]}``. A phone is ``"rings"``, ``"busy"``, ``"fails"`` or ``{"answers": {...}}``;
``others`` are the numbers that are not named, ``addresses`` such clients and SIP addresses (like
``others`` when left out). For the pages and the scripts are
kept ``people`` (objects with ``key``, ``name``, ``cpf``, ``pin``, ``mobile`` …, invented) and
``presets`` (objects with ``id``, ``label``, ``number``, which is null when withheld).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ivr.carrier.dialplan import Behaviour, Numbers, answers, busy, fails, rings
from ivr.carrier.faults import Faults


class BadPresets(ValueError):
    """The file does not say what it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presets:
    dial_plan: Numbers = field(default_factory=lambda: Numbers(others=rings(), addresses=rings()))
    faults: Faults = field(default_factory=Faults)
    people: tuple[Mapping[str, Any], ...] = ()
    callers: tuple[Mapping[str, Any], ...] = ()


def load_presets(path: Path) -> Presets:
    """Raises BadPresets, and OSError when the file cannot be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as failure:
        raise BadPresets(f"{path.name} is not JSON") from failure
    return read_presets(content)


def read_presets(content: Any) -> Presets:
    """Raises BadPresets."""
    if not isinstance(content, dict):
        raise BadPresets("presets are a JSON object")
    unknown = set(content) - {
        "numbers",
        "others",
        "addresses",
        "faults",
        "people",
        "presets",
    }
    if unknown:
        raise BadPresets(f"unknown: {', '.join(sorted(unknown))}")
    numbers, switches = content.get("numbers", {}), content.get("faults", {})
    people, callers = content.get("people", []), content.get("presets", [])
    if not isinstance(numbers, dict) or not isinstance(switches, dict):
        raise BadPresets("numbers and faults are objects")
    for name, entries in (("people", people), ("presets", callers)):
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise BadPresets(f"{name} is a list of objects")
    return Presets(
        dial_plan=Numbers(
            {number: _phone(phone) for number, phone in numbers.items()},
            others=_phone(content.get("others", "rings")),
            addresses=_phone(content.get("addresses", content.get("others", "rings"))),
        ),
        faults=_faults(switches),
        people=tuple(people),
        callers=tuple(callers),
    )


_PHONES = {"rings": rings, "busy": busy, "fails": fails}


def _phone(phone: Any) -> Behaviour:
    if isinstance(phone, str) and phone in _PHONES:
        return _PHONES[phone]()
    if isinstance(phone, dict) and set(phone) == {"answers"}:
        times = phone["answers"]
        if isinstance(times, dict) and set(times) <= {"after", "talks"}:
            return answers(**{name: _seconds(value) for name, value in times.items()})
    raise BadPresets("a phone is rings, busy, fails or {answers: {after, talks}}")


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise BadPresets("a time is a number of seconds")
    return float(value)


def _faults(switches: dict[str, Any]) -> Faults:
    """Each switch has the type of its default (a whole number will do for seconds)."""
    kinds = {each.name: type(each.default) for each in fields(Faults)}
    for name, value in switches.items():
        kind = kinds.get(name)
        if kind is None:
            raise BadPresets(f"unknown fault {name}")
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise BadPresets(f"fault {name} needs {kind.__name__}")
    return Faults(**switches)
