"""Logging in to the owner's page: one answer for everybody who may not, and limits that hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk import Desk, people
from web.owner_browser import HOME, LEAVE, LOG_IN, PIN, Browser, errors, logged_in, password_of
from web.phone_line import later, sql

from ivr.adapters.directory.demo import DemoDirectory
from ivr.domain.identifier import matricula_check_digit
from ivr.service import owner_login
from ivr.service.owner_login import ACCOUNT_FAILURES, ADDRESS_FAILURES

WRONG = "senha errada de propósito"


def main_of(text: str) -> str:
    """The page without what changes from request to request."""
    return re.sub(r'name="csrf_token"[^>]*>', "", text)


def directory_of(desk: Desk) -> DemoDirectory:
    directory = desk.rt.directories[desk.rt.identity]
    assert isinstance(directory, DemoDirectory)
    return directory


@pytest.mark.parametrize("number", ["cpf", "matricula", "dotted"])
def test_owner_enters_by_cpf_or_matricula(still: Desk, number: str) -> None:
    ana = people()["ana"]
    dotted = "{}.{}.{}-{}".format(*re.findall(r"\d{2,3}", ana["cpf"][:9]), ana["cpf"][9:])
    browser = Browser(still)
    browser.log_in(number=dotted if number == "dotted" else ana[number])
    page = browser.open(HOME)
    assert page.status_code == 200
    assert "(**) *****-0001" in page.text
    assert "a***@" in page.text
    assert ana["cpf"] not in page.text
    assert "99990001" not in page.text


def test_page_without_a_log_in_leads_to_the_log_in(still: Desk) -> None:
    answer = Browser(still).open(PIN)
    assert (answer.status_code, answer.location) == (303, LOG_IN)


def test_wrong_unknown_locked_disabled_and_limited_people_get_the_same_page(still: Desk) -> None:
    answers = [
        Browser(still).log_in("bento", password=WRONG),
        Browser(still).log_in("iara", password=WRONG),
        Browser(still).log_in("clara"),
        Browser(still).log_in("davi"),
    ]
    for _ in range(ACCOUNT_FAILURES):
        Browser(still).log_in("ana", password=WRONG)
    answers.append(Browser(still).log_in("ana"))
    assert {answer.status_code for answer in answers} == {422}
    assert len({main_of(answer.text) for answer in answers}) == 1


def test_unknown_people_cost_the_directory_the_same_questions(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    inner = DemoDirectory._matches
    spy: Callable[..., Any] = lambda self, h, p: (asked.append("hash"), inner(self, h, p))[1]  # noqa: E731
    monkeypatch.setattr(DemoDirectory, "_matches", spy)
    for who in ("bento", "iara"):
        asked.clear()
        rows = still.rows("owner_logins"), still.rows("owner_events")
        Browser(still).log_in(who, password=WRONG)
        after = still.rows("owner_logins"), still.rows("owner_events")
        assert asked == ["hash"]
        assert (after[0] - rows[0], after[1] - rows[1]) == (1, 1)


def test_account_is_closed_after_its_failures_and_opens_with_time(still: Desk) -> None:
    for _ in range(ACCOUNT_FAILURES):
        Browser(still).log_in(password=WRONG)
    browser = Browser(still, address="203.0.113.9")
    assert browser.log_in().status_code == 422
    later(still, minutes=29, seconds=59)
    assert browser.log_in().status_code == 422
    later(still, seconds=2)
    assert browser.log_in().status_code == 303


def test_without_the_account_limit_the_right_password_would_enter(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_login, "ACCOUNT_FAILURES", 100)
    for _ in range(ACCOUNT_FAILURES):
        Browser(still).log_in(password=WRONG)
    assert Browser(still).log_in().status_code == 303


def test_matricula_and_cpf_of_a_person_share_the_count(still: Desk) -> None:
    for number in ("cpf", "matricula") * (ACCOUNT_FAILURES // 2):
        Browser(still).log_in(number=people()["ana"][number], password=WRONG)
    assert Browser(still).log_in().status_code == 422


def test_failures_never_lock_the_account_in_the_directory(still: Desk) -> None:
    for _ in range(ACCOUNT_FAILURES + 5):
        Browser(still).log_in(password=WRONG)
    assert directory_of(still).authenticate("ana", password_of())


def test_one_address_is_closed_after_its_failures_and_others_are_not(still: Desk) -> None:
    for body in range(1000, 1000 + ADDRESS_FAILURES):
        number = f"{body}{matricula_check_digit(str(body))}"
        Browser(still, address="203.0.113.7").log_in(number=number, password=WRONG)
    assert Browser(still, address="203.0.113.7").log_in().status_code == 422
    assert Browser(still, address="203.0.113.8").log_in().status_code == 303
    later(still, minutes=15, seconds=1)
    assert Browser(still, address="203.0.113.7").log_in().status_code == 303


def test_forged_forwarding_header_from_outside_hides_no_address(still: Desk) -> None:
    for body in range(1000, 1000 + ADDRESS_FAILURES):
        browser = Browser(still, address="203.0.113.7")
        browser.open(LOG_IN)
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', browser.open(LOG_IN).text)[0]
        browser.post(
            LOG_IN,
            headers={"X-Forwarded-For": f"198.51.100.{body % 250}"},
            csrf_token=token,
            number=f"{body}{matricula_check_digit(str(body))}",
            password=WRONG,
        )
    assert Browser(still, address="203.0.113.7").log_in().status_code == 422


def test_outage_of_the_directory_uses_up_no_try(still: Desk) -> None:
    browser = Browser(still)
    directory_of(still).faults.down = True
    for _ in range(ACCOUNT_FAILURES + 1):
        assert browser.log_in().status_code == 503
    directory_of(still).faults.down = False
    assert browser.log_in().status_code == 303


def test_provisional_password_has_to_be_changed_first(still: Desk) -> None:
    browser = Browser(still)
    answer = browser.log_in("joca")
    assert "Troque-a primeiro" in answer.text
    assert not browser.inside
    assert "Troque-a primeiro" not in browser.log_in("joca", password=WRONG).text


@pytest.mark.parametrize(
    "number", ["123", "12345678900", "não é número", "1" * 500, "\0", "１２３"]
)
def test_number_that_cannot_be_one_is_told_at_its_field(still: Desk, number: str) -> None:
    answer = Browser(still).log_in(number=number)
    assert (answer.status_code, errors(answer)) == (422, ["number"])
    assert still.rows("owner_logins") == 0


def test_nothing_that_was_typed_comes_back(still: Desk) -> None:
    answer = Browser(still).log_in("ana", password=WRONG)
    assert WRONG not in answer.text
    assert people()["ana"]["cpf"] not in answer.text


def test_log_in_makes_a_new_cookie_and_a_new_csrf_secret(still: Desk) -> None:
    browser = Browser(still)
    browser.open(LOG_IN)
    with browser.cookie() as before:
        planted = dict(before)
    browser.log_in()
    with browser.cookie() as after:
        first = dict(after)
    assert "owner" not in planted
    assert first["owner"]
    assert first.get("csrf_token") != planted["csrf_token"]
    again = logged_in(still)
    with again.cookie() as kept:
        assert kept["owner"] != first["owner"]


def test_token_planted_before_the_log_in_opens_nothing(still: Desk) -> None:
    browser = Browser(still)
    with browser.cookie() as planted:
        planted["owner"] = "f" * 64
    browser.log_in()
    thief = Browser(still)
    with thief.cookie() as planted:
        planted["owner"] = "f" * 64
    assert browser.inside
    assert not thief.inside


@pytest.mark.parametrize(("seconds", "inside"), [(15 * 60 - 1, True), (15 * 60, False)])
def test_session_ends_when_idle_for_fifteen_minutes(
    still: Desk, seconds: int, inside: bool
) -> None:
    browser = logged_in(still)
    later(still, seconds=seconds)
    assert browser.inside is inside


@pytest.mark.parametrize(("short", "inside"), [(1, True), (0, False)])
def test_session_in_use_ends_after_ten_hours(still: Desk, short: int, inside: bool) -> None:
    browser = logged_in(still)
    for _ in range(10 * 60 // 10 - 1):
        later(still, minutes=10)
        assert browser.inside
    still.clock.at += timedelta(minutes=10, seconds=-short)
    assert browser.inside is inside


def test_logging_out_ends_every_copy_of_the_cookie(still: Desk) -> None:
    browser, copy = logged_in(still), Browser(still)
    with browser.cookie() as kept, copy.cookie() as stolen:
        stolen.update(kept)
    assert copy.inside
    assert browser.send(LEAVE, form_at=HOME).status_code == 303
    assert not browser.inside
    assert not copy.inside


def test_account_disabled_after_the_log_in_ends_it(still: Desk) -> None:
    browser = logged_in(still)
    sql(still, "UPDATE demo_account SET disabled = TRUE WHERE uid = 'ana'")
    assert browser.open(HOME).status_code == 303
    sql(still, "UPDATE demo_account SET disabled = FALSE WHERE uid = 'ana'")
    assert not browser.inside


@pytest.mark.parametrize("path", [LOG_IN, PIN, LEAVE])
def test_post_without_the_csrf_token_changes_nothing(still: Desk, path: str) -> None:
    browser = logged_in(still)
    answer = browser.post(path, pin="73905168", again="73905168", password=password_of())
    assert answer.status_code == 400
    assert browser.inside


def test_headers_and_cookie_are_strict(still: Desk) -> None:
    browser = Browser(still)
    answer = browser.open(LOG_IN)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


def test_huge_body_is_refused(still: Desk) -> None:
    browser = Browser(still)
    assert browser.post(LOG_IN, number="1" * 20_000).status_code in (400, 413)
