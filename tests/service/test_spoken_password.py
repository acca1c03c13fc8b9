"""A temporary password that is spelled out: heard to the end, cut off, or never made."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from desk import Desk
from web.phone_line import PhoneLine, asks, call, later, order_reset, prove, sql, words

from ivr.adapters.directory.demo import DemoDirectory
from ivr.domain.otp import temporary_password
from ivr.service.links import choose_password


def secret_path(line: PhoneLine) -> str:
    found = re.search(rb"http://ivr\.test(/audio/secret/[^<]+)", line.heard[-1])
    assert found, line.heard[-1]
    return found[1].decode()


def to_the_secret(desk: Desk, name: str = "one") -> PhoneLine:
    line = order_reset(prove(call(desk, name)), "2")
    desk.work()
    line.go_on()
    return line


def directory_of(desk: Desk) -> DemoDirectory:
    found = desk.rt.directories[desk.rt.identity]
    assert isinstance(found, DemoDirectory)
    return found


def password_of(desk: Desk, line: PhoneLine, turn: int = 8) -> str:
    """What the listener of the secret audio hears, made here from the row's salt."""
    key = f"reset:{line.sid}:{turn}"
    with desk.rt.store.begin(write=False) as tx:
        salt = tx.resets.secret(key, now=tx.now())
    assert salt is not None
    return temporary_password(desk.rt.secret_key, key, salt)


