"""The interface under /phone/ that the page and other telephones use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_service import ACCOUNT, CITIZEN, DESK, TOKEN, Reply, ScriptedService, route
from yarl import URL

from ivr.carrier.audio import silence, wav
from ivr.carrier.call import Call, Goto
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.handset import Handset
from ivr.carrier.line import Line
from ivr.carrier.media.mulaw import decoded
from ivr.carrier.pages.switches import BadSwitches, read_switches
from ivr.carrier.pages.telephone import BadDeed, do
from ivr.carrier.presets import Presets, read_presets
from ivr.carrier.server import make_app
from ivr.carrier.transport_wsgi import WsgiTransport

AGENT = "+556733180001"
PEOPLE = {
    "people": [{"key": "ana", "name": "Ana Demonstração", "mobile": CITIZEN, "pin": "80264917"}],
    "presets": [{"id": "known", "label": "Ana", "number": CITIZEN}],
}
Desk = TestClient[web.Request, web.Application]


class World:
    """A carrier with its pages, and the client of them."""

    def __init__(self, client: Desk, exchange: Exchange) -> None:
        self.client = client
        self.exchange = exchange

    async def dial(self, **more: Any) -> Call:
        answer = await self.client.post("/phone/calls", json={"from": CITIZEN, **more})
        assert answer.status == 201
        return self.exchange.calls[(await answer.json())["call"]]

    async def get(self, path: str, status: int = 200, **more: Any) -> Any:
        answer = await self.client.get(path, **more)
        assert answer.status == status, await answer.text()
        return await answer.json()

    async def refusal(self, method: str, path: str, content: Any, status: int = 422) -> str:
        body = content if isinstance(content, str | bytes) else json.dumps(content)
        answer = await self.client.request(method, path, data=body)
        assert answer.status == status
        words = (await answer.json())["error"]
        assert isinstance(words, str) and words
        return words


def desk(
    service: ScriptedService,
    work: Callable[[World], Awaitable[None]],
    *,
    presets: Presets | None = None,
    **more: Any,
) -> None:
    async def run() -> None:
        exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(service),
            route=route(),
            dial_plan=read_presets({}).dial_plan,
            **more,
        )
        app = make_app(exchange, presets or read_presets(PEOPLE))
        async with TestClient(TestServer(app)) as client:
            await work(World(client, exchange))

    asyncio.run(run())


async def until(socket: ClientWebSocketResponse, name: str) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            event = await socket.receive_json()
            assert isinstance(event, dict)
            if event["event"] == name:
                return event


LISTEN = '<Gather numDigits="2" input="dtmf speech" speechTimeout="1" action="/turn"/>'
GATHER = LISTEN + '<Pause length="9"/>'


def test_setup_gives_people_callers_and_the_number_of_the_desk(service: ScriptedService) -> None:
    async def work(world: World) -> None:
        assert await world.get("/phone/setup") == {
            "people": PEOPLE["people"],
            "callers": PEOPLE["presets"],
            "to": DESK,
        }

    desk(service, work)


def test_a_call_is_told_from_its_beginning_and_its_phone_presses_keys(
    service: ScriptedService,
) -> None:
    service.on("/voice", GATHER).on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        call = await world.dial()
        await asyncio.sleep(0.05)
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            hello = await socket.receive_json()
            assert hello["event"] == "hello"
            assert (await socket.receive_json())["event"] == "http_exchange"
            gather = await until(socket, "gather_started")
            assert gather["call"] == call.sid
            assert gather["attributes"]["numDigits"] == 2
            await socket.send_json({"do": "press", "keys": "12"})
            assert (await until(socket, "gather_ended"))["reason"] == "digits"
            assert (await until(socket, "hung_up"))["by"] == "application"
            await until(socket, "line_closed")
            assert (await socket.receive()).data == 1000
        again = await world.client.ws_connect(f"/phone/calls/{call.sid}/events")
        told = [event["event"] async for event in rest_of(again)]
        assert told[0] == "hello" and told[-1] == "line_closed"

    desk(service, work)
    assert service.at("/turn")[0]["Digits"] == "12"
    assert service.at("/voice")[0]["From"] == CITIZEN
    assert service.at("/voice")[0]["To"] == DESK


async def rest_of(socket: ClientWebSocketResponse) -> Any:
    async for message in socket:
        yield message.json()


def test_spoken_words_reach_the_service_with_their_confidence(service: ScriptedService) -> None:
    service.on("/voice", GATHER).on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        call = await world.dial()
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            await until(socket, "gather_started")
            await socket.send_json(
                {"do": "speak", "text": "minha senha", "confidence": 0.62, "seconds": 0.1}
            )
            await until(socket, "line_closed")

    desk(service, work)
    assert service.at("/turn")[0]["SpeechResult"] == "minha senha"
    assert float(service.at("/turn")[0]["Confidence"]) == pytest.approx(0.62)


def test_a_withheld_number_arrives_as_anonymous(service: ScriptedService) -> None:
    service.on("/voice", "<Hangup/>")

    async def work(world: World) -> None:
        await (await world.dial(**{"from": "withheld"})).finished()

    desk(service, work)
    assert service.at("/voice")[0]["From"] == "+266696687"


def test_bad_messages_are_refused_and_the_call_goes_on(service: ScriptedService) -> None:
    service.on("/voice", GATHER).on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        call = await world.dial()
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            await until(socket, "gather_started")
            bad = ["{", "[]", '"x"', "{}", '{"do": "dance"}', '{"do": ["press"]}']
            bad += ['{"do": "speak", "text": "\\ud800"}', '{"do": "hang_up", "now": true}']
            bad += ['{"do": "speak", "text": "a", "seconds": 1' + "0" * 400 + "}"]
            bad += ['{"do": "press", "keys": "1x"}', '{"do": "press", "keys": "12", "to": 1}']
            for message in bad:
                await socket.send_str(message)
                assert (await until(socket, "refused"))["why"]
            await socket.send_bytes(b"\x00\xff")
            assert (await until(socket, "refused"))["why"]
            assert not call.ended
            await socket.send_json({"do": "hang_up"})
            assert (await until(socket, "hung_up"))["by"] == "caller"

    desk(service, work)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
DEEDS = st.fixed_dictionaries(
    {"do": st.sampled_from(["press", "speak"])},
    optional={"keys": ANYTHING, "text": ANYTHING, "confidence": ANYTHING, "seconds": ANYTHING},
)


@settings(max_examples=150, deadline=None)
@given(DEEDS | ANYTHING)
def test_any_message_is_done_or_refused_and_never_breaks(message: Any) -> None:
    async def run() -> None:
        call = idle_call()
        try:
            do(call, json.dumps(message))
        except BadDeed as failure:
            assert str(failure)
            assert not call.handset.kept
        else:
            assert call.handset.kept

    asyncio.run(run())


def idle_call() -> Call:
    line = Line()
    handset = Handset(line)
    return Call(
        sid="CA" + "0" * 32,
        account_sid=ACCOUNT,
        from_=CITIZEN,
        to=DESK,
        direction="inbound",
        status="in-progress",
        route=route(),
        leg=None,  # type: ignore[arg-type]
        line=line,
        faults=Faults(),
        handset=handset,
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        [],
        {},
        {"from": None},
        {"from": "67999990001"},
        {"from": "+55 67 99999-0001"},
        {"from": "client:ana"},
        {"from": CITIZEN, "to": "sip:x"},
        {"from": CITIZEN, "url": "http://elsewhere/"},
        {"from": CITIZEN, "faults": []},
        {"from": CITIZEN, "faults": {"no_such": 1}},
        {"from": CITIZEN, "faults": {"slow_webhook": -1}},
        {"from": CITIZEN, "faults": {"answer_500": 1}},
    ],
)
def test_a_call_that_cannot_be_made_is_refused_in_words(
    service: ScriptedService, content: Any
) -> None:
    async def work(world: World) -> None:
        await world.refusal("POST", "/phone/calls", content)
        assert world.exchange.calls == {}

    desk(service, work)


def test_unknown_calls_recordings_and_plain_requests_to_sockets_are_refused(
    service: ScriptedService,
) -> None:
    service.on("/voice", GATHER)

    async def work(world: World) -> None:
        await world.get("/phone/calls/CAx/events", 404)
        await world.get("/phone/recordings/REx.wav", 404)
        with pytest.raises(WSServerHandshakeError):
            await world.client.ws_connect("/phone/calls/CAx/events")
        call = await world.dial()
        await world.get(f"/phone/calls/{call.sid}/events", 426)
        await world.get("/phone/ringing", 426)

    desk(service, work)


def test_a_phone_that_rings_is_shown_and_can_be_answered(service: ScriptedService) -> None:
    service.on("/voice", f'<Dial timeout="20"><Number>{AGENT}</Number></Dial>')

    async def work(world: World) -> None:
        async with world.client.ws_connect("/phone/ringing") as early:
            assert (await early.receive_json())["event"] == "hello"
            call = await world.dial()
            ringing = await until(early, "ringing")
            assert (ringing["to"], ringing["from"]) == (AGENT, CITIZEN)
            async with world.client.ws_connect("/phone/ringing") as late:
                assert await until(late, "ringing") == ringing
            events = f"/phone/calls/{ringing['call']}/events"
            async with world.client.ws_connect(events) as agent:
                await agent.send_json({"do": "pick_up"})
                assert (await until(agent, "bridged"))["other"] == call.sid
                quiet = await until(early, "quiet")
                assert (quiet["call"], quiet["status"]) == (ringing["call"], "in-progress")
                await agent.send_json({"do": "hang_up"})
                await until(agent, "line_closed")
            await call.finished()

    desk(service, work)


def test_a_declined_phone_is_busy_for_who_dialled_it(service: ScriptedService) -> None:
    service.on("/voice", f'<Dial action="/after"><Number>{AGENT}</Number></Dial>')
    service.on("/after", "<Hangup/>")

    async def work(world: World) -> None:
        async with world.client.ws_connect("/phone/ringing") as bell:
            call = await world.dial()
            ringing = await until(bell, "ringing")
            events = f"/phone/calls/{ringing['call']}/events"
            async with world.client.ws_connect(events) as agent:
                await agent.send_json({"do": "decline"})
                await until(agent, "line_closed")
            await call.finished()

    desk(service, work)
    assert service.at("/after")[0]["DialCallStatus"] == "busy"


def test_messages_are_newest_first_with_the_name_of_whom_they_reach(
    service: ScriptedService,
) -> None:
    async def work(world: World) -> None:
        world.exchange.inbox.send(from_=DESK, to=CITIZEN, body="um")
        world.exchange.inbox.send(from_=DESK, to="+5511999990000", body="dois")
        second, first = await world.get("/phone/messages")
        assert (first["body"], first["to"], first["name"]) == ("um", CITIZEN, "Ana Demonstração")
        assert second["body"] == "dois" and "name" not in second
        assert second["status"] in ("queued", "sent") and second["at"]

    desk(service, work)


def test_a_recording_can_be_heard_whole_and_in_parts(service: ScriptedService) -> None:
    service.on("/voice", '<Record playBeep="false" finishOnKey="#" action="/turn"/>')
    service.on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        assert await world.get("/phone/recordings") == []
        call = await world.dial()
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            await until(socket, "record_started")
            await socket.send_json({"do": "speak", "text": "recado", "seconds": 0.2})
            await asyncio.sleep(0.3)
            await socket.send_json({"do": "press", "keys": "#"})
            await until(socket, "record_ended")
        (tape,) = await world.get("/phone/recordings")
        assert tape["call"] == call.sid and 0.1 < tape["seconds"] < 2
        path = f"/phone/recordings/{tape['sid']}.wav"
        whole = await world.client.get(path)
        content = await whole.read()
        assert whole.content_type == "audio/wav" and content[:4] == b"RIFF"
        part = await world.client.get(path, headers={"Range": "bytes=4-7"})
        assert (part.status, await part.read()) == (206, content[4:8])
        assert part.headers["Content-Range"] == f"bytes 4-7/{len(content)}"
        beyond = await world.client.get(path, headers={"Range": "bytes=99999999-"})
        assert beyond.status == 416

    desk(service, work)


MANIFEST = json.dumps({"greeting": {"text": "Olá.", "seconds": 1.0}})


def test_texts_come_from_the_service_and_are_kept_by_etag(service: ScriptedService) -> None:
    service.on(
        "/prompts/manifest.json",
        Reply(MANIFEST, kind="application/json", headers={"ETag": '"a"'}),
        Reply("", status="304 Not Modified"),
    )

    async def work(world: World) -> None:
        for _ in range(3):
            assert (await world.get("/phone/texts"))["greeting"]["text"] == "Olá."

    desk(service, work)
    assert service.paths == ["/prompts/manifest.json"]


@pytest.mark.parametrize(
    "reply", [Reply("", status="500 Internal Server Error"), Reply("x"), Reply("[]")]
)
def test_a_service_without_texts_is_said_to_have_none(
    service: ScriptedService, reply: Reply
) -> None:
    service.on("/prompts/manifest.json", reply)

    async def work(world: World) -> None:
        assert "textos" in (await world.get("/phone/texts", 502))["error"]

    desk(service, work)


def test_only_sounds_that_this_call_plays_are_handed_out(service: ScriptedService) -> None:
    service.on("/voice", "<Play>/a.wav</Play><Pause length='9'/>").sound("/a.wav", 0.05)
    service.sound("/b.wav", 0.05)

    async def work(world: World) -> None:
        call = await world.dial()
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            url = (await until(socket, "play_started"))["url"]
            await until(socket, "play_finished")
        heard = await world.client.get("/phone/sound", params={"call": call.sid, "url": url})
        assert (heard.status, heard.content_type) == (200, "audio/wav")
        assert await heard.read() == wav(silence(0.05))
        for params in (
            {"call": call.sid, "url": url.replace("a.wav", "b.wav")},
            {"call": call.sid, "url": "http://127.0.0.1:1/x.wav"},
            {"call": "CAx", "url": url},
            {},
        ):
            await world.get("/phone/sound", 404, params=params)
        call.handset.hang_up()
        await call.finished()

    desk(service, work)
    assert "/b.wav" not in service.paths


def test_a_one_time_sound_is_heard_while_it_plays_and_not_after(service: ScriptedService) -> None:
    service.on("/voice", "<Play>/audio/secret/x.wav</Play><Pause length='9'/>")
    service.sound("/audio/secret/x.wav", 0.4, **{"Cache-Control": "no-store"})

    async def work(world: World) -> None:
        call = await world.dial()
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            url = (await until(socket, "play_started"))["url"]
            params = {"call": call.sid, "url": url}
            heard = await world.client.get("/phone/sound", params=params)
            assert (heard.status, heard.headers["Cache-Control"]) == (200, "no-store")
            await until(socket, "play_finished")
            await world.get("/phone/sound", 404, params=params)
        call.handset.hang_up()
        await call.finished()

    desk(service, work)
    assert service.paths.count("/audio/secret/x.wav") == 1


def test_faults_hold_for_later_calls_and_for_the_one_that_runs(service: ScriptedService) -> None:
    service.on("/voice", GATHER).on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        assert (await world.get("/phone/faults"))["slow_webhook"] == 0
        running = await world.dial(faults={"lose_callback": True})
        asked = {"slow_webhook": 12, "answer_500": True, "duplicate_callback": 2}
        answer = await world.client.post("/phone/faults", json=asked)
        assert asked.items() <= (await answer.json()).items()
        assert running.faults.slow_webhook == 12 and running.faults.lose_callback
        assert (await world.get("/phone/faults"))["duplicate_callback"] == 2
        assert world.exchange.faults.answer_500
        cleared = await world.client.delete("/phone/faults")
        assert await cleared.json() == await world.get("/phone/faults")
        assert running.faults == world.exchange.faults == Faults()
        running.handset.hang_up()
        await running.finished()

    desk(service, work)


@pytest.mark.parametrize(
    "content",
    [
        [],
        "{",
        {"no_such": True},
        {"slow_webhook": "12"},
        {"slow_webhook": True},
        {"slow_webhook": 1e9},
        {"answer_500": "yes"},
        {"duplicate_callback": 0},
        {"duplicate_callback": 1000},
        {"empty_queue_status": "x"},
        {"lose_callback": True, "no_such": 1},
    ],
)
def test_wrong_faults_are_refused_and_change_nothing(
    service: ScriptedService, content: Any
) -> None:
    async def work(world: World) -> None:
        await world.refusal("POST", "/phone/faults", content)
        assert world.exchange.faults == Faults()

    desk(service, work)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(list(Faults.__dataclass_fields__)), ANYTHING) | ANYTHING)
def test_any_faults_are_read_or_refused(content: Any) -> None:
    try:
        faults = read_switches(Faults(), content)
    except BadSwitches as failure:
        assert str(failure)
    else:
        assert 0 <= faults.slow_webhook <= 600 and 1 <= faults.duplicate_callback <= 10


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "rebound.example"},
    ],
)
def test_a_foreign_web_page_can_neither_dial_nor_read_nor_listen(
    service: ScriptedService, headers: dict[str, str]
) -> None:
    async def work(world: World) -> None:
        for path in ("/", "/phone/setup", "/phone/messages", "/phone/ringing"):
            await world.get(path, 403, headers=headers)
        answer = await world.client.post("/phone/calls", json={"from": CITIZEN}, headers=headers)
        assert answer.status == 403
        assert world.exchange.calls == {}
        await world.get("/phone/calls/CAx/sound", 403, headers=headers)
        spoken = await world.client.post("/phone/calls/CAx/speech", data=b"x", headers=headers)
        assert spoken.status == 403
        with pytest.raises(WSServerHandshakeError):
            await world.client.ws_connect("/phone/ringing", headers=headers)

    desk(service, work)


def test_our_own_page_and_the_public_name_are_let_in(service: ScriptedService) -> None:
    async def work(world: World) -> None:
        root = str(world.client.make_url("/")).rstrip("/")
        own = {"Origin": root, "Sec-Fetch-Site": "same-origin"}
        await world.get("/phone/setup", headers=own)
        await world.get("/phone/setup", headers={"Host": "telefone.example"})
        await world.get("/phone/setup", headers={"Host": "carrier:8090"})

    desk(service, work, rest_url="https://telefone.example")


def test_every_answer_has_the_strict_headers(service: ScriptedService) -> None:
    async def work(world: World) -> None:
        for path in ("/", "/phone/setup", "/phone/static/main.js", "/phone/recordings/x.wav"):
            answer = await world.client.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'") and "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Server" not in answer.headers or "Python" in answer.headers["Server"]
        page = await (await world.client.get("/")).text()
        assert " style=" not in page and "onclick" not in page and "<style" not in page

    desk(service, work)


@pytest.mark.parametrize("name", ["..%2f..%2fapi.py", "none.js", "phone.html", ".."])
def test_only_the_files_of_the_page_are_served(service: ScriptedService, name: str) -> None:
    async def work(world: World) -> None:
        async with ClientSession() as session:
            url = URL(f"{world.client.make_url('/phone/static/')}{name}", encoded=True)
            async with session.get(url) as answer:
                assert answer.status == 404

    desk(service, work)


def test_a_service_that_is_not_there_is_an_error_of_the_call(service: ScriptedService) -> None:
    async def work(world: World) -> None:
        world.exchange.route = route(voice=Goto(url="http://ivr.test/nothing"))
        call = await world.dial()
        async with world.client.ws_connect(f"/phone/calls/{call.sid}/events") as socket:
            warned = await until(socket, "warned")
            assert warned["level"] == "error"
            await socket.send_json({"do": "hang_up"})
            await until(socket, "line_closed")
            await call.finished()

    desk(service, work)


def test_listeners_do_not_keep_the_carrier_from_stopping(service: ScriptedService) -> None:
    service.on("/voice", GATHER)

    async def work(world: World) -> None:
        call = await world.dial()
        bell = await world.client.ws_connect("/phone/ringing")
        line = await world.client.ws_connect(f"/phone/calls/{call.sid}/events")
        sound = await world.client.ws_connect(f"/phone/calls/{call.sid}/sound")
        await until(line, "gather_started")
        ended = asyncio.gather(*[close_code_of(socket) for socket in (bell, line, sound)])
        async with asyncio.timeout(5):
            await world.client.server.close()
            assert await ended == [1001, 1000, 1000]
        assert call.status == "completed"

    desk(service, work)


async def close_code_of(socket: ClientWebSocketResponse) -> int | None:
    async for _ in socket:
        pass
    return socket.close_code


def test_a_microphone_is_recorded_and_closes_with_the_call(service: ScriptedService) -> None:
    service.on("/voice", '<Record action="/turn" playBeep="false" finishOnKey="#"/>')
    service.on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        call = await world.dial()
        line = await world.client.ws_connect(f"/phone/calls/{call.sid}/events")
        sound = await world.client.ws_connect(f"/phone/calls/{call.sid}/sound")
        await until(line, "record_started")
        for _ in range(25):
            await sound.send_bytes(b"\x10\x90" * 80)
            await asyncio.sleep(0.02)
        await sound.send_str("no sound")
        await line.send_json({"do": "press", "keys": "#"})
        async with asyncio.timeout(5):
            assert await close_code_of(sound) == 1000
        (recording,) = world.exchange.recordings.values()
        assert 0.4 < recording.seconds < 2
        assert decoded(b"\x10\x90" * 2000) in (recording.samples or b"")

    desk(service, work)


def test_speech_of_a_file_is_said_and_bad_speech_is_refused(service: ScriptedService) -> None:
    service.on("/voice", '<Record action="/turn" playBeep="false" timeout="1"/>')
    service.on("/turn", "<Hangup/>")

    async def work(world: World) -> None:
        call = await world.dial()
        path = f"/phone/calls/{call.sid}/speech"
        line = await world.client.ws_connect(f"/phone/calls/{call.sid}/events")
        await until(line, "record_started")
        await world.refusal("POST", path, b"")
        await world.refusal("POST", path, b"\x10" * 480_001)
        await world.refusal("POST", "/phone/calls/CAx/speech", b"\x10", status=404)
        await world.get(f"/phone/calls/{call.sid}/sound", 426)
        await world.get("/phone/calls/CAx/sound", 404)
        answer = await world.client.post(path, data=b"\x10\x90" * 2000)
        assert await answer.json() == {"seconds": 0.5}
        await until(line, "hung_up")
        (recording,) = world.exchange.recordings.values()
        assert decoded(b"\x10\x90" * 2000) in (recording.samples or b"")
        await world.refusal("POST", path, b"\x10")

    desk(service, work)
