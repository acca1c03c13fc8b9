"""Logging in to the desk: one answer for everybody who may not, limits that hold, and no lock
that somebody else can keep on an agent."""

from __future__ import annotations

import re

import pytest
from desk import Desk
from web.phone_line import later
from web.staff_browser import (
    ANA,
    BRUNO,
    CODE,
    DAVI,
    ENROL,
    LEAVE,
    LOG_IN,
    PASSWORD,
    START,
    StaffBrowser,
    audit_of,
    code_now,
    staff_inside,
    staff_password,
    staff_row,
    with_staff,
)

from ivr.service import staff_accounts, staff_login
from ivr.service.staff_login import ACCOUNT_FAILURES, ADDRESS_FAILURES

WRONG = "senha errada de propósito"
ELSEWHERE = "203.0.113.7"


def main_of(text: str) -> str:
    """The page without what changes from request to request."""
    return re.sub(r'name="csrf_token"[^>]*>', "", text)


def enrolled(desk: Desk, login: str = ANA) -> str:
    """Give the person a second factor through the pages and return its secret."""
    browser = staff_inside(desk, login)
    page = browser.open(ENROL).text
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found is not None
    secret = found.group(1).replace(" ", "")
    answer = browser.send(ENROL, code=code_now(desk, secret))
    assert answer.status_code == 303
    assert browser.inside
    later(desk, seconds=60)
    return secret


def close_account(desk: Desk, login: str) -> None:
    staff_accounts.change(desk.rt, login, "staff.disabled", actor="test", active=False)  # type: ignore[arg-type]


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def test_agent_enters_and_is_led_to_the_start_of_work(staffed: Desk) -> None:
    browser = StaffBrowser(staffed)
    answer = browser.log_in("  Ana.AGENTE ")
    assert (answer.status_code, answer.location) == (303, START)
    page = browser.open(START)
    assert "Ana Atendente" in page.text
    assert [line.action for line in audit_of(staffed)][:2] == [
        "staff.login",
        "staff.password_passed",
    ]


def test_wrong_unknown_closed_and_limited_people_get_the_same_page(staffed: Desk) -> None:
    close_account(staffed, BRUNO)
    answers = [
        StaffBrowser(staffed).log_in(ANA, password=WRONG),
        StaffBrowser(staffed).log_in("ninguem"),
        StaffBrowser(staffed).log_in("não é um usuário!"),
        StaffBrowser(staffed).log_in(BRUNO),
    ]
    for _ in range(ACCOUNT_FAILURES):
        StaffBrowser(staffed).log_in(DAVI, password=WRONG)
    answers.append(StaffBrowser(staffed).log_in(DAVI))
    assert {answer.status_code for answer in answers} == {422}
    assert len({main_of(answer.text) for answer in answers}) == 1


