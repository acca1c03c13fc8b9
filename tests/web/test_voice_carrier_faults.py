"""Whole calls over the local carrier, in virtual time, while the network does its worst."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import DESK, NIGHT, Desk, asks, people
from web.phone_line import CALLER, later, same_database, still_desk

from ivr.adapters.speech.telephone_wav import pack, silence
from ivr.carrier.call import Call
from ivr.carrier.events import Enqueued, GatherStarted, HungUp, RecordStarted
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.service.worker import sweep

FAULTS = {
    "none": Faults(),
    "every request five times": Faults(duplicate_webhook=5, duplicate_callback=3),
    "slow answers": Faults(slow_webhook=4.0),
    "late and reversed callbacks": Faults(delay_callback=90.0, reverse_callbacks=True),
    "unknown fields": Faults(unknown_field=True),
    "no number of the caller": Faults(withhold_caller=True),
    "no field for an empty gather": Faults(empty_gather_has_digits_field=False),
}


async def reset_by_phone(exchange: Exchange, desk: Desk, *, delivery: str) -> Call:
    """The reset story with fingers on a keypad."""
    ana = people()["ana"]
    call = exchange.call(from_=CALLER, to=DESK)
    line = call.handset.listen()
    for keys in ("1", ana["cpf"], "1", ana["pin"] + "#", "", "1", "1", delivery, "5"):
        await line.until(GatherStarted, asks)
        call.handset.press(keys or desk.sms.code())
    await line.until(HungUp)
    await call.finished()
    return call


@pytest.mark.parametrize("delivery", ["1", "2"])
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_reset_happens_once_whatever_the_network_does(
    still: Desk, fault: str, delivery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.web.audio.secret_audio", lambda *_: pack(silence(1.0)))
    call = still.run(
        lambda exchange: reset_by_phone(exchange, still, delivery=delivery), faults=FAULTS[fault]
    )
    later(still, hours=6)
    sweep(still.rt)
    still.work()
    ticket = still.ticket(call.sid)
    waits = "pending" if delivery == "1" else "closed"
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", waits)
    assert ticket.rating == 5
    assert still.rows("calls") == still.rows("resets") == 1
    assert still.rows("demo_change") == (1 if delivery == "2" else 0)
    assert still.rows("proof_attempts") == 2
    assert sum("codigo" in body for _, body in still.sms.sent) == 1
    assert len(still.sms.sent) == 2
    assert still.call(call.sid).ended_at is not None


def test_a_call_whose_last_callback_is_lost_is_closed_by_the_sweep(still: Desk) -> None:
    call = still.run(
        lambda exchange: reset_by_phone(exchange, still, delivery="1"),
        faults=Faults(lose_callback=True),
    )
    assert still.call(call.sid).ended_at is None
    still.telephony.ended[call.sid] = True
    later(still, minutes=30)
    assert sweep(still.rt) == 1
    assert still.call(call.sid).ended_by == "sweep"
    assert still.ticket(call.sid).outcome == "resolved_self_service"


@pytest.mark.parametrize("fault", [Faults(answer_500=True), Faults(lose_answer=True)])
def test_a_call_whose_answers_never_arrive_keeps_an_open_ticket(still: Desk, fault: Faults) -> None:
    """Not even the fallback's answer gets through: the carrier gives the call up."""

    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=CALLER, to=DESK)
        await call.finished()
        return call

    call = still.run(scenario, faults=fault)
    assert still.kinds(call.sid).count("fault.carrier_fell_back") == 1
    assert (still.ticket(call.sid).outcome, still.ticket(call.sid).status) == ("fault", "open")
    assert still.rows("tickets") == 1


def test_a_caller_who_hangs_up_in_the_queue_leaves_it(still: Desk) -> None:
    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=CALLER, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted, asks)
        call.handset.press("0")
        await line.until(Enqueued)
        await line.until(GatherStarted, asks)
        call.handset.hang_up()
        await call.finished()
        return call

    call = still.run(scenario)
    assert (still.ticket(call.sid).outcome, still.ticket(call.sid).status) == (
        "wants_person",
        "open",
    )
    with still.rt.store.begin(write=False) as tx:
        assert tx.queues.waiting("atendimento") == 0


def test_a_caller_who_withholds_the_number_gives_one_for_the_call_back(still: Desk) -> None:
    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=CALLER, to=DESK)
        line = call.handset.listen()
        for keys in ("0", "1", "67999887766"):
            await line.until(GatherStarted, asks)
            call.handset.press(keys)
        await line.until(HungUp)
        await call.finished()
        return call

    call = still.run(scenario, at=NIGHT, faults=Faults(withhold_caller=True))
    assert still.ticket(call.sid).outcome == "callback_booked"
    with still.rt.store.begin(write=False) as tx:
        (callback,) = tx.tickets.callbacks()
    assert callback.number == "+5567999887766"


@pytest.mark.parametrize("order", ["in order", "callbacks late"])
def test_a_caller_who_hangs_up_while_speaking_is_heard(still: Desk, order: str) -> None:
    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=CALLER, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted, asks)
        call.handset.press("3")
        await line.until(RecordStarted)
        call.handset.speak("minha impressora parou de funcionar", seconds=6.0)
        await asyncio.sleep(8.0)
        call.handset.hang_up()
        await call.finished()
        return call

    faults = Faults() if order == "in order" else Faults(delay_callback=30.0)
    call = still.run(scenario, faults=faults)
    ticket = still.ticket(call.sid)
    assert (ticket.outcome, ticket.status) == ("need_recorded", "open")
    assert still.rows("recordings") == 1


def test_two_processes_serve_one_call_in_turns(quick: Path) -> None:
    """No state of a call is in a process: each request goes to the other one."""
    first = still_desk(quick)
    second = same_database(first)
    apps: list[Any] = [first.app, second.app]

    def balanced(environ: Any, start_response: Any) -> Any:
        apps.reverse()
        return apps[0](environ, start_response)

    both = replace(first, app=balanced)
    call = both.run(lambda exchange: reset_by_phone(exchange, both, delivery="1"))
    assert first.ticket(call.sid).outcome == "resolved_self_service"
    assert first.ticket(call.sid).rating == 5
