"""The carrier over real sockets: its REST interface, its webhooks, its command line."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from scripted_service import ACCOUNT, CITIZEN, DESK, TOKEN, ScriptedService
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.carrier.call import Goto, Route
from ivr.carrier.exchange import Exchange
from ivr.carrier.transport import ConnectFailed, HttpRequest, ReadFailed
from ivr.carrier.transport_http import HttpTransport
from ivr.carrier.twiml.dial import StatusCallback

ROOT = Path(__file__).parents[2]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        return None

    def get_environ(self) -> dict[str, Any]:
        return super().get_environ() | {"RAW_URI": self.path}


class Bounded:
    """wsgiref leaves the body's end to the application."""

    def __init__(self, app: ScriptedService) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        return self.app(environ, start_response)


@pytest.fixture
def address(service: ScriptedService) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, Bounded(service), WSGIServer, Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def test_a_call_over_http(service: ScriptedService, address: str) -> None:
    service.on("/voice", '<Gather numDigits="1" action="/turn"/>').sound("/a.wav", 0.05)
    service.on("/turn", "<Play>/a.wav</Play>")

    async def scenario() -> str:
        exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=HttpTransport(),
            route=Route(
                voice=Goto(url=f"{address}/voice"),
                status=StatusCallback(
                    url=f"{address}/status", method="POST", events=("completed",)
                ),
            ),
        )
        call = exchange.call(from_=CITIZEN, to=DESK)
        call.handset.press("7")
        await call.finished()
        await exchange.stop()
        return call.status

    assert asyncio.run(scenario()) == "completed"
    assert service.paths == ["/voice", "/turn", "/a.wav", "/status"]
    assert service.at("/turn")[0]["Digits"] == "7"
    assert service.at("/voice")[0]["ToCity"] == "São Paulo"


def test_a_refused_connection_and_a_broken_answer_are_told_apart() -> None:
    async def send(port: int) -> None:
        transport = HttpTransport()
        try:
            await transport.send(
                HttpRequest(method="GET", url=f"http://127.0.0.1:{port}/"), connect=1, read=1
            )
        finally:
            await transport.close()

    async def broken() -> None:
        async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.close()

        server = await asyncio.start_server(slam, "127.0.0.1", 0)
        async with server:
            await send(server.sockets[0].getsockname()[1])

    with pytest.raises(ConnectFailed):
        asyncio.run(send(free_port()))
    with pytest.raises(ReadFailed):
        asyncio.run(broken())


class ToTheCarrier(TwilioHttpClient):
    """Sends what is meant for Twilio to the carrier."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = root

    def request(self, method: str, url: str, *arguments: Any, **more: Any) -> Any:
        return super().request(
            method, url.replace("https://api.twilio.com", self.root), *arguments, **more
        )


@pytest.fixture
def carrier(address: str) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ivr.carrier",
            *("--port", str(port)),
            *("--voice-url", f"{address}/voice"),
            *("--status-callback", f"{address}/status"),
            *("--account-sid", ACCOUNT),
            *("--auth-token-env", "CARRIER_TOKEN"),
        ],
        cwd=ROOT,
        env=os.environ | {"CARRIER_TOKEN": TOKEN},
        stdout=subprocess.DEVNULL,
    )
    try:
        root = f"http://127.0.0.1:{port}"
        wait_for(f"{root}/healthz")
        yield root
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_the_twilio_package_talks_to_the_process(carrier: str, service: ScriptedService) -> None:
    service.on("/sms/status", "").on("/voice", "<Hangup/>")
    client = Client(ACCOUNT, TOKEN, http_client=ToTheCarrier(carrier))
    sent = client.messages.create(to=CITIZEN, from_=DESK, body="Olá, ação")
    assert client.messages(sent.sid).fetch().body == "Olá, ação"
    queue = client.queues.create(friendly_name="fila")
    assert client.queues(queue.sid).members.list() == []
    with pytest.raises(TwilioRestException) as caught:
        client.calls("CA" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)
    stranger = Client(ACCOUNT, "wrong", http_client=ToTheCarrier(carrier))
    with pytest.raises(TwilioRestException) as caught:
        stranger.queues.create(friendly_name="outra")
    assert (caught.value.status, caught.value.code) == (401, 20003)


def test_without_a_token_the_carrier_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ivr.carrier", "--voice-url", "http://x/"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "TWILIO_AUTH_TOKEN"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "TWILIO_AUTH_TOKEN" in done.stderr
