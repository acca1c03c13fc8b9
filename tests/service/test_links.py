"""Links: who may use one, how often, and what is left when a process dies on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.link_world import CALL, GOOD, NOW, OLD, OTHER, PROTOCOL, World, built_world

from ivr.ports.errors import PortError
from ivr.service import links
from ivr.service.link_tokens import path_of
from ivr.service.links import (
    CLAIM,
    MAX_REFUSALS,
    choose_password,
    marker_of,
    not_me,
    open_link,
    settle_link,
)


class PowerCutError(BaseException):
    """The process dies here: nothing after it runs, not even ``except Exception``."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with built_world(tmp_path) as built:
        yield built


def race(racers: int, work: Callable[[int], None]) -> list[BaseException]:
    gate, errors = threading.Barrier(racers), []

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_fresh_link_opens_and_tells_nothing_of_the_person(world: World) -> None:
    link, token = world.link()
    opened = open_link(world.rt, token)
    assert opened is not None
    assert (opened.id, opened.service, opened.expires_at) == (
        link.id,
        "email",
        NOW + timedelta(hours=24),
    )
    assert path_of(world.rt.secret_key, link) == f"/senha/{token}"
    assert "ana" not in token


def test_token_typed_in_capitals_still_opens(world: World) -> None:
    _, token = world.link()
    link_id, mac = token.split(".")
    assert open_link(world.rt, f"{link_id}.{mac.upper()}") is not None


def test_every_single_changed_character_of_a_token_closes_it(world: World) -> None:
    _, token = world.link()
    assert open_link(world.rt, token) is not None
    for place, char in enumerate(token):
        other = "2" if char != "2" else "3"
        assert open_link(world.rt, token[:place] + other + token[place + 1 :]) is None, place


def test_mac_of_one_link_does_not_open_another(world: World) -> None:
    (_, first), (_, second) = world.link(), world.link()
    mixed = f"{first.split('.')[0]}.{second.split('.')[1]}"
    assert open_link(world.rt, mixed) is None


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60) | st.from_regex(r"[0-9a-f]{16}\.[2-9a-z]{26}", fullmatch=True))
def test_no_guessed_token_opens_anything(world: World, text: str) -> None:
    assert open_link(world.rt, text) is None
    assert not choose_password(world.rt, text, GOOD).again
    assert not not_me(world.rt, text)


def test_link_of_one_purpose_does_not_serve_the_other(world: World) -> None:
    _, password_token = world.link("password")
    _, not_me_token = world.link("not_me")
    assert open_link(world.rt, password_token, purpose="not_me") is None
    assert open_link(world.rt, not_me_token, purpose="password") is None
    assert not not_me(world.rt, password_token)
    assert not choose_password(world.rt, not_me_token, GOOD).ok
    assert world.opens(OLD)


@pytest.mark.sqlite_only
def test_stored_row_alone_does_not_give_the_token(world: World) -> None:
    _, token = world.link()
    dump = world.database.read_bytes() + Path(f"{world.database}-wal").read_bytes()
    assert token.split(".")[0].encode() in dump
    assert token.split(".")[1].encode() not in dump


@pytest.mark.parametrize(
    ("after", "good"),
    [
        (timedelta(hours=24) - timedelta(microseconds=1), True),
        (timedelta(hours=24), False),
        (timedelta(hours=25), False),
    ],
)
def test_link_is_good_until_the_instant_before_it_expires(
    world: World, after: timedelta, good: bool
) -> None:
    _, token = world.link()
    world.later(after)
    assert (open_link(world.rt, token) is not None) is good
    assert choose_password(world.rt, token, GOOD).ok is good
    assert world.opens(GOOD) is good


def test_clock_that_goes_back_does_not_revive_a_used_link(world: World) -> None:
    _, token = world.link()
    assert choose_password(world.rt, token, GOOD).ok
    world.later(-timedelta(hours=48))
    assert open_link(world.rt, token) is None
    assert choose_password(world.rt, token, OTHER) == links.ChosenPassword()
    assert world.opens(GOOD)


def test_chosen_password_is_set_with_one_journal_line_and_one_notice(world: World) -> None:
    link, token = world.link()
    assert choose_password(world.rt, token, GOOD).ok
    assert world.opens(GOOD)
    assert not world.directory.must_change("ana")
    assert world.journal() == ["password_changed"]
    assert world.notices() == [
        (
            f"notice:{link.id}",
            {"directory": "mail", "uid": "ana", "event": "password_changed", "call_sid": CALL},
        )
    ]


