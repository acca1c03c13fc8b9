"""When people answer, and why not. Self-service does not ask: it never closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ivr.domain.calendar import Calendar, Day, DayKind
from ivr.domain.data_faults import DataFaultError
from ivr.domain.local_time import at_local, to_local

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
"""As ``date.weekday()`` counts them."""
_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)
_LOOK_AHEAD_DAYS = 60


class HoursReason(StrEnum):
    """Why the desk is open or closed."""

    OPEN = "open"
    NIGHT = "night"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    OPTIONAL = "optional"
    HALF_DAY = "half_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """State of the desk at an instant.

    ``name``: of the holiday, optional day or half day that closes it. ``reopens_at``: local time
    with zone, None while open. ``closes_at``: likewise, None while closed.
    """

    open: bool
    reason: HoursReason
    name: str = ""
    reopens_at: datetime | None = None
    closes_at: datetime | None = None


class Shift(BaseModel):
    """Working time of a weekday: from ``opens``, up to and without ``closes``, local hours."""

    model_config = _SHAPE

    opens: time
    closes: time

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must come before closes")
        return self


class HoursData(BaseModel):
    """What ``callflows/hours.toml`` may say."""

    model_config = _SHAPE

    version: Literal[1]
    week: dict[Weekday, Shift]

    @model_validator(mode="after")
    def _opens_some_day(self) -> Self:
        if not self.week:
            raise ValueError("week: the desk must open on some weekday")
        return self


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """Weekly hours, narrowed by the calendar."""

    week: Mapping[Weekday, Shift]
    calendar: Calendar

    @classmethod
    def from_data(cls, data: Mapping[str, Any], calendar: Calendar) -> ServiceHours:
        """From the parsed ``hours.toml``. Raises DataFaultError, naming every key at fault."""
        try:
            return cls(HoursData.model_validate(data).week, calendar)
        except ValidationError as error:
            raise DataFaultError.of("hours", error) from None

    def within(self, week: Mapping[Weekday, Shift] | None) -> ServiceHours:
        """These hours as far as ``week`` has them too; all of them for None."""
        if week is None:
            return self
        common = {
            day: Shift(opens=max(mine.opens, theirs.opens), closes=min(mine.closes, theirs.closes))
            for day, mine in self.week.items()
            if (theirs := week.get(day)) is not None
            and max(mine.opens, theirs.opens) < min(mine.closes, theirs.closes)
        }
        return ServiceHours(common, self.calendar)

    def status(self, now: datetime) -> Hours:
        """Whether people answer at that instant. Raises ValueError when it has no time zone."""
        local = to_local(now)
        day = self.calendar.day(local.date())
        span = self._span(local.date())
        if span is not None and span[0] <= local < span[1]:
            return Hours(open=True, reason=HoursReason.OPEN, closes_at=span[1])
        reason = self._reason(day, local)
        return Hours(
            open=False,
            reason=reason,
            name="" if reason in (HoursReason.NIGHT, HoursReason.WEEKEND) else day.name,
            reopens_at=self._reopens(local),
        )

    def _shift(self, day: date) -> Shift | None:
        return self.week.get(WEEKDAYS[day.weekday()])

    def working(self, day: date) -> tuple[time, time] | None:
        """Opening and closing of a day in local time, None when nobody answers."""
        found, shift = self.calendar.day(day), self._shift(day)
        if shift is None or found.kind in (DayKind.HOLIDAY, DayKind.OPTIONAL):
            return None
        opens = max(shift.opens, found.opens or shift.opens)
        closes = min(shift.closes, found.closes or shift.closes)
        return (opens, closes) if opens < closes else None

    def _span(self, day: date) -> tuple[datetime, datetime] | None:
        span = self.working(day)
        return span and (at_local(day, span[0]), at_local(day, span[1]))

    def _reason(self, day: Day, local: datetime) -> HoursReason:
        if day.kind is DayKind.HOLIDAY:
            return HoursReason.HOLIDAY
        if day.kind is DayKind.OPTIONAL:
            return HoursReason.OPTIONAL
        shift = self._shift(day.date)
        if shift is None:
            return HoursReason.WEEKEND
        usual = at_local(day.date, shift.opens) <= local < at_local(day.date, shift.closes)
        return HoursReason.HALF_DAY if usual else HoursReason.NIGHT

    def _reopens(self, local: datetime) -> datetime | None:
        for ahead in range(_LOOK_AHEAD_DAYS):
            span = self._span(local.date() + timedelta(days=ahead))
            if span is not None and span[0] > local:
                return span[0]
        return None