def test_unknown_and_limited_people_cost_one_hash_and_the_same_rows(
    staffed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = type(staffed.rt.verify_pin)
    inner, asked = keeper.__call__, []

    def counting(self: object, password_hash: str | None, secret: str, /) -> bool:
        asked.append(secret)
        return inner(self, password_hash, secret)

    monkeypatch.setattr(keeper, "__call__", counting)
    for _ in range(ACCOUNT_FAILURES):
        StaffBrowser(staffed).log_in(DAVI, password=WRONG)
    counts = []
    for login in (ANA, "ninguem", DAVI):
        asked.clear()
        before = staffed.rows("audit")
        StaffBrowser(staffed).log_in(login, password=WRONG)
        counts.append((len(asked), staffed.rows("audit") - before))
    assert counts == [(1, 1)] * 3


def test_strange_browsers_are_held_after_failures_until_the_window_is_over(staffed: Desk) -> None:
    for _ in range(ACCOUNT_FAILURES):
        StaffBrowser(staffed, ELSEWHERE).log_in(password=WRONG)
    assert StaffBrowser(staffed).log_in().status_code == 422
    later(staffed, minutes=14, seconds=59)
    assert StaffBrowser(staffed).log_in().status_code == 422
    later(staffed, seconds=1)
    assert StaffBrowser(staffed).log_in().status_code == 303


def test_without_the_limit_the_right_password_would_enter(
    staffed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_login, "ACCOUNT_FAILURES", 100)
    for _ in range(ACCOUNT_FAILURES):
        StaffBrowser(staffed, ELSEWHERE).log_in(password=WRONG)
    assert StaffBrowser(staffed).log_in().status_code == 303


def test_attack_from_elsewhere_never_holds_the_agents_own_computer(staffed: Desk) -> None:
    own = staff_inside(staffed)
    own.send(LEAVE, form_at=START)
    for _ in range(4):
        for _ in range(ACCOUNT_FAILURES):
            StaffBrowser(staffed, ELSEWHERE).log_in(password=WRONG)
        assert StaffBrowser(staffed).log_in().status_code == 422
        assert own.log_in().status_code == 303
        own.send(LEAVE, form_at=START)
        later(staffed, minutes=5)


def test_own_computer_is_held_after_its_own_failures(staffed: Desk) -> None:
    own = staff_inside(staffed)
    own.send(LEAVE, form_at=START)
    for _ in range(ACCOUNT_FAILURES):
        own.log_in(password=WRONG)
    assert own.log_in().status_code == 422
    assert StaffBrowser(staffed).log_in().status_code == 303


def test_device_mark_of_one_person_lifts_no_limit_of_another(staffed: Desk) -> None:
    anas = staff_inside(staffed)
    anas.send(LEAVE, form_at=START)
    for _ in range(ACCOUNT_FAILURES):
        StaffBrowser(staffed, ELSEWHERE).log_in(BRUNO, password=WRONG)
    assert anas.log_in(BRUNO).status_code == 422


def test_forged_device_mark_lifts_no_limit(staffed: Desk) -> None:
    for _ in range(ACCOUNT_FAILURES):
        StaffBrowser(staffed, ELSEWHERE).log_in(password=WRONG)
    browser = StaffBrowser(staffed)
    browser.client.set_cookie("ivr-device", f"{'a' * 32}.{'b' * 32}", domain="ivr.test")
    assert browser.log_in().status_code == 422


def test_one_address_is_closed_after_its_failures_and_others_are_not(staffed: Desk) -> None:
    for number in range(ADDRESS_FAILURES):
        StaffBrowser(staffed, ELSEWHERE).log_in(f"pessoa{number}", password=WRONG)
    assert StaffBrowser(staffed, ELSEWHERE).log_in().status_code == 422
    assert StaffBrowser(staffed, "203.0.113.8").log_in().status_code == 303


def test_nothing_that_was_typed_comes_back_or_is_kept(staffed: Desk) -> None:
    answer = StaffBrowser(staffed).log_in("alguem.que.digitou", password=WRONG)
    assert WRONG not in answer.text
    assert "alguem.que.digitou" not in answer.text
    with staffed.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        lines = connection.exec_driver_sql("SELECT actor, action, object, data FROM audit")
        assert "alguem" not in str(lines.fetchall())


def test_second_factor_is_asked_before_any_page_opens(staffed: Desk) -> None:
    secret = enrolled(staffed)
    browser = StaffBrowser(staffed)
    assert browser.log_in().location == CODE
    assert not browser.inside
    assert browser.open(START).location == CODE
    assert browser.show_code(secret).status_code == 303
    assert browser.inside


def test_code_serves_once_and_no_older_code_serves_after_it(staffed: Desk) -> None:
    secret = enrolled(staffed)
    code = code_now(staffed, secret)
    first, second = StaffBrowser(staffed), StaffBrowser(staffed)
    first.log_in()
    second.log_in()
    assert first.send(CODE, code=code).status_code == 303
    assert second.send(CODE, code=code).status_code == 422
    assert second.send(CODE, code=code_now(staffed, secret, steps=-1)).status_code == 422
    assert second.send(CODE, code=code_now(staffed, secret, steps=1)).status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_code_of_a_neighbour_step_serves_and_no_further(
    staffed: Desk, steps: int, status: int
) -> None:
    secret = enrolled(staffed)
    later(staffed, minutes=5)
    browser = StaffBrowser(staffed)
    browser.log_in()
    assert browser.send(CODE, code=code_now(staffed, secret, steps=steps)).status_code == status


def test_code_of_the_enrolment_serves_for_no_log_in(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', browser.open(ENROL).text)
    assert found is not None
    secret = found.group(1).replace(" ", "")
    code = code_now(staffed, secret)
    assert browser.send(ENROL, code=code).status_code == 303
    other = StaffBrowser(staffed)
    other.log_in()
    assert other.send(CODE, code=code).status_code == 422


def test_wrong_codes_are_counted_and_then_the_right_one_is_refused_too(staffed: Desk) -> None:
    secret = enrolled(staffed)
    later(staffed, minutes=20)
    browser = StaffBrowser(staffed)
    browser.log_in()
    for _ in range(ACCOUNT_FAILURES):
        assert browser.send(CODE, code="000000").status_code == 422
    assert browser.show_code(secret).status_code == 422
    later(staffed, minutes=15)
    browser.log_in()
    assert browser.show_code(secret).status_code == 303


def test_right_password_waits_five_minutes_for_the_code(staffed: Desk) -> None:
    secret = enrolled(staffed)
    browser = StaffBrowser(staffed)
    browser.log_in()
    later(staffed, minutes=5)
    assert browser.post(CODE, code=code_now(staffed, secret)).status_code == 400
    assert browser.open(CODE).location == LOG_IN


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\0" * 6, "1" * 500]
)
def test_what_can_be_no_code_is_refused(staffed: Desk, code: str) -> None:
    enrolled(staffed)
    browser = StaffBrowser(staffed)
    browser.log_in()
    assert browser.send(CODE, code=code).status_code == 422
    assert not browser.inside


def test_enrolment_ends_the_other_log_ins_of_the_account(staffed: Desk) -> None:
    other = staff_inside(staffed)
    enrolled(staffed)
    assert not other.inside


def test_enrolled_person_cannot_take_another_second_factor_by_the_page(staffed: Desk) -> None:
    secret = enrolled(staffed)
    browser = StaffBrowser(staffed)
    browser.log_in()
    browser.show_code(secret)
    assert "já tem segundo fator" in browser.open(ENROL).text
    assert browser.open(f"{ENROL}/quadro.svg").status_code == 404


def test_reset_of_the_second_factor_opens_enrolment_again(staffed: Desk) -> None:
    enrolled(staffed)
    staff_accounts.change(staffed.rt, ANA, "staff.totp_reset", actor="cli", totp="")  # type: ignore[arg-type]
    browser = StaffBrowser(staffed)
    assert browser.log_in().location == START
    assert staff_row(staffed).totp == ""


def test_qr_code_is_a_picture_that_is_kept_nowhere(staffed: Desk) -> None:
    answer = staff_inside(staffed).open(f"{ENROL}/quadro.svg")
    assert b"<svg" in answer.data
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "next_path",
    [
        "//mau.example/",
        "https://mau.example/",
        "/\\mau.example",
        "\\\\mau.example",
        "/entrar",
        "/sair",
        "/nao-existe",
        "javascript:alert(1)",
        "/%2F/mau.example",
        "/\tmau",
    ],
)
def test_log_in_leads_on_to_our_own_pages_only(staffed: Desk, next_path: str) -> None:
    assert StaffBrowser(staffed).log_in(next=next_path).location == START


