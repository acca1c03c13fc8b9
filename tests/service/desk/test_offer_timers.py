"""Every time limit of the desk at its boundary, by a clock that is moved by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_floor import QUEUE, Floor
from store_rows import HandClock

from ivr.adapters.db.store import SqlStore
from ivr.ports.desk import OfferRow
from ivr.service.desk import offers, presence, wrap_up
from ivr.service.desk.clockwork import tick
from ivr.service.desk.ledger import check_ledger
from ivr.service.desk.router import route_now


@pytest.fixture
def floor(store: SqlStore, clock: HandClock) -> Floor:
    return Floor(store=store, clock=clock)


def offered(floor: Floor, agent: str = "ana") -> OfferRow:
    tick(floor)
    offer = floor.offer_to(agent)
    assert offer is not None
    return offer


def jobs(floor: Floor, kind: str) -> int:
    with floor.store.engine.connect() as connection:
        query = f"SELECT count(*) FROM outbox WHERE kind = '{kind}'"
        return int(connection.exec_driver_sql(query).scalar_one())


def talk(floor: Floor, agent: str = "ana") -> str:
    offer = offered(floor, agent)
    offers.seen(floor, offer.id, agent)
    assert floor.do(offers.leg_answered, offer.id)
    return offer.id


@pytest.mark.parametrize(("seconds", "lost"), [(2.999, False), (3.0, True)])
def test_offer_not_seen_within_three_seconds_is_lost(
    floor: Floor, seconds: float, lost: bool
) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = offered(floor)
    floor.clock.move(seconds)
    tick(floor)
    now = offers.offer_of(floor, offer.id)
    assert now is not None
    assert (now.state == "expired") == lost
    assert (floor.presence("ana").state == "offline") == lost


def test_console_that_tells_too_late_gets_no_call(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = offered(floor)
    floor.clock.move(3)
    late = offers.seen(floor, offer.id, "ana")
    assert (late.state, late.end_reason) == ("expired", "console_sem_resposta")
    assert jobs(floor, "desk.ring") == 0


def test_silent_console_costs_the_caller_nothing(floor: Floor) -> None:
    floor.agent("ana")
    floor.clock.move(1)
    floor.agent("bia")
    floor.call("CA1")
    before = floor.entry("CA1")
    offered(floor, "ana")
    floor.clock.move(3)
    tick(floor)
    assert floor.offer_to("ana") is None
    assert offered(floor, "bia").call_sid == "CA1"
    assert floor.entry("CA1") == before
    ana = floor.presence("ana")
    assert (ana.state, ana.reason, ana.misses) == ("offline", "console_sem_resposta", 0)


@pytest.mark.parametrize(("seconds", "over"), [(19.999, False), (20.0, True)])
def test_telephone_rings_for_the_seconds_of_the_agent(
    floor: Floor, seconds: float, over: bool
) -> None:
    floor.agent("ana", ring_seconds=20)
    floor.call("CA1")
    offer = offered(floor)
    offers.seen(floor, offer.id, "ana")
    floor.clock.move(5)
    floor.do(offers.leg_rings, offer.id)
    floor.clock.move(1)
    floor.do(offers.leg_rings, offer.id)
    floor.clock.move(seconds - 1)
    tick(floor)
    now = offers.offer_of(floor, offer.id)
    assert now is not None
    assert (now.state == "expired") == over
    assert jobs(floor, "desk.stop_ring") == int(over)
    assert floor.do(offers.leg_answered, offer.id) is not over


def test_two_misses_in_a_row_pause_the_agent(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    for missed in (1, 2):
        offer = offered(floor)
        offers.seen(floor, offer.id, "ana")
        floor.do(offers.leg_ended, offer.id, "no-answer")
        assert floor.presence("ana").misses == missed
        floor.clock.move(15)
    ana = floor.presence("ana")
    assert (ana.state, ana.reason) == ("paused", "nao_atendeu")
    tick(floor)
    assert floor.offer_to("ana") is None
    back = presence.go_available(floor, "ana")
    assert (back.state, back.misses) == ("available", 0)


def test_answer_between_two_misses_forgets_the_first(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = offered(floor)
    offers.seen(floor, offer.id, "ana")
    floor.do(offers.leg_ended, offer.id, "busy")
    floor.clock.move(15)
    talk(floor)
    assert floor.presence("ana").misses == 0


@pytest.mark.parametrize(("seconds", "again"), [(14.999, False), (15.0, True)])
def test_declined_call_is_not_offered_again_at_once(
    floor: Floor, seconds: float, again: bool
) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offers.decline(floor, offered(floor).id, "ana", "audio")
    floor.clock.move(seconds)
    tick(floor)
    assert (floor.offer_to("ana") is not None) == again


@pytest.mark.parametrize(("seconds", "there"), [(29.999, True), (30.0, False)])
def test_console_silent_for_thirty_seconds_is_offline(
    floor: Floor, seconds: float, there: bool
) -> None:
    floor.agent("ana")
    floor.clock.move(20)
    presence.beat(floor, "ana", {"mic": "ok"})
    floor.clock.move(seconds)
    tick(floor)
    assert (floor.presence("ana").state == "available") == there


def test_router_alone_gives_no_call_to_a_silent_console(floor: Floor) -> None:
    floor.agent("ana")
    floor.clock.move(30)
    floor.call("CA1")
    assert route_now(floor) == 0
    assert floor.presence("ana").state == "offline"


def test_talk_goes_on_when_the_console_falls_silent(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    talk(floor)
    floor.clock.move(600)
    tick(floor)
    assert floor.presence("ana").state == "in_call"


@pytest.mark.parametrize(("more", "seconds", "over"), [
    (0, 59.999, False), (0, 60.0, True), (1, 89.999, False), (1, 90.0, True), (5, 210.0, True),
])  # fmt: skip
def test_wrap_up_ends_on_the_server(floor: Floor, more: int, seconds: float, over: bool) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    floor.do(offers.leg_ended, offer, "completed")
    for _ in range(more):
        wrap_up.extend(floor, offer, "ana")
    floor.clock.move(seconds)
    presence.beat(floor, "ana", {})
    tick(floor)
    assert (floor.presence("ana").state == "available") == over
    now = wrap_up.talk_of(floor, offer, "ana")
    assert (now.disposition == "nao_informado") == over


def test_wrap_up_is_longer_at_most_five_times(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    with pytest.raises(wrap_up.NotNowError, match="em_conversa"):
        wrap_up.extend(floor, offer, "ana")
    floor.do(offers.leg_ended, offer, "completed")
    for _ in range(5):
        wrap_up.extend(floor, offer, "ana")
    with pytest.raises(wrap_up.NotNowError, match="limite"):
        wrap_up.extend(floor, offer, "ana")


@pytest.mark.parametrize(("given", "field"), [
    ({"disposition": ""}, "disposition"),
    ({"contact_class": "outra"}, "contact_class"),
    ({"disposition": "retorno"}, "callback_at"),
    ({"notes": "x" * 10_001}, "notes"),
])  # fmt: skip
def test_wrap_up_without_its_fields_does_not_close(
    floor: Floor, given: dict[str, str], field: str
) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    floor.do(offers.leg_ended, offer, "completed")
    form = {"disposition": "resolvido", "contact_class": "contato", "notes": "", **given}
    with pytest.raises(wrap_up.WrapUpError) as told:
        wrap_up.conclude(floor, offer, "ana", **form)
    assert told.value.field == field
    assert floor.presence("ana").state == "wrap_up"


def test_concluding_twice_changes_nothing(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    floor.do(offers.leg_ended, offer, "completed")
    form = {"disposition": "resolvido", "contact_class": "contato", "notes": "ok"}
    first = wrap_up.conclude(floor, offer, "ana", **form)
    assert wrap_up.conclude(floor, offer, "ana", **{**form, "notes": "outra"}) == first
    assert floor.presence("ana").state == "available"


def test_notes_typed_in_two_tabs_are_not_lost_silently(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    saved = wrap_up.save_notes(floor, offer, "ana", "primeira", 0)
    assert saved.notes_version == 1
    with pytest.raises(wrap_up.WrapUpError, match="mudaram"):
        wrap_up.save_notes(floor, offer, "ana", "outra aba", 0)
    assert wrap_up.talk_of(floor, offer, "ana").notes == "primeira"


def test_wish_to_pause_during_a_talk_counts_after_the_wrap_up(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    assert presence.pause(floor, "ana", "almoco").state == "in_call"
    floor.do(offers.leg_ended, offer, "completed")
    wrap_up.conclude(
        floor, offer, "ana", disposition="resolvido", contact_class="contato", notes=""
    )
    ana = floor.presence("ana")
    assert (ana.state, ana.reason) == ("paused", "almoco")


def test_caller_who_hangs_up_frees_the_agent_in_turn(floor: Floor) -> None:
    floor.agent("ana")
    floor.clock.move(1)
    floor.agent("bia")
    floor.call("CA1")
    offer = offered(floor)
    offers.seen(floor, offer.id, "ana")
    floor.do(offers.caller_left, "CA1")
    ana = floor.presence("ana")
    assert (ana.state, ana.misses) == ("available", 0)
    assert not floor.do(offers.leg_answered, offer.id)
    floor.call("CA2")
    assert offered(floor, "ana").call_sid == "CA2"


def test_callback_is_offered_in_the_place_that_the_caller_had(floor: Floor) -> None:
    floor.call("CA1")
    floor.clock.move(10)
    floor.call("CA2")
    floor.do(offers.caller_left, "CA1", result="wish:callback")
    floor.clock.move(60)
    floor.do(offers.enqueue_callback, call_sid="CA1", queue=QUEUE, asked_at=floor.clock.now())
    floor.do(offers.caller_left, "CA1")
    floor.agent("ana")
    offer = offered(floor)
    assert (offer.call_sid, offer.kind) == ("CA1", "callback")
    assert check_ledger(floor)[1] is None


def test_transfer_keeps_the_rank_and_closes_no_room(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    started = floor.entry("CA1").ranked_at
    offer = talk(floor)
    floor.clock.move(300)
    floor.call("CA2")
    presence.beat(floor, "ana", {})
    floor.agent("bia")
    tick(floor)
    offers.decline(floor, offered(floor, "bia").id, "bia", "audio")
    entry = floor.do(offers.request_transfer, "CA1", agent="bia", kind="transfer")
    floor.do(offers.hand_over, offer)
    assert (entry.ranked_at, entry.in_room, entry.target) == (started, True, "bia")
    assert jobs(floor, "desk.close_room") == 0
    assert offered(floor, "bia").call_sid == "CA1"
    floor.do(offers.leg_ended, offered(floor, "bia").id, "no-answer")
    assert floor.entry("CA1").target == ""


@pytest.mark.parametrize(("to", "reason"), [
    ({"agent": "bia"}, "agente_indisponivel"),
    ({"queue": "segundo_nivel"}, "fila_vazia"),
    ({"agent": "ana"}, "destino"),
    ({}, "destino"),
])  # fmt: skip
def test_transfer_to_where_nobody_is_has_its_word(
    floor: Floor, to: dict[str, str], reason: str
) -> None:
    floor.agent("ana")
    floor.agent("bia", there=False)
    floor.call("CA1")
    talk(floor)
    with pytest.raises(offers.NotNowError, match=reason):
        floor.do(offers.request_transfer, "CA1", kind="transfer", **to)


def test_transfer_to_a_full_queue_has_its_word(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    talk(floor)
    floor.agent("bia", "segundo_nivel")
    floor.call("CA2", queue="segundo_nivel")
    with pytest.raises(offers.NotNowError, match="fila_cheia"):
        floor.do(
            offers.request_transfer,
            "CA1",
            queue="segundo_nivel",
            kind="transfer",
            most_waiting=1,
        )


def test_who_was_answered_but_not_connected_waits_again_in_the_old_place(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    started = floor.entry("CA1").ranked_at
    offer = talk(floor)
    floor.clock.move(5)
    assert floor.do(offers.not_connected, offer)
    again = floor.entry("CA1")
    assert (again.left_at, again.ranked_at) == (None, started)
    assert check_ledger(floor)[1] is None


def test_agent_answers_twice_and_has_one_talk(floor: Floor) -> None:
    floor.agent("ana")
    floor.call("CA1")
    offer = talk(floor)
    assert floor.do(offers.leg_answered, offer)
    assert jobs(floor, "desk.connect") == 1
    assert floor.clock.move(1) - floor.entry("CA1").entered_at >= timedelta(seconds=1)
