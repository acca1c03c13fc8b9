"""What ``callflows/calendar.toml`` may say. The rules that use it are in ``calendar.py``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.domain.data_faults import DataFaultError

_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)


class MunicipalHoliday(BaseModel):
    """A holiday of Campo Grande, every year on the same date."""

    model_config = _SHAPE

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    name: str = Field(min_length=1)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _is_a_date(self) -> Self:
        try:
            dt.date(2001, self.month, self.day)
        except ValueError:
            raise ValueError(f"{self.day}/{self.month} is not a date of every year") from None
        return self


class DecreedDay(BaseModel):
    """A day that the year's decree sets apart. ``opens`` and ``closes`` are local hours."""

    model_config = _SHAPE

    date: dt.date
    kind: Literal["optional", "half", "holiday"]
    name: str = Field(min_length=1)
    opens: dt.time | None = None
    closes: dt.time | None = None
    moved_from: dt.date | None = None

    @model_validator(mode="after")
    def _hours_fit_the_kind(self) -> Self:
        if self.kind != "half":
            if self.opens is not None or self.closes is not None:
                raise ValueError('only a day of kind "half" has opens or closes')
            return self
        if (self.opens is None) == (self.closes is None):
            raise ValueError('a day of kind "half" has either opens or closes')
        if self.date.weekday() > 4:
            raise ValueError("a half day falls on Monday to Friday")
        return self


class DecreedYear(BaseModel):
    """The decree of one year. ``provisional``: not published yet, filled in by custom."""

    model_config = _SHAPE

    year: int = Field(ge=2000, le=2999)
    provisional: bool
    source: str = Field(min_length=1)
    days: tuple[DecreedDay, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _each_day_once_and_in_the_year(self) -> Self:
        named = [day.date for day in self.days]
        named += [day.moved_from for day in self.days if day.moved_from is not None]
        for wrong in sorted({day for day in named if day.year != self.year}):
            raise ValueError(f"{wrong} is not in {self.year}")
        for twice in sorted({day for day in named if named.count(day) > 1}):
            raise ValueError(f"{twice} is named twice")
        return self


class CalendarData(BaseModel):
    """The whole file."""

    model_config = _SHAPE

    version: Literal[1]
    municipal: tuple[MunicipalHoliday, ...] = Field(default=(), strict=False)
    years: tuple[DecreedYear, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _each_year_once(self) -> Self:
        found = [year.year for year in self.years]
        for twice in sorted({year for year in found if found.count(year) > 1}):
            raise ValueError(f"the year {twice} is there twice")
        return self


def read_calendar_data(data: Mapping[str, Any]) -> CalendarData:
    """Check the parsed file. Raises DataFaultError, which names every key at fault."""
    try:
        return CalendarData.model_validate(data)
    except ValidationError as error:
        raise DataFaultError.of("calendar", error) from None
