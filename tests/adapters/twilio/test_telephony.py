"""Legs, queues, rooms and recordings by the real library, each request judged by Twilio's own
description and carried out by the local carrier."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from openapi_judge import Judge
from scripted_service import ACCOUNT, CITIZEN, DESK, TOKEN, Phone, ScriptedService, route
from twilio.rest import Client

from ivr.adapters.twilio.links import Links, offer_of_query, sealed_of_query
from ivr.adapters.twilio.rest import TwilioApi
from ivr.adapters.twilio.rooms import call_of, room_of
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.carrier.call import Call
from ivr.carrier.clock import wall_clock
from ivr.carrier.dialplan import Numbers, answers, rings
from ivr.carrier.events import ConferenceJoined, Enqueued, HungUp, LeftQueue
from ivr.carrier.exchange import Exchange
from ivr.carrier.rest.api import RestApi
from ivr.carrier.rest.client import InProcessClient
from ivr.carrier.server import make_app
from ivr.carrier.transport_wsgi import WsgiTransport
from ivr.ports.errors import PortError
from ivr.ports.telephony import RoomMember, Telephony

PUBLIC = "http://ivr.test"
LINKS = Links(PUBLIC)
OFFER = "OF" + "0" * 31 + "a"
Work = Callable[[Exchange, TwilioTelephony], Coroutine[Any, Any, Any]]


class LoopApi(TwilioApi):
    def attach(self, api: Any) -> None:
        self._client = Client(ACCOUNT, TOKEN, http_client=InProcessClient(api))


@pytest.fixture
def service() -> ScriptedService:
    scripted = ScriptedService()
    for path in ("/status", "/fallback", "/voice/leg", "/voice/recording", "/voice/room"):
        scripted.on(path, "")
    scripted.on("/wait", "<Pause length='5'/>").on("/after", "<Hangup/>")
    scripted.on("/voice/hold", "<Pause length='5'/>").on("/voice/agent", "<Pause length='20'/>")
    return scripted


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def carrier(service: ScriptedService, judge: Judge) -> Callable[[Work], Any]:
    def run(work: Work) -> Any:
        async def working(exchange: Exchange) -> Any:
            exchange.dial_plan = Numbers(others=rings(), addresses=rings())
            api = LoopApi(account_sid=ACCOUNT, auth_token=TOKEN)
            api.attach(judge.watching(RestApi(exchange)))
            port = TwilioTelephony(api, links=LINKS, caller_id=DESK)
            return await work(exchange, port)

        result = Phone(service).run(working)
        left = [each for each in judge.complaints if "reason_conference_ended: None" not in each]
        assert left == [] and service.complaints == []
        return result

    return run


def keeps(port: TwilioTelephony) -> Telephony:
    return port


def test_an_agent_is_rung_with_the_addresses_of_the_offer(
    carrier: Callable[[Work], Any], service: ScriptedService
) -> None:
    async def work(exchange: Exchange, port: TwilioTelephony) -> None:
        exchange.dial_plan = Numbers(addresses=answers(after=2, talks=5))
        sid = port.ring(to="client:ana", offer=OFFER, seconds=25)
        leg = exchange.calls[sid]
        await leg.finished()
        assert (leg.to, leg.from_, leg.status) == ("client:ana", DESK, "completed")
        assert port.fetch_call(sid) is not None

    carrier(work)
    queries = [seen.uri.partition("?")[2] for seen in service.seen if seen.path == "/voice/agent"]
    assert [offer_of_query(query) for query in queries] == [OFFER]
    told = [fields["CallStatus"] for fields in service.at("/voice/leg")]
    assert told == ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("to", ["", "ana", "client:", "+55", "sip:", "client:a b", "+556799\n1"])
def test_what_is_no_address_is_never_rung(carrier: Callable[[Work], Any], to: str) -> None:
    async def work(exchange: Exchange, port: TwilioTelephony) -> None:
        with pytest.raises(PortError) as refused:
            port.ring(to=to, offer=OFFER, seconds=20)
        assert (refused.value.reason, refused.value.permanent) == ("number_invalid", True)
        assert exchange.calls == {}

    carrier(work)


def test_a_leg_is_found_by_address_and_time_and_not_among_the_known(
    carrier: Callable[[Work], Any],
) -> None:
    async def work(exchange: Exchange, port: TwilioTelephony) -> None:
        old = port.ring(to="client:ana", offer=OFFER, seconds=20)
        await asyncio.sleep(10)
        since = wall_clock()
        assert port.find_leg(to="client:ana", since=since, known=()) is None
        new = port.ring(to="client:ana", offer=OFFER, seconds=20)
        port.ring(to="client:bruno", offer=OFFER, seconds=20)
        assert port.find_leg(to="client:ana", since=since, known=()) == new
        assert port.find_leg(to="client:ana", since=since, known=(new,)) is None
        far = since - timedelta(minutes=1)
        assert port.find_leg(to="client:ana", since=far, known=(new,)) == old
        for sid in (old, new):
            assert port.end_call(sid)
            assert not port.end_call(sid), "it is over"

    carrier(work)


def test_a_caller_is_taken_out_of_the_queue_by_its_name(
    carrier: Callable[[Work], Any], service: ScriptedService
) -> None:
    service.on("/voice", '<Enqueue action="/after" waitUrl="/wait">atendimento</Enqueue>')
    service.on("/voice/bridge", "<Hangup/>")

    async def work(exchange: Exchange, port: TwilioTelephony) -> None:
        nobody = "CA" + "0" * 32
        assert not port.take_from_queue(queue="atendimento", call_sid=nobody, turn=3)
        caller = exchange.call(from_=CITIZEN, to=DESK)
        await caller.handset.listen().until(Enqueued)
        assert port.take_from_queue(queue="atendimento", call_sid=caller.sid, turn=3)
        left = await caller.handset.listen().until(LeftQueue)
        assert left.result == "redirected"
        await caller.handset.listen().until(HungUp)
        assert not port.take_from_queue(queue="atendimento", call_sid=caller.sid, turn=3)

    carrier(work)
    (seen,) = [seen for seen in service.seen if seen.path == "/voice/bridge"]
    assert seen.uri.endswith("?n=3")


def test_members_of_a_room_are_held_muted_told_tones_and_let_go(
    carrier: Callable[[Work], Any], service: ScriptedService
) -> None:
    async def enter(exchange: Exchange, name: str, number: str) -> Call:
        service.on("/voice", f"<Dial><Conference beep='false'>{name}</Conference></Dial>")
        call = exchange.call(from_=number, to=DESK)
        await call.handset.listen().until(ConferenceJoined)
        return call

    async def work(exchange: Exchange, port: TwilioTelephony) -> None:
        call_sid = "CA" + "9" * 32
        room = room_of(call_sid)
        assert call_of(room) == call_sid
        one, two = await enter(exchange, room, CITIZEN), await enter(exchange, room, "+5567988")
        assert {each.call_sid for each in port.members(call_sid)} == {one.sid, two.sid}
        assert port.hold(call_sid, one.sid, True) and port.mute(call_sid, two.sid, True)
        assert set(port.members(call_sid)) == {
            RoomMember(call_sid=one.sid, hold=True),
            RoomMember(call_sid=two.sid, muted=True),
        }
        assert port.hold(call_sid, one.sid, False)
        assert port.play_keys(call_sid, one.sid, "ab" * 16)
        assert port.ends_room(call_sid, two.sid, True)
        assert not port.hold(call_sid, "CA" + "0" * 32, True)
        recording = port.start_recording(two.sid)
        assert port.start_recording(two.sid) == recording, "one a leg"
        assert port.pause_recording(two.sid, recording, True)
        assert port.pause_recording(two.sid, recording, False)
        await asyncio.sleep(2)
        assert port.end_room(call_sid) and not port.end_room(call_sid)
        assert port.members(call_sid) == ()
        await two.finished()
        assert not port.pause_recording(two.sid, recording, True)
        assert port.delete_recording(recording) and not port.delete_recording(recording)

    carrier(work)


def test_ids_in_addresses_are_whole_or_nothing() -> None:
    assert offer_of_query(LINKS.agent(OFFER).partition("?")[2].partition("#")[0]) == OFFER
    for bad in ("", "o=", "o=OF" + "0" * 32, "o=" + "0" * 31, "o=" + "0" * 32 + "&n=1"):
        assert offer_of_query(bad) is None
    with pytest.raises(ValueError, match="offer"):
        LINKS.leg("OF1")
    assert sealed_of_query("t=" + "ab" * 16) == "ab" * 16
    assert sealed_of_query("t=12#") is None
    assert call_of("sala-ca" + "g" * 32) is None and call_of("outra") is None
    for address in (LINKS.agent(OFFER), LINKS.leg(OFFER), LINKS.bridge(7), LINKS.room()):
        bare = address.partition("#")[0]
        assert bare == bare.lower()


def test_the_same_over_the_network_with_the_sound_of_both_channels() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[web.AppRunner, Exchange]:
        exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(ScriptedService().on("/voice/agent", "<Pause length='30'/>")),
            route=route(),
            dial_plan=Numbers(addresses=answers(after=0.1)),
        )
        runner = web.AppRunner(make_app(exchange))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, exchange

    runner, exchange = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        api = TwilioApi(account_sid=ACCOUNT, auth_token=TOKEN, api_url=address)
        port = TwilioTelephony(api, links=LINKS, caller_id=DESK)
        since = datetime.now(UTC)
        leg = port.ring(to="client:agente-ana", offer=OFFER, seconds=20)
        assert port.find_leg(to="client:agente-ana", since=since, known=()) == leg
        for _ in range(100):
            if exchange.calls[leg].answered:
                break
            time.sleep(0.05)
        recording = port.start_recording(leg)
        time.sleep(1.1)
        assert port.members(leg) == () and not port.end_room(leg)
        assert port.end_call(leg)
        for _ in range(100):
            if exchange.recordings[recording].status == "completed":
                break
            time.sleep(0.05)
        sound = port.fetch_recording(recording)
        assert sound[:4] == b"RIFF" and sound[22:24] == b"\x02\x00"
        assert port.delete_recording(recording)
        with pytest.raises(PortError) as gone:
            port.fetch_recording(recording)
        assert gone.value.permanent
        with pytest.raises(PortError):
            port.fetch_recording("../x")
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_third_one_is_called_and_who_hears_them_changes_by_one_request(
    carrier: Callable[[Work], Any], service: ScriptedService
) -> None:
    room = room_of("CA" + "1" * 32)
    service.on("/voice", f'<Dial><Conference beep="false" waitUrl="">{room}</Conference></Dial>')
    for path in ("/voice/supervisor", "/voice/outside"):
        service.on(path, f'<Dial><Conference beep="false">{room}</Conference></Dial>')
        service.on(f"{path}-leg", "")

    async def work(exchange: Exchange, port: TwilioTelephony) -> None:
        exchange.dial_plan = Numbers(others=answers(after=1), addresses=answers(after=1))
        first = exchange.call(from_=CITIZEN, to=DESK)
        await first.handset.listen().until(ConferenceJoined)
        listens = port.supervise(to="client:carla", supervision="SV" + "a" * 32, seconds=20)
        outside = port.call_outside(to="+556733180055", outside="EX" + "b" * 32, seconds=20)
        for sid in (listens, outside):
            await exchange.calls[sid].handset.listen().until(ConferenceJoined)
        sid = "CA" + "1" * 32
        (conference,) = exchange.rooms.conferences.values()
        member = conference.find(listens)
        assert member is not None
        for muted, only in ((True, ""), (False, first.sid), (False, ""), (True, "")):
            assert port.coach(sid, listens, muted=muted, only=only)
            assert (member.muted, member.coaching) == (muted, only)
        assert not port.coach(sid, "CA" + "0" * 32, muted=True, only="")
        with pytest.raises(PortError):
            port.call_outside(to="sip:a@b.example", outside="EX" + "b" * 32, seconds=20)
        port.end_room(sid)

    carrier(work)
    assert service.at("/voice/supervisor-leg") and service.at("/voice/outside-leg")