def test_log_in_leads_on_to_the_page_that_was_asked_for(staffed: Desk) -> None:
    browser = StaffBrowser(staffed)
    assert browser.log_in(next="/meu-acesso").location == "/meu-acesso"


def test_own_password_is_changed_with_the_old_one_and_ends_other_log_ins(staffed: Desk) -> None:
    mine, other = staff_inside(staffed), staff_inside(staffed)
    new = "capivara lilás toca violoncelo"
    fields = {"new": new, "again": new}
    assert mine.send(PASSWORD, old=WRONG, **fields).status_code == 422
    answer = mine.send(PASSWORD, old=staff_password(staffed), **fields)
    assert answer.status_code == 303
    assert mine.inside
    assert not other.inside
    assert StaffBrowser(staffed).log_in(password=new).status_code == 303
    assert StaffBrowser(staffed).log_in().status_code == 422


def test_guessing_the_old_password_in_an_open_log_in_is_held(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    new = {"new": "capivara lilás toca", "again": "capivara lilás toca"}
    for _ in range(ACCOUNT_FAILURES):
        assert browser.send(PASSWORD, old=WRONG, **new).status_code == 422
    assert browser.send(PASSWORD, old=staff_password(staffed), **new).status_code == 422
    later(staffed, minutes=14)
    assert browser.inside
    later(staffed, minutes=1)
    assert browser.send(PASSWORD, old=staff_password(staffed), **new).status_code == 303


def test_short_password_is_told_at_its_field(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    old = staff_password(staffed)
    answer = browser.send(PASSWORD, old=old, new="curta", again="curta")
    assert answer.status_code == 422
    assert "12 caracteres" in answer.text
