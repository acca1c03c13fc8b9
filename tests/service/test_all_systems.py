"""All systems of a person in one call: one reset each, told truthfully, whatever dies between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import Desk, people
from service.test_crash_safety import FailPoints, mortal_desk, survive
from web.phone_line import PhoneLine, call, later, prove, sid_of, sql, still_desk

from ivr.service import system_resets
from ivr.service.links import choose_password
from ivr.service.requests import systems

NETWORK = "network"
WORDS = ("cavalo bateria grampo certo", "chuva janela pedra rio")


def faults(desk: Desk, name: str) -> Any:
    directory: Any = desk.rt.directories[name]
    return directory.faults


def order_all(line: PhoneLine) -> PhoneLine:
    line.key("3")
    return line


def links(desk: Desk) -> list[str]:
    """Texts of the links that were sent, oldest first."""
    bodies = [body for _, body in desk.sms.sent if "/senha/" in body]
    return [body.split("/senha/", 1)[1].split()[0] for body in bodies]


def work_for(desk: Desk, *, minutes: int) -> None:
    for _ in range(minutes // 5):
        later(desk, minutes=5)
        desk.work()


def told_all(desk: Desk) -> PhoneLine:
    """A call that was told that both systems are done, and ended."""
    line = order_all(prove(call(desk), "bento"))
    desk.work()
    line.go_on()
    assert line.hears("systems.all_done")
    line.hang_up()
    return line


def test_each_system_has_its_own_change_and_its_own_link(still: Desk) -> None:
    told_all(still)
    first, second = links(still)
    assert choose_password(still.rt, first, WORDS[0]).ok
    assert choose_password(still.rt, second, WORDS[1]).ok
    assert still.rows("demo_change") == still.rows("demo_network_change") == 1
    mail: Any = still.rt.directories["mail"]
    network: Any = still.rt.directories[NETWORK]
    assert mail.authenticate("bento", WORDS[0])
    assert network.authenticate("bento", WORDS[1])
    assert not network.authenticate("bento", WORDS[0])


def test_the_ticket_waits_for_the_last_of_the_links(still: Desk) -> None:
    line = told_all(still)
    work_for(still, minutes=5)
    first, second = links(still)
    assert choose_password(still.rt, second, WORDS[0]).ok
    assert still.ticket(line.sid).status == "pending"
    assert choose_password(still.rt, first, WORDS[1]).ok
    assert still.ticket(line.sid).status == "closed"


def test_a_ticket_that_did_not_look_at_the_other_link_would_close_early(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control for the test above."""
    line = told_all(still)
    monkeypatch.setattr("ivr.service.links.others_wait", lambda tx, link: False)
    assert choose_password(still.rt, links(still)[1], WORDS[0]).ok
    assert still.ticket(line.sid).status == "closed"


def test_a_system_that_is_away_is_never_told_as_done(still: Desk) -> None:
    faults(still, NETWORK).down = True
    line = order_all(prove(call(still), "bento"))
    for _ in range(20):
        still.work()
        if line.hears("systems.rest_later"):
            break
        assert not line.hears("systems.done")
        line.go_on()
        later(still, seconds=2)
    assert line.hears("systems.done")
    assert line.hears("systems.later")
    assert not line.hears("systems.all_done")
    line.hang_up()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("in_progress", "pending")
    assert choose_password(still.rt, links(still)[0], WORDS[0]).ok
    assert still.ticket(line.sid).status == "pending", "the other system is not done"
    faults(still, NETWORK).down = False
    work_for(still, minutes=15)
    assert len(links(still)) == 2
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", "pending")
    assert choose_password(still.rt, links(still)[1], WORDS[1]).ok
    assert still.ticket(line.sid).status == "closed"


def test_a_system_that_stays_away_leaves_the_ticket_open_with_its_name(still: Desk) -> None:
    faults(still, NETWORK).down = True
    line = order_all(prove(call(still), "bento"))
    still.work()
    line.hang_up()
    work_for(still, minutes=5 * 54)
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status, ticket.service) == ("fault", "open", NETWORK)
    assert len(links(still)) == 1
    settled = [e.data for e in still.journal(line.sid) if e.kind == "directory.systems.settled"]
    assert [(data["email"], data[NETWORK]) for data in settled] in (
        [("done", "later")],
        [("done", "refused")],
    )


def test_one_that_fails_for_good_leaves_the_ticket_open_though_the_other_is_done(
    still: Desk,
) -> None:
    line = order_all(prove(call(still), "joca"))
    line.hang_up()
    still.work()
    work_for(still, minutes=10)
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status, ticket.service) == ("refused", "open", NETWORK)
    assert len(links(still)) == 1
    assert choose_password(still.rt, links(still)[0], WORDS[0]).ok
    assert still.ticket(line.sid).status == "open", "the network is still owed"


def test_the_limit_of_a_day_holds_for_each_system(still: Desk) -> None:
    told_all(still)
    later(still, hours=1)
    again = order_all(prove(call(still, "again"), "bento"))
    still.work()
    again.go_on()
    assert again.hears("systems.limited")
    assert still.ticket(again.sid).node.startswith("person.")
    assert len(links(still)) == 2


