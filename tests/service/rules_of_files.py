"""The rules of the desk as the files of ``callflows/`` say them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ivr.domain.assurance import AssurancePolicy
from ivr.domain.calendar import Calendar
from ivr.domain.desk_rules import DeskRules
from ivr.domain.hours import ServiceHours
from ivr.domain.limits import Limits
from ivr.domain.metrics_alerts import alerts_from
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.domain.retention import RetentionPolicy

CALLFLOWS = Path(__file__).resolve().parents[2] / "callflows"


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((CALLFLOWS / f"{name}.toml").read_text())


def the_files() -> DeskRules:
    calendar = Calendar.from_data(_file("calendar"))
    return DeskRules(
        limits=Limits(),
        policy=AssurancePolicy.from_data(_file("policy")),
        alerts=alerts_from(_file("alerts")),
        queues=QueueCatalogue.from_data(_file("queues")),
        calendar=calendar,
        hours=ServiceHours.from_data(_file("hours"), calendar),
        retention=RetentionPolicy.from_data(_file("retention")),
    )


FILES = the_files()