def test_used_link_has_lost_its_salt(world: World) -> None:
    link, token = world.link()
    choose_password(world.rt, token, GOOD)
    with world.rt.store.begin(write=False) as tx:
        row = tx.resets.link(link.id)
    assert row is not None
    assert row.used_at is not None
    assert not row.salt


def test_decomposed_and_composed_accents_make_the_same_password(world: World) -> None:
    _, token = world.link()
    assert choose_password(world.rt, token, "capivara lila\u0301s toca violoncelo").ok
    assert world.opens("capivara lil\u00e1s toca violoncelo")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("curta", "too_short"),
        ("Demonstração12345678909", "own_data"),
        ("senha123456senha", "known_words"),
        (OLD, "in_history"),
    ],
)
def test_refused_password_has_a_reason_and_leaves_the_link_good(
    world: World, password: str, fault: str
) -> None:
    _, token = world.link()
    refused = choose_password(world.rt, token, password)
    assert fault in [reason.fault for reason in refused.reasons]
    assert all(reason.field == "password" and reason.message for reason in refused.reasons)
    assert refused.again
    assert not refused.ok
    assert world.opens(OLD)
    assert world.notices() == []
    assert choose_password(world.rt, token, GOOD).ok
    assert world.opens(GOOD)


def test_tenth_refusal_closes_the_link(world: World) -> None:
    _, token = world.link()
    for number in range(1, MAX_REFUSALS):
        assert choose_password(world.rt, token, "curta").again, number
    assert choose_password(world.rt, token, "curta") == links.ChosenPassword()
    assert open_link(world.rt, token) is None
    assert not choose_password(world.rt, token, GOOD).ok
    assert world.opens(OLD)


def test_refusals_of_one_link_do_not_count_for_another(world: World) -> None:
    (_, first), (_, second) = world.link(), world.link()
    for _ in range(MAX_REFUSALS):
        choose_password(world.rt, first, "curta")
    assert open_link(world.rt, first) is None
    assert choose_password(world.rt, second, "curta").again


@pytest.mark.parametrize("uid", ["davi", "elisa"])
def test_disabled_and_privileged_accounts_get_no_password_by_link(world: World, uid: str) -> None:
    link, token = world.link(uid=uid)
    assert choose_password(world.rt, token, GOOD) == links.ChosenPassword()
    assert not world.directory.applied(uid=uid, marker=marker_of(link))


def test_directory_that_is_down_leaves_the_link_good(world: World) -> None:
    _, token = world.link()
    world.directory.faults.down = True
    with pytest.raises(PortError):
        choose_password(world.rt, token, GOOD)
    world.directory.faults.down = False
    assert choose_password(world.rt, token, GOOD).ok
    assert len(world.notices()) == 1


def test_lost_answer_of_a_change_that_was_made_is_found_out(world: World) -> None:
    _, token = world.link()
    world.directory.faults.lose_answers = 1
    assert choose_password(world.rt, token, GOOD).ok
    assert world.opens(GOOD)
    assert len(world.notices()) == 1


def test_eight_submits_at_once_set_one_password_and_only_its_sender_is_told_so(
    world: World,
) -> None:
    _, token = world.link()
    words = ["garça", "jacaré", "ipê", "tuiuiú", "arara", "cupim", "pacu", "dourado"]
    passwords = [f"{word} dança bolero de madrugada" for word in words]
    results: dict[int, links.ChosenPassword] = {}
    errors = race(
        8, lambda n: results.__setitem__(n, choose_password(world.rt, token, passwords[n]))
    )
    assert errors == []
    told = [n for n, result in results.items() if result.ok]
    assert len(told) == 1
    assert [n for n, password in enumerate(passwords) if world.opens(password)] == told
    assert all(
        r.already or r.again or r == links.ChosenPassword() or r.ok for r in results.values()
    )
    assert len(world.notices()) == 1
    assert world.journal().count("password_changed") == 1


