"""Local time of the desk: America/Campo_Grande, UTC-4, no daylight saving since 2019.

Instants are kept in UTC; these functions are the edge where they become local days and hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE_NAME = "America/Campo_Grande"


def zone() -> ZoneInfo:
    """The desk's time zone (zoneinfo keeps one instance a process)."""
    return ZoneInfo(ZONE_NAME)


def to_local(instant: datetime) -> datetime:
    """The instant on the clock of Campo Grande. Raises ValueError when it has no time zone."""
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(zone())


def local_date(instant: datetime) -> date:
    """The day in Campo Grande at that instant. Raises ValueError when it has no time zone."""
    return to_local(instant).date()


def at_local(day: date, hour: time) -> datetime:
    """That hour of that day in Campo Grande, with its zone."""
    return datetime.combine(day, hour, tzinfo=zone())


def end_of_day(day: date) -> datetime:
    """First instant after the local day, in UTC."""
    return at_local(day + timedelta(days=1), time(0)).astimezone(UTC)
