"""A desk that listens with our own engine: calls in virtual time, their sound over real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from desk import ACCOUNT, DESK, OPEN, TOKEN, Desk, TestClock, make_desk, people
from running import free_port
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ivr.carrier.call import Goto, Route
from ivr.carrier.clock import VirtualLoop, run_virtual
from ivr.carrier.exchange import Exchange
from ivr.carrier.media.learning import Learning
from ivr.carrier.script import Script
from ivr.carrier.script_run import ScriptResult, run_script
from ivr.carrier.transport_wsgi import WsgiTransport
from ivr.carrier.twiml.dial import StatusCallback
from ivr.settings import ROOT

T = TypeVar("T")

MODEL = ROOT / "tests" / "fixtures" / "speech" / "model-pt-8k-test-only"
PACE = 16.0
"""How many times faster than a person the calls of these tests run while a stream is open."""
WORK = 0.5
"""Seconds between two looks of the worker at the outbox."""


@dataclass
class LineClock(TestClock):
    """The carrier's virtual time, also for the threads that serve its streams."""

    __test__ = False
    loop: VirtualLoop | None = None

    def now(self) -> datetime:
        return self.at if self.loop is None else self.loop.wall_clock()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        return None


@dataclass
class SpokenDesk:
    """``address``: of its media streams and of nothing else; webhooks go in directly."""

    desk: Desk
    clock: LineClock
    address: str
    server: BaseWSGIServer

    def run(self, scenario: Callable[[Exchange], Coroutine[Any, Any, T]]) -> T:
        """Run a scenario with a carrier, and a worker beside it."""

        async def whole() -> T:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualLoop)
            self.clock.loop = loop
            exchange = self.exchange()
            worker = asyncio.ensure_future(self._work())
            try:
                return await scenario(exchange)
            finally:
                await exchange.drain()
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)
                self.desk.work()
                self.clock.at = loop.wall_clock()
                self.clock.loop = None
                await exchange.stop()

        result = run_virtual(whole(), start=OPEN, pace=PACE)
        assert self.desk.judge.findings == [], "documents that the carrier would not take"
        return result

    def tell(self, script: Script) -> ScriptResult:
        """Tell a story."""

        async def scenario(exchange: Exchange) -> ScriptResult:
            return await run_script(
                script,
                exchange,
                list(people().values()),
                to=DESK,
                messages=lambda number: [b for to, b in self.desk.sms.sent if to == number],
            )

        return self.run(scenario)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(WORK)
            self.desk.work()

    def exchange(self) -> Exchange:
        """A carrier whose number leads to this desk; for the running loop."""
        exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(self.desk.judge),
            route=Route(
                voice=Goto(url=f"{self.address}/voice/incoming"),
                fallback_url=f"{self.address}/voice/fallback",
                status=StatusCallback(
                    url=f"{self.address}/voice/status", method="POST", events=("completed",)
                ),
            ),
        )
        exchange.before_stream = Learning(
            transport=exchange.transport, service=self.address, known=exchange.known_sounds
        ).ready
        return exchange


@contextmanager
def spoken_desk(folder: Path) -> Iterator[SpokenDesk]:
    """A desk whose media streams are served on a free port."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    clock = LineClock()
    changes = {
        "PUBLIC_URL": address,
        "IVR_SPEECH": "vosk",
        "IVR_SPEECH_MODEL": str(MODEL),
        "IVR_MEDIA_SPEED": "1000",
    }
    desk = make_desk(folder, changes=changes, clock=clock)
    server = make_server("127.0.0.1", port, desk.app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield SpokenDesk(desk=desk, clock=clock, address=address, server=server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        desk.app.extensions["ivr.media"].stop()
        desk.close()