def test_second_submit_while_the_first_is_being_written_is_asked_to_wait(world: World) -> None:
    _, token = world.link()
    seen: list[links.ChosenPassword] = []
    true_reset = world.directory.reset

    def slow_reset(**change: object) -> None:
        world.directory.reset = true_reset  # type: ignore[method-assign]
        seen.append(choose_password(world.rt, token, OTHER))
        true_reset(**change)  # type: ignore[arg-type]

    world.directory.reset = slow_reset  # type: ignore[method-assign, assignment]
    assert choose_password(world.rt, token, GOOD).ok
    assert seen == [links.ChosenPassword(again=True)]
    assert world.opens(GOOD)
    assert not world.opens(OTHER)


def cut_power_before_finish(world: World, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*args: object, **kwargs: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(links, "_finish", cut)
        with pytest.raises(PowerCutError):
            choose_password(world.rt, token, GOOD)


def test_owner_who_submits_again_after_a_crash_learns_that_the_first_password_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = world.link()
    cut_power_before_finish(world, token, monkeypatch)
    assert world.opens(GOOD)
    assert world.notices() == []
    assert choose_password(world.rt, token, OTHER) == links.ChosenPassword(already=True)
    assert world.opens(GOOD)
    assert not world.opens(OTHER)
    assert len(world.notices()) == 1
    assert open_link(world.rt, token) is None


def test_worker_finishes_what_a_crash_left_when_nobody_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, token = world.link()
    cut_power_before_finish(world, token, monkeypatch)
    lease = NOW + timedelta(hours=1)
    with world.rt.store.begin() as tx:
        assert tx.outbox.claim(now=NOW, lease_until=lease) is None
    world.later(CLAIM)
    with world.rt.store.begin() as tx:
        job = tx.outbox.claim(now=world.rt.clock.now(), lease_until=lease)
    assert job is not None
    assert (job.kind, job.payload) == ("link.settle", {"link": link.id})
    assert settle_link(world.rt, link.id)
    assert settle_link(world.rt, link.id)
    assert len(world.notices()) == 1
    assert world.journal() == ["password_changed"]
    assert open_link(world.rt, token) is None


def test_worker_leaves_a_link_alone_whose_password_was_never_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, token = world.link()

    def cut(**change: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(world.directory, "reset", cut)
        with pytest.raises(PowerCutError):
            choose_password(world.rt, token, GOOD)
    assert not settle_link(world.rt, link.id)
    assert choose_password(world.rt, token, GOOD).again, "the dead submit still holds the link"
    world.later(CLAIM)
    assert choose_password(world.rt, token, GOOD).ok
    assert len(world.notices()) == 1


def test_password_that_was_written_leaves_no_job_of_its_own_behind(world: World) -> None:
    _, token = world.link()
    choose_password(world.rt, token, GOOD)
    world.later(CLAIM)
    with world.rt.store.begin(write=False) as tx:
        counts = tx.outbox.counts()
    assert (counts["queued"], counts["running"]) == (1, 0)
    assert len(world.notices()) == 1


def test_not_me_freezes_the_person_opens_the_ticket_and_is_written_down(world: World) -> None:
    _, token = world.link("not_me")
    assert not_me(world.rt, token)
    with world.rt.store.begin(write=False) as tx:
        ticket = tx.tickets.by_protocol(PROTOCOL)
        assert tx.resets.frozen(world.person, now=NOW + links.FREEZE - timedelta(seconds=1))
        assert not tx.resets.frozen(world.person, now=NOW + links.FREEZE)
    assert ticket is not None
    assert (ticket.status, ticket.closed_at) == ("open", None)
    assert world.journal() == ["not_me"]
    assert not not_me(world.rt, token)


def test_not_me_works_while_the_directory_is_down(world: World) -> None:
    _, token = world.link("not_me")
    world.directory.faults.down = True
    assert not_me(world.rt, token)
    with world.rt.store.begin(write=False) as tx:
        assert tx.resets.frozen(world.person, now=NOW)


def test_not_me_kills_a_password_link_that_is_still_out(world: World) -> None:
    (_, password_token), (_, not_me_token) = world.link(), world.link("not_me")
    assert not_me(world.rt, not_me_token)
    assert choose_password(world.rt, password_token, GOOD) == links.ChosenPassword()
    assert world.opens(OLD)


def test_opening_a_not_me_link_changes_nothing(world: World) -> None:
    _, token = world.link("not_me")
    assert open_link(world.rt, token, purpose="not_me") is not None
    with world.rt.store.begin(write=False) as tx:
        assert not tx.resets.frozen(world.person, now=NOW)
    assert world.journal() == []
