"""``/admin/calendario``: a year of the desk, day by day, and its decree changed with a preview."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from ivr.domain.calendar import Basis, DayKind
from ivr.domain.calendar_custom import SOURCE
from ivr.domain.local_time import local_date
from ivr.domain.rule_faults import RuleFaultError
from ivr.service import admin_decree as decree
from ivr.service.admin_calendar import FIRST_YEAR, LAST_YEAR, DaySeen, year_seen
from ivr.service.admin_rules import RulesSeen, rules_seen, tried
from ivr.web.admin_rules import Refused, done_words, kept_form, refused, send
from ivr.web.admin_view import ADMIN, READERS, bp, page
from ivr.web.door import staff_page
from ivr.web.edge import runtime

MONTHS = (
    "Janeiro", "Fevereiro", "Março", "Abril", "Maio", "Junho",
    "Julho", "Agosto", "Setembro", "Outubro", "Novembro", "Dezembro",
)  # fmt: skip
WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
KINDS = {
    DayKind.BUSINESS: "dia útil",
    DayKind.HOLIDAY: "feriado",
    DayKind.OPTIONAL: "ponto facultativo",
    DayKind.HALF: "meio expediente",
    DayKind.WEEKEND: "fim de semana",
}
MARKS = {DayKind.HOLIDAY: "F", DayKind.OPTIONAL: "P", DayKind.HALF: "½"}
"""Beside the number, so that colour is not alone."""
NO_YEAR = "Este ano não existe no calendário. Escolha um da lista."
BASES = {Basis.DECREE: "decreto", Basis.PROVISIONAL: "provisório", Basis.LAW: "só a lei"}


@bp.get("/calendario")
@staff_page(*READERS)
def show_calendar() -> ResponseReturnValue:
    """A year; this one when none is asked for."""
    text = request.args.get("ano", "")
    year = year_of(text) if text else _today().year
    if year is None:
        return _page(_today().year, told=Refused(status=400, fault=NO_YEAR))
    return _page(year, done=done_words())


@bp.post("/calendario/<int:year>")
@staff_page(*ADMIN)
def change_calendar(year: int) -> ResponseReturnValue:
    """Name the decree, put a day in, take one out, fill by custom, take the standard back; what
    it would change is shown first when ``acao`` is ``ver``."""
    if year_of(str(year)) is None:
        abort(404)

    def again(told: Refused) -> ResponseReturnValue:
        return _page(year, told=told)

    seen = rules_seen(runtime())
    try:
        value = _asked(seen, year)
        if request.form.get("acao") == "ver":
            rules = tried(runtime(), {decree.key_of(year): value})
            return _page(year, changed=decree.year_changed(rules, seen.now, year))
    except RuleFaultError as error:
        return again(refused(error))
    return send({decree.key_of(year): value}, to="admin.show_calendar", again=again, ano=year)


def year_of(text: str) -> int | None:
    """A year that the calendar may have."""
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        return None
    return int(text) if FIRST_YEAR <= int(text) <= LAST_YEAR else None


def _asked(seen: RulesSeen, year: int) -> dict[str, Any] | None:
    """The year as the form wants it. Raises RuleFaultError."""
    form, value = request.form, decree.year_value(seen.now, year)
    match form.get("acao"):
        case "padrao":
            return None
        case "costume":
            return decree.customary(seen.now, year)
        case "decreto":
            return decree.with_decree(
                value, source=form.get("decreto", ""), provisional=form.get("provisorio") == "1"
            )
        case "tirar":
            return decree.without_day(value, form.get("data", ""))
        case _:
            new = decree.with_day(value, form)
            return new if new["source"] else {**new, "source": SOURCE}


def _page(
    year: int,
    *,
    done: str = "",
    told: Refused | None = None,
    changed: decree.YearChanged | None = None,
) -> ResponseReturnValue:
    today, rules = _today(), rules_seen(runtime())
    seen = year_seen(runtime(), year, today=today)
    return page(
        "admin/calendar.html",
        status=told.status if told else 200,
        seen=seen,
        rules=rules,
        key=decree.key_of(year),
        decreed={one["date"] for one in decree.year_value(rules.now, year)["days"]},
        in_files=year in rules.standard.calendar.years_covered,
        changed=changed,
        kept=kept_form(),
        done=done,
        fault=told.fault if told else "",
        today=today,
        month_names=MONTHS,
        weekdays=WEEKDAYS,
        kinds=KINDS,
        marks=MARKS,
        bases=BASES,
        hours=hours_words,
        span=span_words,
    )


def _today() -> date:
    return local_date(runtime().clock.now())


def span_words(span: tuple[time, time] | None) -> str:
    """``13:00 às 18:00``, or ``fechado``."""
    return f"{span[0]:%H:%M} às {span[1]:%H:%M}" if span else "fechado"


def hours_words(seen: DaySeen) -> str:
    """``13:00 às 18:00``, or ``fechado``."""
    if seen.opens is None or seen.closes is None:
        return span_words(None)
    return span_words((seen.opens, seen.closes))
