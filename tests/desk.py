"""A whole desk for tests: the real application over a fresh database, with a text-message fake,
and the local carrier in virtual time over the real routes and signatures."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from desk_stores import DeskStore, SqliteStore
from flask import Flask
from twiml_grammar import check_twiml

from app import create_app
from ivr.adapters.db import migrate
from ivr.adapters.directory import demo_people
from ivr.adapters.pin_hash import PinHasher
from ivr.adapters.sealing import HmacHash
from ivr.bootstrap import open_store_of
from ivr.carrier.call import Goto, Route
from ivr.carrier.clock import run_virtual, wall_clock
from ivr.carrier.events import GatherStarted, HttpExchange
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.transport_wsgi import WsgiTransport
from ivr.carrier.twiml.dial import StatusCallback
from ivr.ports.errors import PortError
from ivr.ports.store import CallRow, Job, JournalEntry, TicketRow
from ivr.ports.telephony import CarrierCall
from ivr.service.runtime import Runtime
from ivr.service.worker import drain
from ivr.settings import Settings, read_settings
from ivr.web.factory import start

T = TypeVar("T")

ACCOUNT = "AC" + "0" * 32
TOKEN = "token-of-the-tests-0123456789"
PUBLIC = "http://ivr.test"
DESK = "+556733183600"
OPEN = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Campo Grande."""
NIGHT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
"""The same Wednesday, 22:00 in Campo Grande."""


@dataclass
class FakeSms:
    """Keeps what was sent. ``broken`` is raised by the next sends; ``lose`` sends, then raises."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    broken: PortError | None = None
    lose: int = 0

    def send(self, *, to: str, body: str) -> str:
        if self.broken is not None:
            raise self.broken
        self.sent.append((to, body))
        if self.lose > 0:
            self.lose -= 1
            raise PortError("answer_lost", unknown_outcome=True)
        return f"SM{len(self.sent):032x}"

    def find(self, *, to: str, tag: str, since: datetime) -> str | None:
        for number, (went_to, body) in enumerate(self.sent, start=1):
            if went_to == to and tag in body:
                return f"SM{number:032x}"
        return None

    def code(self) -> str:
        """The newest code that was sent."""
        return re.findall(r"codigo (\d{6})", self._newest("codigo"))[-1]

    def link(self, path: str = "/senha/") -> str:
        """Path of the newest link."""
        return re.findall(rf"({path}\S+)", self._newest(path))[-1]

    def _newest(self, word: str) -> str:
        return next(body for _, body in reversed(self.sent) if word in body)


def asks(event: GatherStarted) -> bool:
    """Whether a gather waits for an answer; a filler waits a second, for key 0 only."""
    return int(event.attributes["timeout"]) > 1


@dataclass
class FakeTelephony:
    """The carrier's records, by call."""

    ended: dict[str, bool] = field(default_factory=dict)
    broken: PortError | None = None

    def fetch_call(self, sid: str) -> CarrierCall | None:
        if self.broken is not None:
            raise self.broken
        over = self.ended.get(sid)
        return None if over is None else CarrierCall(sid=sid, ended=over)


@dataclass
class TestClock:
    """The carrier's virtual time while a scenario runs, else ``at``."""

    __test__ = False
    at: datetime = OPEN

    def now(self) -> datetime:
        try:
            return wall_clock()
        except RuntimeError:
            return self.at


def settings_of(folder: Path, **changes: str) -> Settings:
    """Settings of a desk in a folder."""
    env = {
        "SECRET_KEY": "key-of-the-tests-" + "k" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}",
        "PUBLIC_URL": PUBLIC,
        "IVR_PIN_COST": "low",
        "IVR_LOG_LEVEL": "ERROR",
        **changes,
    }
    return read_settings(env)


def prepare(url: str) -> None:
    """Migrate a database and load the demo people."""
    settings = settings_of(Path(), DATABASE_URL=url)
    migrate.upgrade(url)
    store = open_store_of(settings)
    demo_people.load(store.engine, store, HmacHash(settings.key), PinHasher("low"))
    store.close()


_rows: DeskStore = SqliteStore(prepare)


def keep_rows_in(store: DeskStore) -> None:
    """Make the next desks on this store."""
    global _rows
    _rows = store


def empty_database(folder: Path) -> str:
    """URL of a database without tables, on the store of this test."""
    return _rows.empty(folder)


