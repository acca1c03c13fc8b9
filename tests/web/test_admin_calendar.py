"""``/admin/calendario``: a year changed on a page, with its preview and its alarm."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from desk import Desk
from web.staff_browser import DAVI, StaffBrowser, staff_inside, with_staff

from ivr.service.admin_calendar import CALENDAR, watch_calendar
from ivr.service.admin_rules import rules_seen
from ivr.service.rules_in_force import in_force


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def revision(desk: Desk, key: str) -> dict[str, str]:
    return {f"rev.{key}": str(rules_seen(desk.rt).mark(key).revision)}


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


@pytest.fixture
def davi(staffed: Desk) -> StaffBrowser:
    return staff_inside(staffed, DAVI)


def year_form(desk: Desk, year: int, **fields: str) -> dict[str, str]:
    return {**fields, **revision(desk, f"calendar.{year}")}


def test_day_of_a_decree_is_shown_first_then_kept_and_moves_new_deadlines(
    staffed: Desk, davi: StaffBrowser
) -> None:
    path = "/admin/calendario/2026"
    day = {"data": "2026-11-27", "tipo": "optional", "nome": "Luto oficial"}
    shown = text_of(davi.send(path, form_at="/admin/calendario", acao="ver", **day))
    was = sum(map(staffed.rt.calendar.is_business, _days(2026)))
    assert f"{was - 1} dias úteis em 2026 (hoje: {was})" in shown
    assert re.search(r"27/11, sexta ponto facultativo \(Luto oficial\), fechado dia útil", shown)
    assert in_force(staffed.rt) is staffed.rt
    kept = davi.send(path, form_at="/admin/calendario", acao="incluir", **day)
    assert kept.status_code == 303
    now = in_force(staffed.rt)
    assert not now.calendar.is_business(datetime(2026, 11, 27).date())
    assert now.hours.calendar is now.calendar
    out = year_form(staffed, 2026, acao="tirar", data="2026-11-27")
    assert davi.send(path, form_at="/admin/calendario", **out).status_code == 303
    assert in_force(staffed.rt).calendar.is_business(datetime(2026, 11, 27).date())


def test_day_that_cannot_be_put_in_is_refused_in_words(staffed: Desk, davi: StaffBrowser) -> None:
    refused: list[tuple[dict[str, str], str]] = [
        ({"data": "2026-13-01"}, "Escolha uma data."),
        ({"data": "2027-01-04"}, "fora do ano"),
        ({"nome": " "}, "Escreva o nome do dia."),
        ({"tipo": "half"}, "diga quando começa ou quando termina"),
        ({"tipo": "half", "comeca": "13:00", "termina": "15:00"}, "só um dos dois"),
        ({"tipo": "half", "comeca": "13:00", "data": "2026-11-28"}, "de segunda a sexta"),
        ({"tipo": "half", "comeca": "depois"}, "horário que não combina"),
        ({"tipo": "folga"}, "Escolha o que o dia é."),
        ({"veio_de": "2026-12-24"}, "já está no calendário"),
    ]
    for fields, words in refused:
        day = {"data": "2026-11-27", "tipo": "optional", "nome": "Luto", **fields}
        answer = davi.send("/admin/calendario/2026", form_at="/admin/calendario", **day)
        assert (answer.status_code, words in text_of(answer)) == (422, True), words
    assert in_force(staffed.rt) is staffed.rt


def test_missing_year_raises_the_alarm_until_it_is_filled_and_confirmed(
    staffed: Desk, davi: StaffBrowser
) -> None:
    staffed.clock.at = datetime(2027, 10, 4, 15, 0, tzinfo=UTC)
    davi = staff_inside(staffed, DAVI)
    path, page = "/admin/calendario/2028", "/admin/calendario?ano=2028"
    assert "O calendário não tem o ano de 2028" in text_of(davi.open(page))
    assert watch_calendar(in_force(staffed.rt)) >= 1
    with staffed.rt.store.begin(write=False) as tx:
        keys = [alarm.key for alarm in tx.alarms.since(datetime(2027, 10, 1, tzinfo=UTC))]
    assert f"{CALENDAR}:year_missing:2028:2027-10" in keys
    assert davi.send(path, form_at=page, acao="costume").status_code == 303
    words = text_of(davi.open(page))
    assert "O calendário de 2028 é provisório" in words
    decree = year_form(staffed, 2028, acao="decreto", decreto="Decreto nº 1, DOE de 1º/10/2027")
    assert davi.send(path, form_at=page, **decree).status_code == 303
    words = text_of(davi.open(page))
    assert "O calendário de 2028 é provisório" not in words
    assert "Decreto nº 1, DOE de 1º/10/2027" in words
    assert {a.year for a in in_force(staffed.rt).calendar.alarms(staffed.clock.at.date())} <= {2027}
    again = davi.send(path, form_at=page, **year_form(staffed, 2028, acao="costume"))
    assert again.status_code == 422
    back = year_form(staffed, 2028, acao="padrao")
    assert davi.send(path, form_at=page, **back).status_code == 303
    assert 2028 not in in_force(staffed.rt).calendar.years_covered


def test_year_that_no_calendar_has_is_not_found(staffed: Desk, davi: StaffBrowser) -> None:
    for year in (1999, 3000, 99999):
        path = f"/admin/calendario/{year}"
        assert davi.send(path, form_at="/admin/calendario", acao="costume").status_code == 404


def _days(year: int) -> list[Any]:
    from datetime import date, timedelta

    first = date(year, 1, 1)
    return [d for d in (first + timedelta(days=n) for n in range(366)) if d.year == year]
