"""A scripted service at the other end of the carrier's webhooks, and a way to run a call."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator
from twiml_grammar import check_twiml

from ivr.carrier.audio import silence, wav
from ivr.carrier.call import Call, Goto, Route
from ivr.carrier.clock import run_virtual, wall_clock
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.sid import Sids
from ivr.carrier.transport_wsgi import WsgiTransport
from ivr.carrier.twiml.dial import CALL_EVENTS, StatusCallback

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
HOST = "http://ivr.test"
CITIZEN = "+5567999990000"
DESK = "+556733183600"
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Seen:
    """One request as it arrived."""

    path: str
    uri: str
    method: str
    fields: dict[str, str]
    headers: dict[str, str]
    at: datetime


@dataclass
class Reply:
    body: bytes | str = ""
    status: str = "200 OK"
    kind: str = "text/xml; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class ScriptedService:
    """Answers each path with its replies in turn; the last one goes on for ever.

    Judges what it meets: every signature by Twilio's validator, every document of its own by the
    grammar (``strict``).
    """

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.seen: list[Seen] = []
        self.strict = True
        self.complaints: list[str] = []
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.watch: Callable[[Seen], None] = lambda seen: None

    def on(self, path: str, *documents: str | Reply) -> ScriptedService:
        """Documents are what stands inside <Response>."""
        replies = []
        for document in documents:
            if isinstance(document, str):
                xml = f'<?xml version="1.0" encoding="UTF-8"?><Response>{document}</Response>'
                if self.strict:
                    self.complaints += check_twiml(xml)
                document = Reply(body=xml)
            replies.append(document)
        self.replies[path] = replies
        return self

    def sound(self, path: str, seconds: float, **headers: str) -> ScriptedService:
        return self.on(path, Reply(wav(silence(seconds)), kind="audio/wav", headers=headers))

    def at(self, path: str) -> list[dict[str, str]]:
        """The fields of all requests to ``path``."""
        return [seen.fields for seen in self.seen if seen.path == path]

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        query, path = environ["QUERY_STRING"], environ["PATH_INFO"]
        form = parse_qsl(body.decode(), keep_blank_values=True)
        fields = dict(form or parse_qsl(query, keep_blank_values=True))
        seen = Seen(
            path=path,
            uri=environ["RAW_URI"],
            method=environ["REQUEST_METHOD"],
            fields=fields,
            headers={key[5:]: value for key, value in environ.items() if key.startswith("HTTP_")},
            at=self.clock(),
        )
        self.seen.append(seen)
        if "X_TWILIO_SIGNATURE" in seen.headers:
            url = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{seen.uri}"
            if not RequestValidator(TOKEN).validate(
                url, dict(form), seen.headers["X_TWILIO_SIGNATURE"]
            ):
                self.complaints.append(f"bad signature at {seen.uri}")
        elif seen.method == "POST":
            self.complaints.append(f"no signature at {seen.uri}")
        self.watch(seen)
        replies = self.replies.get(path)
        if not replies:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"nothing here"]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        headers = [("Content-Type", reply.kind)] if reply.kind else []
        start_response(reply.status, headers + list(reply.headers.items()))
        return [reply.body.encode() if isinstance(reply.body, str) else reply.body]


Script = Callable[[Call], Awaitable[None]]


class Phone:
    """Runs calls to the scripted service in virtual time."""

    def __init__(self, service: ScriptedService) -> None:
        self.service = service
        self.exchange: Exchange

    def run(
        self,
        work: Callable[[Exchange], Awaitable[Any]],
        *,
        faults: Faults | None = None,
        **more: Any,
    ) -> Any:
        """``work`` gets an exchange; all its calls end before this returns."""

        async def running() -> Any:
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: self.service.complaints.append(str(context))
            )
            self.service.clock = wall_clock
            self.exchange = Exchange(
                account_sid=ACCOUNT,
                token=TOKEN,
                transport=WsgiTransport(self.service),
                route=more.pop("route", route()),
                faults=faults,
                sids=Sids(random.Random(7)),
                **more,
            )
            result = await work(self.exchange)
            await self.exchange.drain()
            return result

        return run_virtual(running(), start=START)

    def call(
        self, script: Script | None = None, *, faults: Faults | None = None, **more: Any
    ) -> Call:
        """One call from a citizen; without a script nobody presses or says anything."""

        async def work(exchange: Exchange) -> Call:
            call = exchange.call(from_=CITIZEN, to=DESK)
            if script is not None:
                await script(call)
            await call.finished()
            return call

        result = self.run(work, faults=faults, **more)
        assert isinstance(result, Call)
        return result


def route(**changes: Any) -> Route:
    given: dict[str, Any] = {
        "voice": Goto(url=f"{HOST}/voice"),
        "fallback_url": f"{HOST}/fallback",
        "status": StatusCallback(url=f"{HOST}/status", method="POST", events=CALL_EVENTS),
    }
    return Route(**(given | changes))