def test_a_system_within_its_limit_is_reset_beside_one_that_is_not(still: Desk) -> None:
    line = prove(call(still), "bento")
    for key in ("1", "1", "1"):
        line.key(key)
    still.work()
    line.go_on()
    assert line.hears("reset.link_sent")
    line.hang_up()
    later(still, hours=1)
    again = order_all(prove(call(still, "again"), "bento"))
    still.work()
    again.go_on()
    assert again.hears("systems.limited")
    assert again.hears("systems.done")
    assert again.hears("systems.rest_to_a_person")
    again.hang_up()
    assert still.ticket(again.sid).status == "open"
    assert len(links(still)) == 2


def test_two_calls_at_once_reset_each_system_once(still: Desk) -> None:
    one = prove(call(still, "one"), "bento")
    later(still, minutes=2)
    other = prove(call(still, "other"), "bento")
    order_all(one)
    order_all(other)
    still.work()
    one.go_on()
    other.go_on()
    assert len(links(still)) == 2
    bodies = [body for _, body in still.sms.sent]
    assert sum("senha de e-mail:" in body for body in bodies) == 1
    assert sum("senha de rede:" in body for body in bodies) == 1
    assert sum(line.hears("systems.all_done") for line in (one, other)) <= 1
    assert any(line.hears("systems.limited") for line in (one, other))


def test_services_of_one_directory_are_one_system(still: Desk) -> None:
    line = prove(call(still), "bento")
    found = [e.data for e in still.journal(line.sid) if e.kind == "systems.found"]
    assert found == [{"count": 2}]
    assert systems._one_of_each(still.rt, ("email", "network", "portal")) == ["email", "network"]


def test_a_frozen_account_gets_nothing_of_all(still: Desk) -> None:
    line = prove(call(still), "bento")
    with still.rt.store.begin() as tx:
        account = still.rt.keyed_hash("cpf", people()["bento"]["cpf"])
        tx.resets.freeze(account, until=still.clock.at.replace(year=2030))
    order_all(line)
    still.work()
    assert line.hears("systems.limited")
    assert links(still) == []


def test_a_mobile_that_changes_before_the_order_gets_no_link(still: Desk) -> None:
    line = prove(call(still), "bento")
    sql(
        still,
        "UPDATE demo_account SET mobile_changed_at = '2026-11-25 13:59:00.000000'"
        " WHERE uid = 'bento'",
    )
    order_all(line)
    still.work()
    assert not line.hears("systems.done")
    assert links(still) == []


def live_through(desk: Desk) -> PhoneLine:
    """Both systems, request by request and job by job, each as often as it takes."""
    line = PhoneLine(desk=desk, sid=sid_of("one"))
    bento = people()["bento"]
    steps: list[str | None] = ["", "1", bento["cpf"], "1", bento["pin"], None, "3", "", "", "5"]
    for number, keyed in enumerate(steps):
        digits = desk.sms.code() if keyed is None else keyed
        path = "/voice/incoming" if number == 0 else f"/voice/turn?n={line.turn}"
        more = {"Digits": digits} if digits else {}
        if not digits and number and not line.hears("reset.working"):
            continue
        survive(desk, lambda path=path, more=more: line.send(path, **more))
        survive(desk, desk.work)
    survive(desk, line.hang_up)
    survive(desk, desk.work)
    later(desk, minutes=6)
    survive(desk, desk.work)
    return line


def assert_both_happened_once(desk: Desk, line: PhoneLine) -> None:
    bodies = [body for _, body in desk.sms.sent]
    assert len(bodies) == len(set(bodies)) == 3
    assert sum("senha de e-mail:" in body for body in bodies) == 1
    assert sum("senha de rede:" in body for body in bodies) == 1
    assert desk.rows("resets") == 2
    ticket = desk.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", "pending")
    kinds = desk.kinds(line.sid)
    assert kinds.count("directory.reset.settled") == 2
    assert kinds.count("directory.systems.settled") == kinds.count("call.ended") == 1


def test_a_death_at_any_point_after_the_order_changes_nothing_in_the_end(quick: Path) -> None:
    alive = FailPoints()
    (quick / "alive").mkdir()
    desk = mortal_desk(quick / "alive", alive)
    assert_both_happened_once(desk, live_through(desk))
    desk.close()
    assert alive.passed > 60
    for point in range(30, alive.passed + 1):
        folder = quick / str(point)
        folder.mkdir()
        desk = mortal_desk(folder, FailPoints(at=frozenset({point})))
        line = live_through(desk)
        try:
            assert_both_happened_once(desk, line)
        except AssertionError as error:
            where = alive.names[point - 1]
            raise AssertionError(f"after a death at point {point}, {where}") from error
        desk.close()


def test_without_one_job_for_each_system_a_death_would_be_noticed(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: an order that forgets the second system is found by the checks above."""
    honest = systems._one_of_each
    monkeypatch.setattr(systems, "_one_of_each", lambda rt, services: honest(rt, services)[:1])
    desk = still_desk(quick)
    line = order_all(prove(call(desk), "bento"))
    desk.work()
    line.go_on()
    line.hang_up()
    later(desk, minutes=6)
    desk.work()
    with pytest.raises(AssertionError):
        assert_both_happened_once(desk, line)


def test_a_group_is_known_by_its_job(still: Desk) -> None:
    line = order_all(prove(call(still), "bento"))
    still.work()
    line.go_on()
    group = still.job(f"systems:{line.sid}:6")
    assert group is not None
    assert group.kind == system_resets.GROUP
    assert system_resets.services_of(group) == ("email", "network")
