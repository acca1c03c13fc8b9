"""``/admin``: calendar, prompts, audit."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.phone_line import still_desk
from web.staff_browser import (
    ANA,
    CARLA,
    DAVI,
    ELISA,
    StaffBrowser,
    staff_inside,
    staff_row,
    with_staff,
)

from ivr.ports.staff import AuditLine
from ivr.service.admin_audit import A_PAGE
from ivr.service.admin_calendar import CALENDAR, watch_calendar, year_seen

ROOT = Path(__file__).resolve().parents[2]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def inside(desk: Desk, login: str = DAVI) -> StaffBrowser:
    return staff_inside(desk, login)


def at(desk: Desk, *when: int) -> None:
    desk.clock.at = datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]


# The calendar


def test_year_of_the_decree_is_told_day_by_day(staffed: Desk) -> None:
    words = text_of(inside(staffed).open("/admin/calendario?ano=2026"))
    assert "Decreto do Estado publicado no Diário Oficial de 25 de novembro de 2025" in words
    assert re.search(
        r"18/02, quarta Quarta-feira de Cinzas meio expediente 13:00 às \d\d:\d\d", words
    )
    assert re.search(r"16/02, segunda Carnaval ponto facultativo fechado", words)
    assert re.search(r"11/10, domingo .* feriado fechado", words)
    assert "callflows/calendar.toml" in words, "how it is changed"


def test_preview_tells_open_and_closed_of_each_day(staffed: Desk) -> None:
    seen = year_seen(staffed.rt, 2026, today=datetime(2026, 11, 25).date())
    days = {d.day.date: d for month in seen.months for week in month for d in week if d}
    assert len(days) == 365
    for day, one in days.items():
        noon = datetime(day.year, day.month, day.day, 18, 0, tzinfo=UTC)
        assert staffed.rt.hours.status(noon).open == one.open, day
    assert seen.business_days == sum(one.day.business for one in days.values())


def test_banner_tells_a_provisional_next_year_from_october_on(staffed: Desk) -> None:
    at(staffed, 2026, 9, 30, 15)
    assert "2027 é provisório" not in text_of(inside(staffed).open("/admin/calendario"))
    at(staffed, 2026, 10, 1, 15)
    assert "2027 é provisório" in text_of(inside(staffed).open("/admin/calendario"))


def test_banner_tells_a_missing_next_year(staffed: Desk) -> None:
    at(staffed, 2027, 11, 3, 15)
    assert "não tem o ano de 2028" in text_of(inside(staffed).open("/admin/calendario"))


def test_alarm_is_raised_once_a_month_and_only_when_something_is_unsure(staffed: Desk) -> None:
    at(staffed, 2026, 8, 3, 15)
    assert watch_calendar(staffed.rt) == 0
    at(staffed, 2026, 11, 25, 15)
    assert watch_calendar(staffed.rt) == 1
    assert watch_calendar(staffed.rt) == 0
    with staffed.rt.store.begin(write=False) as tx:
        kinds = [row.kind for row in tx.alarms.since(tx.now() - timedelta(days=1))]
    assert kinds == [CALENDAR]
    assert "falta ou é provisório" in text_of(inside(staffed, CARLA).open("/supervisao"))
    at(staffed, 2026, 12, 1, 15)
    assert watch_calendar(staffed.rt) == 1


@pytest.mark.parametrize("year", ["1999", "3000", "20x6", "-1", "²⁰²⁶", "99999"])
def test_year_that_is_none_is_told(staffed: Desk, year: str) -> None:
    answer = inside(staffed).open(f"/admin/calendario?ano={year}")
    assert answer.status_code == 400
    assert "Este ano não existe" in answer.text


# The prompts


def test_prompts_are_found_by_words_and_tell_where_they_are_said(staffed: Desk) -> None:
    page = inside(staffed).open("/admin/falas?q=ola suporte")
    assert "greeting.welcome" in page.text
    assert "/fluxos/main?no=greeting#no" in page.text
    assert "1 de " in text_of(page)
    assert "sem áudio pronto" in text_of(page).lower()


def test_built_audio_has_a_player_its_hash_and_its_source(quick: Path) -> None:
    folder = quick / "prompts"
    folder.mkdir()
    sha = "ab" * 32
    entry = {"text": "Olá, suporte do Estado.", "sha256": sha, "key": "k", "seconds": 1.5}
    files = {"greeting.welcome": {**entry, "source": "recorded"}}
    files["bye.thanks"] = {**entry, "text": "Outro texto", "source": "tts"}
    (folder / "manifest.json").write_text(json.dumps(files))
    desk = with_staff(still_desk(quick, changes={"IVR_VAR": str(quick)}))
    browser = inside(desk)
    page = browser.open("/admin/falas?voz=recorded")
    assert "1 de " in text_of(page)
    assert f'src="/prompts/greeting.welcome.wav?v={sha[:10]}"' in page.text
    assert sha[:16] in page.text
    assert "gravada por uma pessoa, 1,5 s" in text_of(page)
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    old = browser.open("/admin/falas?q=bye.thanks")
    assert "o áudio diz um texto anterior" in text_of(old)


def test_every_prompt_is_on_some_page(staffed: Desk) -> None:
    browser, seen, number = inside(staffed), set(), 1
    while True:
        page = browser.open(f"/admin/falas?pagina={number}").text
        seen |= set(re.findall(r'<th scope="row"[^>]*><a [^>]*><code>([^<]+)</code>', page))
        if "Próxima página" not in page:
            break
        number += 1
    assert seen == set(staffed.rt.prompts.prompts)


# The audit


def write_lines(desk: Desk, count: int, *, action: str = "number.blocked") -> None:
    with desk.rt.store.begin() as tx:
        for number in range(count):
            line = AuditLine(
                at=tx.now(), actor=staff_row(desk, CARLA).id, action=action, object=f"x:{number}"
            )
            tx.audit.add(line)


def test_audit_is_filtered_by_person_action_and_object(staffed: Desk) -> None:
    write_lines(staffed, 3)
    browser = inside(staffed, ELISA)
    carla = staff_row(staffed, CARLA).id
    base = f"/admin/auditoria?pessoa={carla}&acao=number."
    assert browser.open(base).text.count("<code>number.blocked</code>") == 3
    assert browser.open(f"{base}&objeto=x:1").text.count("<code>number.blocked</code>") == 1
    other = browser.open(f"/admin/auditoria?acao=number.&pessoa={staff_row(staffed, ANA).id}")
    assert "Nenhuma linha" in other.text


def test_audit_goes_on_page_by_page_and_misses_no_line(staffed: Desk) -> None:
    write_lines(staffed, 2 * A_PAGE + 7)
    browser, seen, path = inside(staffed, DAVI), [], "/admin/auditoria?acao=number."
    while True:
        page = browser.open(path).text
        seen += re.findall(r"<code>(x:\d+)</code>", page)
        found = re.search(r'href="([^"]*antes=\d+[^"]*)"', page)
        if found is None:
            break
        path = html.unescape(found[1])
    assert seen == [f"x:{number}" for number in reversed(range(2 * A_PAGE + 7))]


def test_audit_keeps_to_the_days_of_campo_grande(staffed: Desk) -> None:
    at(staffed, 2026, 11, 26, 3, 59)  # 23:59 of the 25th there
    write_lines(staffed, 1)
    at(staffed, 2026, 11, 26, 15)
    browser = inside(staffed, ELISA)
    line = "<code>number.blocked</code>"
    assert line in browser.open("/admin/auditoria?de=2026-11-25&ate=2026-11-25").text
    assert line not in browser.open("/admin/auditoria?de=2026-11-26&ate=2026-11-26").text


@pytest.mark.parametrize("query", ["de=2026-11-26&ate=2026-11-01", "de=ontem", "ate=9999-99-99"])
def test_dates_that_cannot_be_are_told(staffed: Desk, query: str) -> None:
    answer = inside(staffed, ELISA).open(f"/admin/auditoria?{query}")
    assert answer.status_code == 400
    assert "Confira as datas" in answer.text


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=120),
    path=st.sampled_from(("/admin/auditoria", "/admin/falas", "/admin/calendario", "/fluxos/main")),
    key=st.sampled_from(("pessoa", "acao", "objeto", "antes", "de", "q", "pagina", "ano", "no")),
)
@pytest.mark.on_both_stores
def test_any_text_in_a_filter_answers_something(
    staffed: Desk, text: str, path: str, key: str
) -> None:
    browser = _kept(staffed)
    answer = browser.client.get(path, base_url="http://ivr.test", query_string={key: text})
    assert answer.status_code in (200, 400)


_browsers: dict[int, StaffBrowser] = {}


def _kept(desk: Desk) -> StaffBrowser:
    return _browsers.setdefault(id(desk), inside(desk, DAVI))


def test_menu_shows_each_role_what_it_may_open(staffed: Desk) -> None:
    for login, there, not_there in (
        (ELISA, "/admin/auditoria", "/admin/pessoas"),
        (CARLA, "/admin/bloqueios", "/admin/auditoria"),
        (DAVI, "/admin/pessoas", "/chamados"),
    ):
        page = inside(staffed, login).open("/admin").text
        assert f'href="{there}"' in page
        assert f'href="{not_there}"' not in page
