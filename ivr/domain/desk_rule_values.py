"""What the rules of the desk are, as JSON values by key; keys stand in ``desk_rules.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ivr.domain.desk_rule_set import DeskRules
from ivr.domain.limit_bounds import BOUND, limit_value
from ivr.domain.retention_bounds import KEEP_BOUNDS

FREEZE_NAME, WEEK_NAME = "mobile_freeze", "week"


def as_json(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


def _year(rules: DeskRules, name: str) -> Any:
    found = next((y for y in rules.calendar.data.years if str(y.year) == name), None)
    if found is None:
        raise KeyError(name)
    days = [
        {key: value for key, value in as_json(day).items() if value is not None}
        for day in found.days
    ]
    return {"provisional": found.provisional, "source": found.source, "days": days}


def _keep(rules: DeskRules, name: str) -> Any:
    if rules.retention is None or name not in KEEP_BOUNDS:
        raise KeyError(name)
    return rules.retention.classes[name].keep  # type: ignore[index]


def _alert_value(rules: DeskRules, name: str) -> Any:
    rule = next((rule for rule in rules.alerts.alerts if rule.kind == name), None)
    if rule is None:
        raise KeyError(name)
    return {"attention": rule.attention, "critical": rule.critical, "clear": rule.clear}


def _queue_value(rules: DeskRules, name: str) -> Any:
    queue = as_json(rules.queues.queues[name])
    return {key: queue[key] for key in ("most_waiting", "notes", "week")}


def _dispositions_value(rules: DeskRules, name: str) -> Any:
    queue = as_json(rules.queues.queues[name])
    return {"offered": queue["dispositions"], "retired": queue["retired"]}


def _week_value(rules: DeskRules) -> Any:
    return {day: as_json(shift) for day, shift in rules.hours.week.items()}


READERS: Mapping[str, Callable[[DeskRules, str], Any]] = {
    "calendar": _year,
    "hours": lambda rules, name: {WEEK_NAME: _week_value(rules)}[name],
    "queues": _queue_value,
    "dispositions": _dispositions_value,
    "limits": lambda rules, name: limit_value(rules.limits, BOUND[name].name),
    "proofs": lambda rules, name: {FREEZE_NAME: rules.policy.mobile_change_freeze_hours}[name],
    "alerts": _alert_value,
    "service_level": lambda rules, name: {"": as_json(rules.alerts.service_level)}[name],
    "retention": _keep,
}
"""First part of the key → what reads the rule of the rest. Raises KeyError for no such rule."""