@cache
def people() -> dict[str, dict[str, Any]]:
    """The demo people by key."""
    return {person["key"]: person for person in demo_people.as_json()["people"]}


class Judging:
    """Passes requests on to the application and judges every document that it answers with."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.findings: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        kinds: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kinds.append(dict(headers).get("Content-Type", ""))
            return start_response(status, headers, *rest)

        body = b"".join(self.app(environ, start))
        if kinds and kinds[0].startswith("text/xml"):
            self.findings += check_twiml(body.decode())
        return [body]


@dataclass
class Desk:
    """An application with everything around it. Calls run in virtual time."""

    app: Flask
    rt: Runtime
    settings: Settings
    sms: FakeSms
    telephony: FakeTelephony
    clock: TestClock
    judged: bool = True
    judge: Judging = field(init=False)

    def __post_init__(self) -> None:
        self.judge = Judging(self.app)

    def exchange(self, faults: Faults | None = None) -> Exchange:
        """A carrier whose number leads to this desk. Use it inside :meth:`run`."""
        route = Route(
            voice=Goto(url=f"{PUBLIC}/voice/incoming"),
            fallback_url=f"{PUBLIC}/voice/fallback",
            status=StatusCallback(
                url=f"{PUBLIC}/voice/status", method="POST", events=("completed",)
            ),
        )
        return Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(self.judge if self.judged else self.app),
            route=route,
            faults=faults or Faults(),
        )

    def run(
        self,
        scenario: Callable[[Exchange], Coroutine[Any, Any, T]],
        *,
        at: datetime = OPEN,
        faults: Faults | None = None,
        work: bool = True,
    ) -> T:
        """Run a scenario with a carrier; ``work``: the worker does each job as it is ordered."""

        async def whole() -> T:
            exchange = self.exchange(faults)
            if work:
                exchange.subscribe(lambda e: self.work() if isinstance(e, HttpExchange) else None)
            try:
                return await scenario(exchange)
            finally:
                await exchange.drain()
                await exchange.stop()

        result = run_virtual(whole(), start=at)
        self.clock.at = max(self.clock.at, at)
        assert self.judge.findings == [], "documents that the carrier would not take"
        return result

    def work(self) -> int:
        """Do what waits in the outbox."""
        return drain(self.rt)

    def call(self, sid: str) -> CallRow:
        with self.rt.store.begin(write=False) as tx:
            view = tx.calls.view(sid, 0)
        assert view is not None, "no such call"
        return view.call

    def ticket(self, sid: str) -> TicketRow:
        protocol = self.call(sid).protocol
        with self.rt.store.begin(write=False) as tx:
            ticket = tx.tickets.by_protocol(protocol)
        assert ticket is not None, "a call without a ticket"
        return ticket

    def journal(self, sid: str) -> list[JournalEntry]:
        with self.rt.store.begin(write=False) as tx:
            return list(tx.journal.of(sid))

    def kinds(self, sid: str) -> list[str]:
        return [entry.kind for entry in self.journal(sid)]

    def job(self, key: str) -> Job | None:
        with self.rt.store.begin(write=False) as tx:
            return tx.outbox.get(key)

    def close(self) -> None:
        """Give the database back; nothing works afterwards."""
        self.rt.store.close()  # type: ignore[attr-defined]
        _rows.drop(self.settings.database_url)

    def rows(self, table: str) -> int:
        with self.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def make_desk(
    folder: Path,
    *,
    changes: dict[str, str] | None = None,
    judged: bool = True,
    **overrides: Any,
) -> Desk:
    """A desk over a fresh copy of the prepared database. ``judged``: every document that calls
    get is held against the grammar of TwiML."""
    settings = settings_of(folder, **{"DATABASE_URL": _rows.new(folder), **(changes or {})})
    sms, telephony, clock = FakeSms(), FakeTelephony(), TestClock()
    app = create_app(settings)
    rt = start(
        app,
        settings,
        **{
            "sms": sms,
            "telephony": telephony,
            "clock": clock,
            "recordings": None,
            "offline_journal": folder / "offline" / "calls.jsonl",
            **overrides,
        },
    )
    return Desk(
        app=app,
        rt=rt,
        settings=settings,
        sms=sms,
        telephony=telephony,
        clock=clock,
        judged=judged,
    )
