"""How long a log-in of staff lasts, what ends it, and that nothing from before it is of use."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk import Desk, people
from flask import Flask
from web.owner_browser import HOME as OWNER_HOME
from web.owner_browser import LOG_IN as OWNER_LOG_IN
from web.phone_line import later, still_desk
from web.staff_browser import (
    ANA,
    BRUNO,
    ENROL,
    LEAVE,
    LOG_IN,
    PASSWORD,
    START,
    StaffBrowser,
    audit_of,
    staff_inside,
    staff_password,
    staff_row,
    with_staff,
)

from ivr.ports.desk import PresenceRow, PresenceState
from ivr.service import staff_accounts
from ivr.web.door import me, staff_page

PULSE = "/prova/pulso"


@pytest.fixture
def staffed(still: Desk) -> Desk:
    add_pulse(still.app)
    return with_staff(still)


def add_pulse(app: Flask) -> None:
    """A page that asks by itself, like the console's sign of life."""

    @app.get(PULSE)
    @staff_page("agent", background=True)
    def pulse() -> str:
        return me().login


def presence(desk: Desk, state: PresenceState, login: str = ANA) -> None:
    """Put the agent into a state."""
    agent, now = staff_row(desk, login).id, desk.clock.now()
    row = PresenceRow(agent=agent, state=state, since=now, idle_since=now)
    with desk.rt.store.begin() as tx:
        known = tx.desk.presence(agent)
        if known is None:
            tx.desk.put_presence(row)
        else:
            assert tx.desk.change_presence(replace(row, version=known.version), was=known.version)


def ends_told(desk: Desk) -> list[str]:
    """Entities of the told ``sessao.fim``."""
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql(
            "SELECT entity FROM changes WHERE topic = 'sessao.fim' ORDER BY row_id"
        )
        return [row[0] for row in rows]


@pytest.mark.parametrize(("short_by", "inside"), [(1, True), (0, False)])
def test_session_ends_after_fifteen_idle_minutes_exactly(
    staffed: Desk, short_by: int, inside: bool
) -> None:
    browser = staff_inside(staffed)
    staffed.clock.at += timedelta(minutes=15, microseconds=-short_by)
    assert browser.inside is inside


