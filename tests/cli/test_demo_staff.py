"""The invented staff of ``flask demo load``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desk import Desk, make_desk
from web.staff_browser import ANA, StaffBrowser, staff_password, staff_row, with_staff

from ivr.adapters.sealing import HmacHash
from ivr.cli import demo_staff
from ivr.domain.agent_line import number_of


def test_every_invented_person_enters_with_the_password_that_is_told(tmp_path: Path) -> None:
    desk = with_staff(make_desk(tmp_path))
    for person in demo_staff.as_json(desk.rt.keyed_hash):
        browser = StaffBrowser(desk)
        assert browser.log_in(person["login"], password=person["password"]).status_code == 303
        assert browser.inside
        assert list(staff_row(desk, person["login"]).roles) == person["roles"]


def test_lines_are_numbers_that_can_be_rung_and_differ(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    lines = [p["line"] for p in demo_staff.as_json(desk.rt.keyed_hash) if p["line"]]
    assert lines == [number_of(line) for line in lines]
    assert len(set(lines)) == len(lines)
    assert all(line.startswith("+5567331836") for line in lines)


def test_password_hangs_on_the_key_of_the_installation() -> None:
    one, other = (demo_staff.password(HmacHash(key * 32)) for key in (b"a", b"b"))
    assert one != other
    assert one == demo_staff.password(HmacHash(b"a" * 32))


def test_loading_again_keeps_what_people_chose_and_gives_the_password_back(tmp_path: Path) -> None:
    desk: Desk = with_staff(make_desk(tmp_path))
    with desk.rt.store.begin() as tx:
        row = tx.staff.by_login(ANA)
        assert row is not None
        assert tx.staff.save(replace(row, line="+556733183699"))
    with_staff(desk)
    assert staff_row(desk).line == "+556733183699"
    with desk.rt.store.begin() as tx:
        assert tx.staff.save(replace(staff_row(desk), password_hash="x"))
    with_staff(desk)
    assert StaffBrowser(desk).log_in(password=staff_password(desk)).status_code == 303
