"""Looks at what the desk's thresholds watch, and raises or ends alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.metrics import count
from ivr.domain.metrics_alerts import AlertRule
from ivr.domain.metrics_events import bucket_of
from ivr.ports.metrics import AlertRow
from ivr.ports.staff import AuditLine
from ivr.ports.store import Transaction
from ivr.service.desk.states import SUPERVISION
from ivr.service.metrics import Period, recount
from ivr.service.runtime import Runtime

LATELY = timedelta(minutes=15)
HOUR = timedelta(hours=1)
FEWEST = 10
"""An abandonment of fewer calls alarms nobody."""
SHOWN = timedelta(hours=12)


def watch(rt: Runtime) -> int:
    """Compare every value with its limits; how many alerts began or ended."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        values = {rule.kind: _values(rt, tx, rule, now) for rule in rt.alerts.alerts}
    changed = 0
    with rt.store.begin() as tx:
        raised = {(row.kind, row.subject): row for row in tx.switches.raised()}
        for rule in rt.alerts.alerts:
            subjects = {s for kind, s in raised if kind == rule.kind} | set(values[rule.kind])
            for subject in sorted(subjects):
                value = values[rule.kind].get(subject, 0.0)
                before = raised.get((rule.kind, subject))
                changed += _settle(tx, rule, subject, value, before, now)
    return changed


def acknowledge(rt: Runtime, alert: int, *, by: str) -> bool:
    """Write down who has seen an alert. False for an unknown one, or one seen before."""
    with rt.store.begin() as tx:
        now = tx.now()
        if not tx.switches.see_alert(alert, by=by, at=now):
            return False
        tx.audit.add(AuditLine(at=now, actor=by, action="alert.seen", object=f"alert:{alert}"))
        _tell(tx, str(alert))
        return True


def _settle(
    tx: Transaction,
    rule: AlertRule,
    subject: str,
    value: float,
    before: AlertRow | None,
    now: datetime,
) -> int:
    level = rule.level(value, None if before is None else before.level)
    if before is None:
        if level is None:
            return 0
        row = AlertRow(
            kind=rule.kind, subject=subject, level=level, value=round(value), raised_at=now
        )
        if not tx.switches.raise_alert(row):
            return 0
    elif level is None:
        tx.switches.update_alert(replace(before, value=round(value), cleared_at=now))
    elif level != before.level or round(value) > before.value:
        tx.switches.update_alert(replace(before, level=level, value=round(value)))
        if level == before.level:
            return 0
    else:
        return 0
    _tell(tx, rule.kind)
    return 1


def _values(rt: Runtime, tx: Transaction, rule: AlertRule, now: datetime) -> Mapping[str, float]:
    """What is watched, by its subject: a queue, or empty for the whole desk."""
    match rule.kind:
        case "longest_wait":
            sizes = tx.queues.sizes()
            return {q: (now - oldest).total_seconds() for q, (_, oldest) in sizes.items()}
        case "waiting":
            return {q: float(n) for q, (n, _) in tx.queues.sizes().items()}
        case "nobody_there":
            there = {skill for agent in tx.desk.agents() for skill in agent.skills}
            return {q: float(n) for q, (n, _) in tx.queues.sizes().items() if q not in there}
        case "abandonment":
            sums = recount(rt, tx, Period(since=bucket_of(now - HOUR), until=now))
            offered = count(sums, "stay.offered")
            lost = count(sums, "stay.abandoned")
            return {"": 100 * lost / offered if offered >= FEWEST else 0.0}
        case "failed_proofs":
            return {"": float(tx.metrics.failed_proofs_since(now - LATELY))}
        case "faults":
            faults = tx.metrics.faults_since(now - LATELY, started=now - 4 * HOUR)
            return {"": float(sum(faults.values()))}
        case "resets":
            return {"": float(tx.metrics.resets_since(now - HOUR))}


def _tell(tx: Transaction, entity: str) -> None:
    tx.changes.tell("alerta", entity, audience=[SUPERVISION])
