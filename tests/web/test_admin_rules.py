"""``/admin``: limits, alerts, hours, changed on pages."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.phone_line import call
from web.staff_browser import CARLA, DAVI, StaffBrowser, staff_inside, with_staff

from ivr.domain.desk_rules import rule_value
from ivr.domain.hours import WEEKDAYS
from ivr.service.admin_rules import rules_seen
from ivr.service.audit import verify
from ivr.service.rules_in_force import in_force, rules_of

LIMITS, ALERTS, HOURS = "/admin/limites", "/admin/limites/alertas", "/admin/horarios"
SENDS = "limits.account_sends"
TEXTS = st.text(max_size=24)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def revision(desk: Desk, key: str) -> dict[str, str]:
    return {f"rev.{key}": str(rules_seen(desk.rt).mark(key).revision)}


def week(**changes: tuple[str, str]) -> dict[str, str]:
    """Monday to Friday from 07:30 to 17:30, some days otherwise."""
    days = dict.fromkeys(WEEKDAYS[:5], ("07:30", "17:30")) | changes
    return {
        f"{part}.{day}": text
        for day, span in days.items()
        for part, text in zip(("abre", "fecha"), span, strict=True)
    }


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


@pytest.fixture
def davi(staffed: Desk) -> StaffBrowser:
    return staff_inside(staffed, DAVI)


# Limits and alerts


def test_limit_is_made_tighter_told_with_who_and_when_and_taken_back(
    staffed: Desk, davi: StaffBrowser
) -> None:
    assert davi.send(LIMITS, **{SENDS: "2"}).status_code == 303
    assert in_force(staffed.rt).limits.account_sends == 2
    words = text_of(davi.open(f"{LIMITS}?feito=gravado"))
    assert "Vale a partir da próxima ligação" in words
    assert "mudado Davi Administrador, 25/11/2026" in words
    log = text_of(davi.open(f"/admin/auditoria?objeto=rule:{SENDS}"))
    assert "antes: 3; depois: 2" in log
    back = {"padrao": SENDS, **revision(staffed, SENDS)}
    assert davi.send(LIMITS, **back).status_code == 303
    assert in_force(staffed.rt).limits.account_sends == 3
    assert "(voltou ao padrão)" in text_of(davi.open(LIMITS))
    assert verify(staffed.rt.store).broken is None


def test_limit_past_its_bar_is_refused_with_the_field_and_the_bounds(
    staffed: Desk, davi: StaffBrowser
) -> None:
    for key, value in [
        (SENDS, "4"),
        (SENDS, "0"),
        (SENDS, "-1"),
        (SENDS, "2.5"),
        (SENDS, ""),
        (SENDS, "dois"),
        (SENDS, "٢"),
        ("limits.code_lifetime", "11"),
        ("limits.global_failures", "51"),
        ("limits.account_window", "23"),
        ("proofs.mobile_freeze", "71"),
    ]:
        answer = davi.send(LIMITS, **{key: value})
        assert answer.status_code == 422, (key, value)
        assert re.search(r"(de \d+ a \d+)", text_of(answer))
    assert in_force(staffed.rt) is staffed.rt


def test_page_of_another_administrator_that_was_opened_before_changes_nothing(
    staffed: Desk, davi: StaffBrowser
) -> None:
    assert davi.send(LIMITS, **{SENDS: "2"}).status_code == 303
    answer = davi.send(LIMITS, **{SENDS: "1", f"rev.{SENDS}": "0"})
    assert answer.status_code == 409
    assert "Outra pessoa mudou isto" in text_of(answer)
    assert in_force(staffed.rt).limits.account_sends == 2


def test_alerts_and_service_level_change_the_board_and_the_version_of_the_figures(
    staffed: Desk, davi: StaffBrowser
) -> None:
    form = {
        "alerts.waiting.attention": "3",
        "alerts.waiting.critical": "4",
        "alerts.waiting.clear": "2",
        "service_level.formula": "F1",
        "service_level.within": "30",
        "service_level.short": "5",
        "service_level.target": "90",
    }
    assert davi.send(ALERTS, form_at=LIMITS, **form).status_code == 303
    now = in_force(staffed.rt)
    rule = next(rule for rule in now.alerts.alerts if rule.kind == "waiting")
    assert [rule.level(n, None) for n in (2, 3, 4)] == [None, "attention", "critical"]
    assert now.metric_rules.version != staffed.rt.metric_rules.version
    assert "meta 90 %" in text_of(staff_inside(staffed, CARLA).open("/supervisao"))
    wrong = {**form, "alerts.waiting.critical": "1"}
    answer = davi.send(ALERTS, form_at=LIMITS, **wrong)
    assert answer.status_code == 422
    assert "volta ao normal ≤ atenção ≤ crítico" in text_of(answer)


def test_supervisor_reads_the_limits_and_finds_nothing_to_press(staffed: Desk) -> None:
    carla = staff_inside(staffed, CARLA)
    for path in (LIMITS, HOURS, "/admin/filas", "/admin/calendario"):
        page = carla.open(path)
        assert page.status_code == 200
        main = page.text.partition("<main")[2]
        assert 'method="post"' not in main, path


# Hours


def test_hours_are_shown_before_they_are_kept_and_then_obeyed(
    staffed: Desk, davi: StaffBrowser
) -> None:
    form = week(wednesday=("12:00", "16:00"), saturday=("08:00", "12:00"))
    shown = davi.send(HOURS, acao="ver", fila="", **form)
    words = text_of(shown)
    assert "Ainda não foi gravado" in words
    assert "Agora: fechada; abre quarta, 25/11, às 12:00." in words
    assert "Hoje, pelo que vale: aberta até 17:30." in words
    assert re.search(r"28/11, sábado 08:00 às 12:00 muda fechada", words)
    assert in_force(staffed.rt) is staffed.rt
    assert davi.send(HOURS, acao="gravar", fila="", **form).status_code == 303
    now = in_force(staffed.rt)
    assert not now.hours.status(staffed.clock.at).open
    assert now.hours.status(datetime(2026, 11, 25, 16, 0, tzinfo=UTC)).open
    assert "A central agora: fechada; abre quarta, 25/11, às 12:00." in text_of(davi.open(HOURS))
    back = {"acao": "padrao", "fila": "", **revision(staffed, "hours.week")}
    assert davi.send(HOURS, **back).status_code == 303
    assert in_force(staffed.rt).hours.status(staffed.clock.at).open


def test_day_that_cannot_be_is_named(staffed: Desk, davi: StaffBrowser) -> None:
    refused: list[tuple[dict[str, str], str]] = [
        ({"abre.monday": "18:00"}, "Segunda: diga quando abre e quando fecha"),
        ({"fecha.friday": ""}, "Sexta: diga quando abre e quando fecha"),
        ({"abre.monday": "sete", "fecha.monday": "tarde"}, "em cada dia, abre antes de fechar"),
    ]
    for change, words in refused:
        answer = davi.send(HOURS, acao="gravar", fila="", **{**week(), **change})
        assert (answer.status_code, words in text_of(answer)) == (422, True), words
    assert in_force(staffed.rt) is staffed.rt


def test_next_caller_hears_the_hours_that_were_just_changed(
    staffed: Desk, davi: StaffBrowser
) -> None:
    before = call(staffed, "antes")
    before.key("0")
    assert not before.hears("hours.reopens")
    form = week(wednesday=("12:00", "16:00"))
    assert davi.send(HOURS, acao="gravar", fila="", **form).status_code == 303
    after = call(staffed, "depois")
    after.key("0")
    assert after.hears("hours.night")
    assert after.hears("hours.reopens") or "12" in after.words


def test_next_caller_is_told_that_a_queue_takes_nobody_now(
    staffed: Desk, davi: StaffBrowser
) -> None:
    form = {"abre.wednesday": "13:00", "fecha.wednesday": "15:00", "fila": "atendimento"}
    assert davi.send(HOURS, acao="gravar", **form).status_code == 303
    line = call(staffed, "um")
    line.key("0")
    for _ in range(4):
        if line.hears("queue.nobody"):
            break
        line.key("5")
    assert line.hears("queue.nobody")


def test_week_without_a_day_is_refused(staffed: Desk, davi: StaffBrowser) -> None:
    answer = davi.send(HOURS, acao="gravar", fila="")
    assert answer.status_code == 422
    assert "precisa atender em algum dia" in text_of(answer)


def test_queue_gets_hours_of_its_own_and_the_board_tells_so(
    staffed: Desk, davi: StaffBrowser
) -> None:
    form = {"abre.wednesday": "13:00", "fecha.wednesday": "15:00", "fila": "segundo_nivel"}
    words = text_of(davi.send(HOURS, acao="ver", **form))
    assert "Agora: fechada; abre quarta, 25/11, às 13:00." in words
    assert davi.send(HOURS, acao="gravar", **form).status_code == 303
    assert "fora do horário" in text_of(staff_inside(staffed, CARLA).open("/supervisao"))
    never = {"abre.sunday": "13:00", "fecha.sunday": "15:00", "fila": "segundo_nivel"}
    key = revision(staffed, "queues.segundo_nivel")
    answer = davi.send(HOURS, acao="gravar", **never, **key)
    assert answer.status_code == 422
    assert "Segundo nível: nenhum horário em comum" in text_of(answer)
    assert davi.send(HOURS, acao="gravar", igual="1", **form, **key).status_code == 303
    assert in_force(staffed.rt).queues.queue("segundo_nivel").week is None


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    times=st.dictionaries(
        st.sampled_from([f"{p}.{d}" for p in ("abre", "fecha") for d in WEEKDAYS]),
        st.from_regex(r"[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?", fullmatch=True) | TEXTS,
        max_size=14,
    ),
    acao=st.sampled_from(["ver", "gravar"]),
    fila=st.sampled_from(["", "atendimento", "segundo_nivel"]),
)
def test_any_form_of_hours_is_kept_or_refused_and_the_desk_still_opens_some_day(
    still: Desk, times: dict[str, str], acao: str, fila: str
) -> None:
    desk, browser = still, _kept_browser(still)
    status = browser.post(
        HOURS, csrf_token=_token(browser), acao=acao, fila=fila, **times
    ).status_code
    assert status in (200, 303, 409, 422)
    now = in_force(desk.rt)
    assert now.hours.week
    assert now.hours.status(desk.clock.at).open or now.hours.status(desk.clock.at).reopens_at


def test_value_kept_for_a_queue_that_is_gone_is_told_and_has_no_effect(
    staffed: Desk, davi: StaffBrowser
) -> None:
    with staffed.rt.store.begin() as tx:
        tx.kept_rules.put("limits.tries_per_call", 99, was=0, by="x", at=tx.now())
    assert in_force(staffed.rt).limits.tries_per_call == 3
    assert "não vale mais" in text_of(davi.open(LIMITS))
    assert rule_value(rules_of(in_force(staffed.rt)), "limits.tries_per_call") == 3


_BROWSERS: dict[int, tuple[StaffBrowser, str]] = {}


def _kept_browser(desk: Desk) -> StaffBrowser:
    if id(desk) not in _BROWSERS:
        _BROWSERS.clear()
        browser = staff_inside(with_staff(desk), DAVI)
        page = browser.open(HOURS).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        _BROWSERS[id(desk)] = (browser, found[1])
    return _BROWSERS[id(desk)][0]


def _token(browser: StaffBrowser) -> str:
    return next(token for one, token in _BROWSERS.values() if one is browser)
