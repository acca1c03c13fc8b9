"""Gaps of a recording: when nothing was recorded, and who wished it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.ports.store import RecordingRow, Transaction

PAUSED, RESUMED = "recording.paused", "recording.resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """``ended`` None: until the end of the talk. ``by``: agent, system."""

    began: datetime
    ended: datetime | None
    by: str


def gaps_of(tx: Transaction, recording: RecordingRow) -> list[Gap]:
    """In order. Recordings that are not of a talk have none."""
    if not recording.engagement:
        return []
    gaps: list[Gap] = []
    began: datetime | None = None
    by = ""
    for entry in tx.journal.of(recording.call_sid):
        if entry.data.get("offer") != recording.engagement:
            continue
        if entry.kind == PAUSED and began is None:
            began, by = entry.at, str(entry.data.get("by", "agent"))
        elif entry.kind == RESUMED and began is not None:
            gaps.append(Gap(began=began, ended=entry.at, by=by))
            began = None
    if began is not None:
        talk = tx.desk.engagement(recording.engagement)
        gaps.append(Gap(began=began, ended=talk.ended_at if talk else None, by=by))
    return gaps