@pytest.mark.parametrize(("short_by", "inside"), [(1, True), (0, False)])
def test_session_in_use_ends_after_ten_hours_exactly(
    staffed: Desk, short_by: int, inside: bool
) -> None:
    browser = staff_inside(staffed)
    for _ in range(10 * 60 // 10 - 1):
        later(staffed, minutes=10)
        assert browser.inside
    staffed.clock.at += timedelta(minutes=10, microseconds=-short_by)
    assert browser.inside is inside


def test_enrolling_a_second_factor_gives_no_new_ten_hours(staffed: Desk) -> None:
    from web.test_staff_login import enrolled

    secret_holder = staff_inside(staffed)
    later(staffed, minutes=10)
    assert secret_holder.inside
    enrolled(staffed, BRUNO)
    with staffed.rt.store.begin(write=False) as tx:
        (session,) = tx.staff.sessions_of(staff_row(staffed, BRUNO).id)
    assert session.second_factor
    assert session.created_at <= session.seen_at


def test_pages_that_ask_by_themselves_do_not_keep_an_idle_console_open(staffed: Desk) -> None:
    presence(staffed, "available")
    browser = staff_inside(staffed)
    for _ in range(15):
        assert browser.open(PULSE).status_code == 200
        later(staffed, minutes=1)
    assert browser.open(PULSE).location == f"{LOG_IN}?next={PULSE}"
    assert not browser.inside


@pytest.mark.parametrize("state", ["ringing", "in_call"])
def test_sign_of_life_keeps_an_agent_in_a_talk_logged_in(staffed: Desk, state: str) -> None:
    presence(staffed, state)
    browser = staff_inside(staffed)
    for _ in range(40):
        later(staffed, minutes=1)
        assert browser.open(PULSE).status_code == 200
    presence(staffed, "wrap_up")
    later(staffed, minutes=14)
    assert browser.open(PULSE).status_code == 200
    later(staffed, minutes=1)
    assert not browser.inside


def test_ten_hours_hold_in_a_talk_too(staffed: Desk) -> None:
    presence(staffed, "in_call")
    browser = staff_inside(staffed)
    for _ in range(10 * 60 // 10 - 1):
        later(staffed, minutes=10)
        assert browser.open(PULSE).status_code == 200
    later(staffed, minutes=10)
    assert browser.open(PULSE).status_code == 303


def test_talk_of_another_agent_keeps_nobody_else_logged_in(staffed: Desk) -> None:
    presence(staffed, "in_call", BRUNO)
    browser = staff_inside(staffed)
    for _ in range(15):
        browser.open(PULSE)
        later(staffed, minutes=1)
    assert not browser.inside


def test_script_without_a_log_in_gets_401_and_htmx_the_way_to_the_log_in(staffed: Desk) -> None:
    browser = StaffBrowser(staffed)
    script = browser.open(PULSE, headers={"Sec-Fetch-Dest": "empty"})
    htmx = browser.open(PULSE, headers={"HX-Request": "true"})
    assert (script.status_code, script.location) == (401, None)
    assert (htmx.status_code, htmx.headers["HX-Redirect"]) == (401, LOG_IN)


def test_logging_out_ends_every_copy_of_the_cookie_and_tells_its_pages(staffed: Desk) -> None:
    browser, copy, other = staff_inside(staffed), StaffBrowser(staffed), staff_inside(staffed)
    with browser.client.session_transaction(base_url="http://ivr.test") as kept:
        stolen = dict(kept)
    with copy.client.session_transaction(base_url="http://ivr.test") as session:
        session.update(stolen)
    assert copy.inside
    assert browser.send(LEAVE, form_at=START).location == f"{LOG_IN}?feito=out"
    assert not browser.inside
    assert not copy.inside
    assert other.inside
    assert len(ends_told(staffed)) == 1
    assert "staff.logout" in [line.action for line in audit_of(staffed)]


@pytest.mark.parametrize(("state", "after"), [("available", "offline"), ("in_call", "in_call")])
def test_agent_who_logs_out_leaves_the_desk_and_a_talk_goes_on(
    staffed: Desk, state: PresenceState, after: str
) -> None:
    presence(staffed, state)
    staff_inside(staffed).send(LEAVE, form_at=START)
    with staffed.rt.store.begin(write=False) as tx:
        row = tx.desk.presence(staff_row(staffed).id)
    assert row is not None
    assert row.state == after


def test_agent_with_another_log_in_stays_at_the_desk(staffed: Desk) -> None:
    presence(staffed, "available")
    kept = staff_inside(staffed)
    staff_inside(staffed).send(LEAVE, form_at=START)
    with staffed.rt.store.begin(write=False) as tx:
        row = tx.desk.presence(staff_row(staffed).id)
    assert row is not None
    assert row.state == "available"
    assert kept.inside


def test_token_planted_before_the_log_in_opens_nothing(staffed: Desk) -> None:
    victim, thief = StaffBrowser(staffed), StaffBrowser(staffed)
    for browser in (victim, thief):
        with browser.client.session_transaction(base_url="http://ivr.test") as session:
            session["staff"] = "f" * 64
    victim.log_in()
    assert victim.inside
    assert not thief.inside


def test_log_in_makes_a_new_token_and_a_new_csrf_secret(staffed: Desk) -> None:
    browser = StaffBrowser(staffed)
    browser.open(LOG_IN)
    with browser.client.session_transaction(base_url="http://ivr.test") as session:
        before = dict(session)
    browser.log_in()
    with browser.client.session_transaction(base_url="http://ivr.test") as session:
        after = dict(session)
    assert "staff" not in before
    assert len(after["staff"]) == 64
    assert after.get("csrf_token") != before["csrf_token"]


def test_second_log_in_of_a_browser_ends_its_first(staffed: Desk) -> None:
    browser, copy = staff_inside(staffed), StaffBrowser(staffed)
    with browser.client.session_transaction(base_url="http://ivr.test") as kept:
        stolen = dict(kept)
    token = browser.open(PASSWORD).text.split('name="csrf_token"')[1].split('value="')[1]
    browser.post(
        LOG_IN,
        csrf_token=token.split('"')[0],
        login=BRUNO,
        password=staff_password(staffed),
    )
    with copy.client.session_transaction(base_url="http://ivr.test") as session:
        session.update(stolen)
    assert not copy.inside
    assert "Bruno" in browser.open(START).text


def test_database_holds_no_token(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    with browser.client.session_transaction(base_url="http://ivr.test") as session:
        token = session["staff"]
    with staffed.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql("SELECT * FROM staff_sessions").fetchall()
    assert token not in str(rows)


def test_closing_an_account_ends_its_log_ins_at_once(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    staff_accounts.change(staffed.rt, ANA, "staff.disabled", actor="cli", active=False)  # type: ignore[arg-type]
    assert not browser.inside
    assert len(ends_told(staffed)) == 1


def test_other_roles_hold_from_the_next_log_in(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    staff_accounts.change(staffed.rt, ANA, "staff.roles", actor="cli", roles=("auditor",))  # type: ignore[arg-type]
    assert not browser.inside
    assert staff_inside(staffed).open(PULSE).status_code == 403


@pytest.mark.parametrize("path", [LOG_IN, ENROL, START, PASSWORD, LEAVE])
def test_post_without_the_csrf_token_changes_nothing(staffed: Desk, path: str) -> None:
    browser = staff_inside(staffed)
    before = staffed.rows("audit")
    answer = browser.post(path, login=ANA, password=staff_password(staffed), code="123456")
    assert answer.status_code == 400
    assert browser.inside
    assert staffed.rows("audit") == before


def test_csrf_token_of_another_browser_is_refused(staffed: Desk) -> None:
    browser, other = staff_inside(staffed), staff_inside(staffed)
    text = other.open(START).text
    token = text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    assert browser.post(LEAVE, csrf_token=token).status_code == 400
    assert browser.inside


def test_staff_and_owner_log_ins_live_side_by_side(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    person = people()["ana"]
    answer = browser.send(OWNER_LOG_IN, number=person["cpf"], password=person["password"])
    assert answer.status_code == 303
    assert browser.open(OWNER_HOME).status_code == 200
    assert browser.inside
    browser.send("/meu-acesso/sair", form_at=OWNER_HOME)
    assert browser.open(OWNER_HOME).status_code == 303
    assert browser.inside
    browser.send(OWNER_LOG_IN, number=person["cpf"], password=person["password"])
    browser.send(LEAVE, form_at=START)
    assert browser.open(OWNER_HOME).status_code == 200
    assert not browser.inside


def test_token_of_one_page_is_none_of_the_other(staffed: Desk) -> None:
    browser = staff_inside(staffed)
    with browser.client.session_transaction(base_url="http://ivr.test") as session:
        session["owner"] = session["staff"]
    assert browser.open(OWNER_HOME).status_code == 303


def test_cookie_over_https_is_bound_to_the_host(quick: object) -> None:
    desk = with_staff(still_desk(quick, changes={"PUBLIC_URL": "https://ivr.test"}))  # type: ignore[arg-type]
    client = desk.app.test_client()
    page = client.get(LOG_IN, base_url="https://ivr.test")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-ivr=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    desk.close()


def test_local_account_must_take_a_second_factor_where_that_is_the_rule(quick: object) -> None:
    desk = with_staff(still_desk(quick, changes={"IVR_STAFF_TOTP": "required"}))  # type: ignore[arg-type]
    browser = StaffBrowser(desk)
    assert browser.log_in().location == ENROL
    assert browser.open(START).location == ENROL
    assert not browser.inside
    desk.close()