@pytest.fixture
def sounds(still: Desk, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was spelled at the address of the secret audio."""
    spelled: list[list[str]] = []

    def spell(folder: Any, letters: list[str]) -> bytes:
        spelled.append(letters)
        return b"RIFF"

    monkeypatch.setattr("ivr.web.audio.secret_audio", spell)
    return spelled


def test_the_spelled_password_opens_the_account_and_must_be_changed(
    still: Desk, sounds: list[list[str]]
) -> None:
    line = to_the_secret(still)
    answer = still.app.test_client().get(secret_path(line))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    password = "".join(sounds[0])
    assert password == password_of(still, line)
    assert directory_of(still).authenticate("ana", password)
    assert directory_of(still).must_change("ana")
    assert not directory_of(still).authenticate("ana", "Inicial-Ana-4729")


def test_the_address_is_dead_once_the_call_went_on(still: Desk, sounds: list[list[str]]) -> None:
    line = to_the_secret(still)
    path = secret_path(line)
    line.go_on()
    assert line.hears("reset.spoken_done")
    assert still.app.test_client().get(path).status_code == 404
    line.hang_up()
    assert still.app.test_client().get(path).status_code == 404
    still.work()
    assert sounds == []
    assert not any("/senha/" in body for _, body in still.sms.sent)


def test_a_wrong_token_finds_nothing(still: Desk, sounds: list[list[str]]) -> None:
    path = secret_path(to_the_secret(still))
    token = path.rpartition("/")[2].removesuffix(".wav")
    client = still.app.test_client()
    wrong = [
        token[:-1] + ("2" if token[-1] != "2" else "3"),
        "A" + token[1:],
        token[:-26] + "x" * 26,
        token[-26:],
        token[1:],
        "",
        "%00" * 20,
        "é" * 30,
        "../../" + token,
    ]
    for guess in wrong:
        assert client.get(f"/audio/secret/{guess}.wav").status_code == 404, guess
    assert sounds == []
    assert client.get(path).status_code == 200


def test_the_address_dies_with_its_day(still: Desk, sounds: list[list[str]]) -> None:
    path = secret_path(to_the_secret(still))
    later(still, hours=24, seconds=1)
    assert still.app.test_client().get(path).status_code == 404


def assert_a_link_came_instead(
    desk: Desk, line: PhoneLine, *, outcome: str = "in_progress"
) -> None:
    """And the ticket waits until it was used."""
    desk.work()
    later(desk, seconds=30)
    desk.work()
    assert sum("/senha/" in body for _, body in desk.sms.sent) == 1
    assert desk.rows("demo_change") == desk.rows("resets") == 1
    assert desk.rows("reset_secrets") == 0, "nobody can hear the first password any more"
    ticket = desk.ticket(line.sid)
    assert (ticket.outcome, ticket.status, ticket.closed_at) == (outcome, "pending", None)
    chosen = choose_password(desk.rt, desk.sms.link().rpartition("/")[2], "capivara lilás toca")
    assert chosen.ok
    ticket = desk.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", "closed")


def test_a_caller_who_hangs_up_before_the_reset_was_made_gets_a_link(still: Desk) -> None:
    line = order_reset(prove(call(still)), "2")
    line.hang_up()
    assert still.ticket(line.sid).outcome == "in_progress"
    assert_a_link_came_instead(still, line)


def test_a_caller_who_hangs_up_after_the_reset_and_before_the_sound_gets_a_link(
    still: Desk,
) -> None:
    line = order_reset(prove(call(still)), "2")
    still.work()
    line.hang_up()
    assert_a_link_came_instead(still, line)


def test_a_caller_who_hangs_up_during_the_sound_gets_a_link(
    still: Desk, sounds: list[list[str]]
) -> None:
    line = to_the_secret(still)
    path = secret_path(line)
    assert still.app.test_client().get(path).status_code == 200
    line.hang_up()
    assert_a_link_came_instead(still, line)
    assert still.app.test_client().get(path).status_code == 404


def test_a_caller_who_was_told_later_gets_a_link_when_the_worker_is_back(still: Desk) -> None:
    line = order_reset(prove(call(still)), "2")
    for _ in range(12):
        if asks(line.heard[-1]):
            break
        line.go_on()
    assert line.hears("reset.later")
    line.hang_up()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("in_progress", "pending")
    assert_a_link_came_instead(still, line)


def test_a_caller_who_was_told_later_and_whose_reset_was_refused_has_an_open_ticket(
    still: Desk,
) -> None:
    line = order_reset(prove(call(still)), "2")
    for _ in range(12):
        if not asks(line.heard[-1]):
            line.go_on()
    line.hang_up()
    sql(still, "UPDATE demo_account SET disabled = true WHERE uid = 'ana'")
    still.work()
    later(still, seconds=30)
    still.work()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("refused", "open")
    assert not any("/senha/" in body for _, body in still.sms.sent)


def test_a_caller_without_a_mobile_any_more_leaves_an_open_ticket(still: Desk) -> None:
    line = order_reset(prove(call(still)), "2")
    still.work()
    sql(still, "UPDATE demo_account SET mobile = NULL WHERE uid = 'ana'")
    line.hang_up()
    still.work()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")


def test_whoever_was_cut_off_hears_the_truth_when_they_call_again(still: Desk) -> None:
    line = to_the_secret(still)
    line.hang_up()
    still.work()
    later(still, minutes=3)
    again = order_reset(prove(call(still, "again")), "2")
    assert again.hears("reset.limited")
    assert again.hears("priority.ask")
    again.hang_up()
    assert (still.ticket(again.sid).outcome, still.ticket(again.sid).status) == ("refused", "open")


@pytest.mark.parametrize("delivery", ["1", "2"])
def test_of_two_calls_that_race_for_a_reset_one_wins_and_the_other_hears_the_limit(
    still: Desk, delivery: str
) -> None:
    first = prove(call(still, "first"))
    later(still, seconds=61)
    second = prove(call(still, "second"))
    for line in (first, second):
        order_reset(line, delivery)
        assert line.hears("reset.working")
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: still.work(), range(2)))
    heard = []
    for line in (first, second):
        line.go_on()
        heard.append("limit" if line.hears("reset.limited") else "done")
    assert sorted(heard) == ["done", "limit"]
    assert still.rows("resets") == 1
    assert still.rows("demo_change") == (1 if delivery == "2" else 0)
    links = [body for _, body in still.sms.sent if "/senha/" in body]
    assert len(links) == (1 if delivery == "1" else 0)


def test_no_document_of_the_spoken_reset_holds_the_password(still: Desk) -> None:
    line = to_the_secret(still)
    password = password_of(still, line)
    for document in line.heard:
        assert password not in document.decode()
        assert password.lower() not in words(document).lower().replace(" ", "")
    assert b"<Record" not in line.heard[-1]


def test_a_password_that_cannot_be_said_is_replaced_by_a_link_even_if_the_call_goes_on(
    still: Desk,
) -> None:
    """There is no prompt audio at all in this desk."""
    line = to_the_secret(still)
    assert still.app.test_client().get(secret_path(line)).status_code == 404
    line.go_on()
    line.hang_up()
    assert_a_link_came_instead(still, line, outcome="resolved_self_service")
