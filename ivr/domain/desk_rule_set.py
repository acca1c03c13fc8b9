"""The rules of the desk that a page may change, together."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.domain.assurance import AssurancePolicy
from ivr.domain.calendar import Calendar
from ivr.domain.hours import ServiceHours
from ivr.domain.limits import Limits
from ivr.domain.metrics_alerts import AlertsData
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.domain.retention import RetentionPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRules:
    """All of them, as the files say or as they are in force."""

    limits: Limits
    policy: AssurancePolicy
    alerts: AlertsData
    queues: QueueCatalogue
    calendar: Calendar
    hours: ServiceHours
    retention: RetentionPolicy | None = None
