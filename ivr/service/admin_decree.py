"""A year of the calendar changed on a page: days put in, taken out, and what it would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from ivr.domain.calendar import Day
from ivr.domain.calendar_custom import customary_year
from ivr.domain.desk_rules import DeskRules, rule_value
from ivr.domain.rule_faults import RuleFaultError


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChanged:
    """A day before and after; the hours in which people answer, None: nobody does."""

    day: Day
    was: Day
    span: tuple[time, time] | None
    span_was: tuple[time, time] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearChanged:
    """What a change of a year would mean."""

    days: Sequence[DayChanged]
    business_days: int
    business_days_was: int


def key_of(year: int) -> str:
    return f"calendar.{year}"


def year_value(rules: DeskRules, year: int) -> dict[str, Any]:
    """The decree of a year, an empty provisional one for a year that the calendar lacks."""
    known = rule_value(rules, key_of(year))
    return dict(known) if known else {"provisional": True, "source": "", "days": []}


def customary(rules: DeskRules, year: int) -> dict[str, Any]:
    """The usual days of a year that the calendar lacks. Raises RuleFaultError when it has it."""
    if year in rules.calendar.years_covered:
        raise RuleFaultError(("ano", "O calendário já tem este ano: mude dia a dia."))
    return customary_year(rules.calendar, year)


def with_decree(value: Mapping[str, Any], *, source: str, provisional: bool) -> dict[str, Any]:
    """The year with its decree named."""
    text = " ".join(source.split())[:200]
    return {**value, "source": text, "provisional": provisional}


def with_day(value: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The year with a day put in; one of the same date is replaced. Raises RuleFaultError.

    ``form``: data, tipo, nome, and for a half day ``comeca`` or ``termina``; ``veio_de``: the
    date that the day was moved from.
    """
    kind = form.get("tipo", "")
    if kind not in ("optional", "half", "holiday"):
        raise RuleFaultError(("tipo", "Escolha o que o dia é."))
    day: dict[str, Any] = {
        "date": _date(form.get("data", ""), "data"),
        "kind": kind,
        "name": " ".join(form.get("nome", "").split())[:120],
    }
    if not day["name"]:
        raise RuleFaultError(("nome", "Escreva o nome do dia."))
    if kind == "half":
        for key, name in (("opens", "comeca"), ("closes", "termina")):
            if form.get(name):
                day[key] = form[name]
        if ("opens" in day) == ("closes" in day):
            why = "Meio expediente: diga quando começa ou quando termina, só um dos dois."
            raise RuleFaultError(("comeca", why))
        if date.fromisoformat(day["date"]).weekday() > 4:
            raise RuleFaultError(("data", "Meio expediente é de segunda a sexta."))
    if form.get("veio_de"):
        day["moved_from"] = _date(form["veio_de"], "veio_de")
    others = [one for one in value["days"] if one["date"] != day["date"]]
    named = [date_ for one in (*others, day) for date_ in (one["date"], one.get("moved_from"))]
    for text in (day["date"], day.get("moved_from")):
        if text and named.count(text) > 1:
            raise RuleFaultError(("data", f"{_local(text)} já está no calendário deste ano."))
    return {**value, "days": sorted((*others, day), key=lambda one: str(one["date"]))}


def without_day(value: Mapping[str, Any], day: str) -> dict[str, Any]:
    """The year without what the decree says of a day. Raises RuleFaultError."""
    left = [one for one in value["days"] if one["date"] != day]
    if len(left) == len(value["days"]):
        raise RuleFaultError(("data", "Este dia já não estava no calendário."))
    return {**value, "days": left}


def year_changed(rules: DeskRules, in_force: DeskRules, year: int) -> YearChanged:
    """Days of a year that would be something else, and its business days."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]
    changed = []
    for day in days:
        one = DayChanged(
            day=rules.calendar.day(day),
            was=in_force.calendar.day(day),
            span=rules.hours.working(day),
            span_was=in_force.hours.working(day),
        )
        if (one.day.kind, one.day.name, one.span) != (one.was.kind, one.was.name, one.span_was):
            changed.append(one)
    return YearChanged(
        days=changed,
        business_days=sum(map(rules.calendar.is_business, days)),
        business_days_was=sum(map(in_force.calendar.is_business, days)),
    )


def _date(text: str, name: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise RuleFaultError((name, "Escolha uma data.")) from None


def _local(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}"
