from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from openapi_judge import Judge
from scripted_service import CITIZEN, DESK, HOST, Phone, ScriptedService
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.carrier.call import Call
from ivr.carrier.dialplan import Numbers, answers, rings
from ivr.carrier.events import Answered, PlayStarted
from ivr.carrier.exchange import Exchange

Rest = Callable[..., Any]
PLAN = Numbers(others=answers(after=2, talks=5))


@pytest.fixture(autouse=True)
def document(service: ScriptedService) -> ScriptedService:
    service.on("/voice", '<Pause length="1"/><Play>/a.wav</Play>').sound("/a.wav", 60.0)
    return service.on("/new", '<Say language="pt-BR">Novo.</Say>')


@pytest.fixture(autouse=True)
def innocent(judge: Judge) -> Any:
    yield
    assert judge.complaints == []


def refused(work: Callable[[], Any]) -> int:
    with pytest.raises(TwilioRestException) as caught:
        work()
    assert caught.value.msg and caught.value.status >= 400
    return caught.value.code


async def in_progress(exchange: Exchange) -> Call:
    call = exchange.call(from_=CITIZEN, to=DESK)
    await call.handset.listen().until(PlayStarted)
    return call


def test_a_call_is_made_and_runs_to_its_end(
    rest: Rest, service: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, client: Client) -> None:
        made = client.calls.create(
            to=CITIZEN,
            from_=DESK,
            url=f"{HOST}/voice",
            status_callback=f"{HOST}/status",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        assert (made.status, made.direction) == ("queued", "outbound-api")
        await exchange.calls[made.sid].finished()
        fetched = client.calls(made.sid).fetch()
        assert (fetched.status, fetched.duration) == ("completed", "5")
        assert fetched.date_created.tzinfo is not None

    rest(work, dial_plan=PLAN)
    assert [fields["CallStatus"] for fields in service.at("/status")] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert judge.judged == 2


def test_twiml_can_come_in_the_request(rest: Rest, service: ScriptedService) -> None:
    async def work(exchange: Exchange, client: Client) -> list[str]:
        twiml = '<Response><Say language="pt-BR">Direto.</Say></Response>'
        call = exchange.calls[client.calls.create(to=CITIZEN, from_=DESK, twiml=twiml).sid]
        await call.finished()
        return [event.text for event in call.line.events if isinstance(event, PlayStarted)]

    assert rest(work, dial_plan=Numbers(others=answers())) == ["Direto."]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": ""}, 21201),
        ({"from_": ""}, 21213),
        ({"to": "67 3318"}, 21211),
        ({"from_": "x"}, 21212),
        ({"url": "/voice"}, 21205),
        ({"url": None}, 21205),
        ({"url": None, "twiml": "x" * 4001}, 32018),
        ({"url": None, "application_sid": "AP" + "0" * 32}, 21218),
        ({"timeout": 601}, 20001),
    ],
)
def test_calls_that_cannot_be_made(rest: Rest, given: dict[str, Any], code: int) -> None:
    async def work(exchange: Exchange, client: Client) -> int:
        arguments = {"to": CITIZEN, "from_": DESK, "url": f"{HOST}/voice"} | given
        return refused(lambda: client.calls.create(**arguments))

    assert rest(work, dial_plan=PLAN) == code


def test_a_new_document_interrupts_the_running_verb(rest: Rest, service: ScriptedService) -> None:
    async def work(exchange: Exchange, client: Client) -> Call:
        call = await in_progress(exchange)
        await asyncio.sleep(3)
        client.calls(call.sid).update(url=f"{HOST}/new", method="GET")
        await call.finished()
        return call

    call = rest(work)
    assert len(service.at("/new")) == 1
    assert call.seconds < 6


@pytest.mark.parametrize(("status", "expected"), [("completed", "completed"), ("canceled", None)])
def test_a_running_call_can_be_completed_but_not_canceled(
    rest: Rest, status: str, expected: str | None
) -> None:
    async def work(exchange: Exchange, client: Client) -> str | None:
        call = await in_progress(exchange)
        if expected is None:
            assert refused(lambda: client.calls(call.sid).update(status=status)) == 21220
            call.handset.hang_up()
            return None
        updated = client.calls(call.sid).update(status=status)
        assert isinstance(updated.status, str)
        return updated.status

    assert rest(work) == expected


def test_a_ringing_call_can_be_canceled(rest: Rest) -> None:
    async def work(exchange: Exchange, client: Client) -> str:
        made = client.calls.create(to=CITIZEN, from_=DESK, url=f"{HOST}/voice")
        await asyncio.sleep(2)
        assert refused(lambda: client.calls(made.sid).update(url=f"{HOST}/new")) == 21220
        client.calls(made.sid).update(status="canceled")
        await exchange.calls[made.sid].finished()
        status = client.calls(made.sid).fetch().status
        assert isinstance(status, str)
        return status

    assert rest(work, dial_plan=Numbers(others=rings())) == "canceled"


