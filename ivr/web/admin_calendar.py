"""``/admin/calendario``: a year of the desk, day by day. It is changed by its file, not here."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from ivr.domain.calendar import Basis, DayKind
from ivr.domain.local_time import local_date
from ivr.service.admin_calendar import DaySeen, year_seen
from ivr.web.admin_view import READERS, bp, page
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
BASES = {Basis.DECREE: "decreto", Basis.PROVISIONAL: "provisório", Basis.LAW: "só a lei"}


@bp.get("/calendario")
@staff_page(*READERS)
def show_calendar() -> ResponseReturnValue:
    """A year; this one when none is asked for."""
    today = local_date(runtime().clock.now())
    text = request.args.get("ano", "")
    fault = False
    year = today.year
    if text:
        fault = not (text.isascii() and text.isdigit() and len(text) == 4)
        year = year if fault else int(text)
    try:
        seen = year_seen(runtime(), year, today=today)
    except ValueError:
        fault, seen = True, year_seen(runtime(), today.year, today=today)
    return page(
        "admin/calendar.html",
        status=400 if fault else 200,
        seen=seen,
        fault="Este ano não existe no calendário. Escolha um da lista." if fault else "",
        today=today,
        month_names=MONTHS,
        weekdays=WEEKDAYS,
        kinds=KINDS,
        marks=MARKS,
        bases=BASES,
        hours=hours_words,
    )


def hours_words(seen: DaySeen) -> str:
    """``13:00 às 18:00``, or ``fechado``."""
    if seen.opens is None or seen.closes is None:
        return "fechado"
    return f"{seen.opens:%H:%M} às {seen.closes:%H:%M}"
