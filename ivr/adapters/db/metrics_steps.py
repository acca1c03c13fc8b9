"""Lines of the journal as the steps that figures count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ivr.domain.metrics_events import Step


def steps_of(kind: str, node: str, data: Mapping[str, Any], service: str) -> list[Step]:
    """The steps of one line. ``service``: that of the call's ticket, for a job of one system."""
    match kind:
        case "node.entered":
            found = [Step(kind=kind, node=node)]
            if data.get("type") == "rate":
                found.append(Step(kind="rate.entered", node=node))
            return found
        case "hours.checked":
            return [Step(kind=kind, result="open" if data.get("open") else "closed")]
        case "proof.failed" | "proof.passed":
            return [Step(kind=kind, word=str(data.get("factor", "")))]
        case "job.settled":
            return [Step(kind=kind, word=service, result=str(data.get("outcome", "")))]
        case "system.settled":
            word, result = str(data.get("service", "")), str(data.get("outcome", ""))
            return [Step(kind="job.settled", word=word, result=result)]
        case "rating.given":
            return [Step(kind=kind, number=int(data.get("value", 0)))]
        case _:
            return [Step(kind=kind, node=node)]
