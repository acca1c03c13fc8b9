"""Calls in a hurry, and calls that another address answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from scripted_service import ACCOUNT, CITIZEN, HOST, TOKEN, ScriptedService, route

from ivr.carrier.call import Call
from ivr.carrier.events import PlayStarted
from ivr.carrier.exchange import Exchange
from ivr.carrier.presets import Presets
from ivr.carrier.server import make_app
from ivr.carrier.terminal import arguments
from ivr.carrier.terminal_api import CarrierApi
from ivr.carrier.terminal_screen import JsonLines
from ivr.carrier.terminal_script import read_scripts, run_scripts
from ivr.carrier.transport_wsgi import WsgiTransport

Client = TestClient[web.Request, web.Application]
STORY = """
story = "A caller presses a key and is thanked"
caller = "+5567999990098"
[[steps]]
hears = ["main.menu"]
press = "1"
[ends]
by = "system"
hears = ["bye.thanks"]
"""


def beside(service: ScriptedService, work: Callable[[Client, Exchange], Awaitable[None]]) -> None:
    async def run() -> None:
        exchange = Exchange(
            account_sid=ACCOUNT, token=TOKEN, transport=WsgiTransport(service), route=route()
        )
        async with TestClient(TestServer(make_app(exchange, Presets()))) as client:
            await work(client, exchange)

    asyncio.run(run())


async def dial(client: Client, exchange: Exchange, **more: Any) -> Call:
    answer = await client.post("/phone/calls", json={"from": CITIZEN, **more})
    assert answer.status == 201, await answer.text()
    return exchange.calls[(await answer.json())["call"]]


async def seconds_of(call: Call) -> float:
    began = time.monotonic()
    async with asyncio.timeout(10):
        await call.finished()
    return time.monotonic() - began


def test_another_address_answers_and_sounds_hurry(service: ScriptedService) -> None:
    service.on("/elsewhere", "<Play>/long.wav</Play>").sound("/long.wav", 3.0)

    async def work(client: Client, exchange: Exchange) -> None:
        call = await dial(client, exchange, voice_url=f"{HOST}/elsewhere", fast=True)
        assert await seconds_of(call) < 2.0
        (played,) = [event for event in call.line.events if isinstance(event, PlayStarted)]
        assert played.seconds == 3.0, "what is told of the sound stays true"

    beside(service, work)
    assert service.paths[0] == "/elsewhere"


def test_without_hurry_a_sound_lasts_its_time(service: ScriptedService) -> None:
    service.on("/voice", "<Play>/long.wav</Play>").sound("/long.wav", 1.0)

    async def work(client: Client, exchange: Exchange) -> None:
        assert await seconds_of(await dial(client, exchange)) >= 1.0

    beside(service, work)


@pytest.mark.parametrize(
    "more",
    [{"voice_url": "file:///x"}, {"voice_url": "http://"}, {"voice_url": 1}, {"fast": 1}],
)
def test_addresses_and_hurry_are_read_strictly(
    service: ScriptedService, more: dict[str, Any]
) -> None:
    async def work(client: Client, exchange: Exchange) -> None:
        answer = await client.post("/phone/calls", json={"from": CITIZEN, **more})
        assert answer.status == 422
        assert (await answer.json())["error"]
        assert exchange.calls == {}

    beside(service, work)


def test_the_terminal_runs_a_script_in_a_hurry_against_another_address(
    service: ScriptedService, tmp_path: Path
) -> None:
    menu, thanks = "<Play>/prompts/main.menu.wav</Play>", "<Play>/prompts/bye.thanks.wav</Play>"
    service.on("/elsewhere", f'<Gather numDigits="1" action="/bye">{menu}</Gather>')
    service.on("/bye", thanks).on("/voice", "<Reject/>")
    for piece in ("main.menu", "bye.thanks"):
        service.sound(f"/prompts/{piece}.wav", 5.0)
    file = tmp_path / "story.toml"
    file.write_text(STORY, "utf-8")

    async def work(client: Client, exchange: Exchange) -> None:
        words = ["--fast", "--voice-url", f"{HOST}/elsewhere", "--script", str(file)]
        options = arguments().parse_args(words)
        address = str(client.make_url(""))
        async with CarrierApi(address, voice_url=options.voice_url, fast=options.fast) as api:
            with (tmp_path / "out").open("w") as out:
                code = await run_scripts(
                    api,
                    await api.setup(),
                    JsonLines(out),
                    read_scripts(options.script),
                    to="+556733183600",
                )
        assert code == 0, (tmp_path / "out").read_text()

    began = time.monotonic()
    beside(service, work)
    assert time.monotonic() - began < 4.0
