"""The runtime with the rules that are in force: the files', and over them what pages changed.

Whoever begins something (a request, a turn of a call, a job, a round of the desk) asks once with
:func:`in_force` and goes on with that answer: within one turn no rule changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import structlog

from ivr.domain.desk_rules import DeskRules, Overlaid, overlay
from ivr.service.rules_kept import Changed
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.rules")


def in_force(rt: Runtime) -> Runtime:
    """A change on a page is in force here within two seconds of it, and at once in the process
    that made it. The very runtime when nothing was changed."""
    base = rt.standard or rt
    kept = base.rules_kept
    changed = kept.look(base.store, now=base.stopwatch())
    if not changed.values:
        return base
    made = kept.made
    if made is not None and made[0] is base and made[1] is changed:
        return cast(Runtime, made[2])
    found = with_rules(base, changed)
    kept.made = (base, changed, found)
    return found


def with_rules(base: Runtime, changed: Changed) -> Runtime:
    """``base`` with these values; those that do not hold any more are told and left out."""
    laid = overlaid(base, changed)
    for key, error in laid.faults.items():
        log.warning("changed rule does not hold", key=key, why=str(error))
    rules = laid.rules
    return replace(
        base,
        standard=base,
        limits=rules.limits,
        policy=rules.policy,
        alerts=rules.alerts,
        metric_rules=base.metric_rules if rules.alerts is base.alerts else rules.alerts.rules,
        queues=rules.queues,
        calendar=rules.calendar,
        hours=rules.hours,
        retention=rules.retention,
    )


def overlaid(base: Runtime, changed: Changed) -> Overlaid:
    """The rules of the files with these values over them."""
    return overlay(rules_of(base), changed.values)


def rules_of(rt: Runtime) -> DeskRules:
    """The rules of a runtime."""
    return DeskRules(
        limits=rt.limits,
        policy=rt.policy,
        alerts=rt.alerts,
        queues=rt.queues,
        calendar=rt.calendar,
        hours=rt.hours,
        retention=rt.retention,
    )