def test_a_finished_call_cannot_be_changed(rest: Rest) -> None:
    async def work(exchange: Exchange, client: Client) -> int:
        call = await in_progress(exchange)
        call.handset.hang_up()
        await call.finished()
        return refused(lambda: client.calls(call.sid).update(url=f"{HOST}/new"))

    assert rest(work) == 21220


def test_a_time_limit_ends_the_call(rest: Rest) -> None:
    async def work(exchange: Exchange, client: Client) -> Call:
        call = await in_progress(exchange)
        client.calls(call.sid).update(time_limit=7)
        await call.finished()
        return call

    assert rest(work).seconds in (7, 8)


def test_calls_are_listed_newest_first_by_filter(rest: Rest) -> None:
    async def work(exchange: Exchange, client: Client) -> None:
        calls = [await in_progress(exchange) for _ in range(3)]
        calls[0].handset.hang_up()
        await calls[0].finished()
        running = client.calls.list(status="in-progress")
        assert [call.sid for call in running] == [calls[2].sid, calls[1].sid]
        assert len(client.calls.list(to=DESK, page_size=2)) == 3
        assert client.calls.list(from_="+5500") == []
        for call in calls[1:]:
            call.handset.hang_up()

    rest(work)


def test_a_deleted_call_is_gone(rest: Rest) -> None:
    async def work(exchange: Exchange, client: Client) -> int:
        call = await in_progress(exchange)
        assert refused(lambda: client.calls(call.sid).delete()) == 20009
        call.handset.hang_up()
        await call.finished()
        assert client.calls(call.sid).delete()
        return refused(lambda: client.calls(call.sid).fetch())

    assert rest(work) == 20404


def test_a_wrong_password_is_refused_without_effect(rest: Rest, phone: Phone) -> None:
    async def work(exchange: Exchange, client: Client) -> int:
        stranger = Client(client.username, "wrong", http_client=client.http_client)
        return refused(lambda: stranger.calls.create(to=CITIZEN, from_=DESK, url=f"{HOST}/voice"))

    assert rest(work) == 20003
    assert phone.exchange.calls == {}


def test_another_account_has_nothing_here(rest: Rest) -> None:
    async def work(exchange: Exchange, client: Client) -> int:
        return refused(
            lambda: client.api.v2010.accounts("AC" + "f" * 32).calls.create(CITIZEN, DESK)
        )

    assert rest(work) == 20404


def test_live_recording_leaves_out_what_was_paused(rest: Rest, service: ScriptedService) -> None:
    service.on("/rec", "")

    async def work(exchange: Exchange, client: Client) -> float:
        call = await in_progress(exchange)
        recordings = client.calls(call.sid).recordings
        made = recordings.create(
            recording_status_callback=f"{HOST}/rec",
            recording_status_callback_event=["in-progress", "completed"],
        )
        assert (made.status, made.source) == ("in-progress", "StartCallRecordingAPI")
        await asyncio.sleep(4)
        assert recordings("Twilio.CURRENT").update(status="paused").status == "paused"
        await asyncio.sleep(10)
        recordings(made.sid).update(status="in-progress")
        await asyncio.sleep(5)
        assert recordings(made.sid).update(status="stopped").status == "stopped"
        assert recordings(made.sid).fetch().duration == "9"
        assert [each.sid for each in recordings.list()] == [made.sid]
        assert refused(lambda: recordings("Twilio.CURRENT").update(status="stopped")) == 20404
        call.handset.hang_up()
        return exchange.recordings[made.sid].seconds

    assert rest(work) == pytest.approx(9)
    assert [fields["RecordingStatus"] for fields in service.at("/rec")] == [
        "in-progress",
        "completed",
    ]


def test_a_recording_ends_with_its_call(rest: Rest, service: ScriptedService) -> None:
    service.on("/rec", "")

    async def work(exchange: Exchange, client: Client) -> None:
        call = await in_progress(exchange)
        client.calls(call.sid).recordings.create(recording_status_callback=f"{HOST}/rec")
        await asyncio.sleep(6)
        call.handset.hang_up()

    rest(work)
    assert service.at("/rec")[0]["RecordingDuration"] == "6"


def test_a_call_that_rings_cannot_be_recorded(rest: Rest, service: ScriptedService) -> None:
    service.on("/voice", '<Pause length="30"/>')

    async def work(exchange: Exchange, client: Client) -> int:
        call = exchange.call(from_=CITIZEN, to=DESK)
        await asyncio.sleep(1)
        assert not [event for event in call.line.events if isinstance(event, Answered)]
        code = refused(lambda: client.calls(call.sid).recordings.create())
        call.handset.hang_up()
        return code

    assert rest(work) == 21220
