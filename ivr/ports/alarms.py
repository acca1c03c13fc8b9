"""Alarms: rows that an operator has to see, one for each happening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """``key`` names the happening; the same one raises once."""

    key: str
    kind: str
    at: datetime


class Alarms(Protocol):
    def raise_once(self, alarm: Alarm) -> bool:
        """False when the alarm of that key was raised already."""

    def since(self, at: datetime) -> Sequence[Alarm]:
        """Alarms from then on, oldest first."""
