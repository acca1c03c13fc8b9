"""Business calendar of the desk in Campo Grande.

National and state holidays come from ``holidays.Brazil(subdiv="MS")``; the city's, the optional
days (ponto facultativo), the half days and the moved days are data, because a yearly decree sets
them. The decree wins over a holiday, a holiday over the weekend.

A half day counts as a business day: there is working time in it. An optional day does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ivr.domain.calendar_data import CalendarData, DecreedDay, read_calendar_data
from ivr.domain.local_time import local_date

_WARN_FROM_MONTH = 10


class DayKind(StrEnum):
    """What a day is for the desk."""

    BUSINESS = "business"
    HOLIDAY = "holiday"
    OPTIONAL = "optional"
    HALF = "half"
    WEEKEND = "weekend"


class Basis(StrEnum):
    """How sure the calendar is of a day: ``LAW`` when the file does not hold its year."""

    DECREE = "decree"
    PROVISIONAL = "provisional"
    LAW = "law"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day. ``opens`` and ``closes`` narrow the working time of a half day, local hours."""

    date: date
    kind: DayKind
    name: str = ""
    opens: time | None = None
    closes: time | None = None
    source: str = ""
    basis: Basis = Basis.DECREE

    @property
    def business(self) -> bool:
        """Whether deadlines count it."""
        return self.kind in (DayKind.BUSINESS, DayKind.HALF)


class CalendarAlarmKind(StrEnum):
    """What is wrong with the file of the calendar."""

    YEAR_MISSING = "year_missing"
    YEAR_PROVISIONAL = "year_provisional"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAlarm:
    """A year for which somebody must look at the decree."""

    kind: CalendarAlarmKind
    year: int

    @property
    def text(self) -> str:
        """For the pages."""
        if self.kind is CalendarAlarmKind.YEAR_MISSING:
            return (
                f"O calendário não tem o ano de {self.year}: só os feriados da lei estão valendo. "
                "Pontos facultativos e meio expediente não são conhecidos."
            )
        return f"O calendário de {self.year} é provisório: confira com o decreto do Estado."


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar. Every day has an answer; :meth:`alarms` tells which answers are unsure."""

    data: CalendarData

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Calendar:
        """From the parsed ``calendar.toml``. Raises DataFaultError, naming every key at fault."""
        return cls(read_calendar_data(data))

    @property
    def years_covered(self) -> frozenset[int]:
        """Years that the file holds, provisional ones too."""
        return frozenset(year.year for year in self.data.years)

    @property
    def provisional_years(self) -> frozenset[int]:
        """Years whose decree is not known."""
        return frozenset(year.year for year in self.data.years if year.provisional)

    def alarms(self, today: date) -> tuple[CalendarAlarm, ...]:
        """Missing and provisional years: this year, and the next one from October on."""
        years = [today.year] + [today.year + 1] * (today.month >= _WARN_FROM_MONTH)
        found = []
        for year in years:
            if year not in self.years_covered:
                found.append(CalendarAlarm(kind=CalendarAlarmKind.YEAR_MISSING, year=year))
            elif year in self.provisional_years:
                found.append(CalendarAlarm(kind=CalendarAlarmKind.YEAR_PROVISIONAL, year=year))
        return tuple(found)

    def day(self, day: date) -> Day:
        """What that day is."""
        decreed = self._decreed(day)
        if decreed is not None:
            return decreed
        basis, source = self._basis(day.year)
        name = law_holidays(day.year).get(day)
        if name is not None:
            source = "Lei federal ou estadual"
            return Day(date=day, kind=DayKind.HOLIDAY, name=name, source=source, basis=basis)
        for city in self.data.municipal:
            if (city.month, city.day) == (day.month, day.day):
                return Day(
                    date=day,
                    kind=DayKind.HOLIDAY,
                    name=city.name,
                    source=city.source,
                    basis=basis,
                )
        if day.weekday() > 4:
            name = "Sábado" if day.weekday() == 5 else "Domingo"
            return Day(date=day, kind=DayKind.WEEKEND, name=name, basis=basis)
        return Day(date=day, kind=DayKind.BUSINESS, source=source, basis=basis)

    def is_business(self, day: date) -> bool:
        """Whether deadlines count that day."""
        return self.day(day).business

    def special_days(self, year: int) -> tuple[Day, ...]:
        """Holidays, optional and half days of a year in order, for the calendar's page."""
        first = date(year, 1, 1)
        days = (self.day(first + timedelta(days=n)) for n in range(366))
        plain = (DayKind.BUSINESS, DayKind.WEEKEND)
        return tuple(day for day in days if day.date.year == year and day.kind not in plain)

    def next_business_day(self, day: date) -> date:
        """First business day after that day."""
        return self._after(day, 1)

    def add_business_days(self, start: datetime, n: int) -> date:
        """The n-th business day after the local day of ``start``, which itself does not count.

        ``n`` = 0 gives that day, or the first business day after it. Raises ValueError for a
        negative ``n`` or a ``start`` without time zone.
        """
        if n < 0:
            raise ValueError("business days are added, not taken away")
        first = local_date(start)
        if n == 0:
            return first if self.is_business(first) else self._after(first, 1)
        return self._after(first, n)

    def business_days_between(self, start: date, end: date) -> int:
        """Business days after ``start`` up to and with ``end``; negative when ``end`` is past."""
        if end < start:
            return -self.business_days_between(end, start)
        span = (end - start).days
        return sum(self.is_business(start + timedelta(days=n)) for n in range(1, span + 1))

    def _after(self, day: date, n: int) -> date:
        while n > 0:
            day += timedelta(days=1)
            n -= self.is_business(day)
        return day

    def _basis(self, year: int) -> tuple[Basis, str]:
        for known in self.data.years:
            if known.year == year:
                basis = Basis.PROVISIONAL if known.provisional else Basis.DECREE
                return basis, known.source
        return Basis.LAW, ""

    def _decreed(self, day: date) -> Day | None:
        basis, source = self._basis(day.year)
        for year in self.data.years:
            if year.year != day.year:
                continue
            for entry in year.days:
                if entry.date == day:
                    return _day_of(entry, basis=basis, source=source)
                if entry.moved_from == day:
                    name = f"{entry.name} transferido para {entry.date:%d/%m/%Y}"
                    kind = DayKind.WEEKEND if day.weekday() > 4 else DayKind.BUSINESS
                    return Day(date=day, kind=kind, name=name, source=source, basis=basis)
        return None


def _day_of(entry: DecreedDay, *, basis: Basis, source: str) -> Day:
    return Day(
        date=entry.date,
        kind=DayKind(entry.kind),
        name=entry.name,
        opens=entry.opens,
        closes=entry.closes,
        source=source,
        basis=basis,
    )


@lru_cache(maxsize=16)
def law_holidays(year: int) -> Mapping[date, str]:
    """National holidays and the State's, by day."""
    import holidays

    law = holidays.country_holidays("BR", subdiv="MS", years=year, language="pt_BR")
    return dict(law.items())
