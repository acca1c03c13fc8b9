"""The rules of the desk that a page may change, and what was changed laid over the files.

A rule has a key and a JSON value:

    limits.<field>          a whole number in the limit's unit
    proofs.mobile_freeze    hours
    alerts.<kind>           {attention, critical, clear}
    service_level           {formula, within, short, target}
    hours.week              {monday: {opens, closes}, …}
    queues.<name>           {most_waiting, notes, week}
    dispositions.<queue>    {offered: [{word, label, callback}], retired: […]}
    retention.<class>       "120 days"
    calendar.<year>         {provisional, source, days: [{date, kind, name, …}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.domain.desk_rule_set import DeskRules as DeskRules
from ivr.domain.desk_rule_values import FREEZE_NAME, READERS, WEEK_NAME
from ivr.domain.desk_rule_writers import NO_RULE, WRITERS
from ivr.domain.rule_faults import RuleFaultError

FREEZE = f"proofs.{FREEZE_NAME}"
WEEK = f"hours.{WEEK_NAME}"
SERVICE_LEVEL = "service_level"
_ORDER = tuple(WRITERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaid:
    """``faults``: by key, what was kept and does not hold any more; it has no effect."""

    rules: DeskRules
    faults: Mapping[str, RuleFaultError] = field(default_factory=dict)


def overlay(standard: DeskRules, changed: Mapping[str, Any]) -> Overlaid:
    """Each changed value over the standard one, one that does not hold left out."""
    rules, faults = standard, {}
    for key in sorted(changed, key=_rank):
        try:
            rules = with_rule(rules, key, changed[key])
        except RuleFaultError as error:
            faults[key] = error
    return Overlaid(rules=rules, faults=faults)


def with_rule(rules: DeskRules, key: str, value: Any) -> DeskRules:
    """The rules with one of them changed. Raises :class:`RuleFaultError` that names the field."""
    kind, _, name = key.partition(".")
    if kind not in WRITERS:
        raise RuleFaultError((key, NO_RULE))
    return WRITERS[kind](rules, name, value)


def rule_value(rules: DeskRules, key: str) -> Any:
    """The JSON value of a rule; None for one that these rules do not have."""
    kind, _, name = key.partition(".")
    try:
        return READERS[kind](rules, name)
    except KeyError:
        return None


def _rank(key: str) -> tuple[int, str]:
    """Rules that others lean on come first."""
    kind = key.partition(".")[0]
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), key)
