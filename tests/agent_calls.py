"""A desk whose agents have telephones: the carrier in virtual time, reached by REST within the
loop, the desk's clock and its lane of the worker ticking, consoles that acknowledge by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from desk import ACCOUNT, DESK, OPEN, PUBLIC, TOKEN, Desk, make_desk
from twilio.rest import Client

from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rest import TwilioApi
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.carrier.call import Call
from ivr.carrier.dialplan import Numbers, rings
from ivr.carrier.events import (
    ConferenceJoined,
    Enqueued,
    GatherStarted,
    LineEvent,
    PlayStarted,
    StatusChanged,
)
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.rest.api import RestApi
from ivr.carrier.rest.client import InProcessClient
from ivr.ports.desk import EngagementRow, OfferRow, PresenceRow
from ivr.ports.staff import StaffRow
from ivr.service.desk.clockwork import tick
from ivr.service.desk.offers import seen
from ivr.service.desk.presence import beat, go_available

T = TypeVar("T")
TICK = 0.25
CITIZEN = "+5567999990098"


class LoopApi(TwilioApi):
    """The account, at an exchange of the running loop."""

    def attach(self, exchange: Exchange) -> None:
        http = InProcessClient(RestApi(exchange))
        self._client = Client(ACCOUNT, TOKEN, http_client=http)


@dataclass
class Floor:
    """``desk`` with agents."""

    desk: Desk
    api: LoopApi
    exchange: Exchange = field(init=False)
    consoles: set[str] = field(default_factory=set)

    def agent(self, name: str, *skills: str, **changes: Any) -> str:
        row = StaffRow(
            id=name,
            login=name,
            name=name.title(),
            skills=skills or ("atendimento",),
            created_at=OPEN,
            **changes,
        )
        with self.desk.rt.store.begin() as tx:
            assert tx.staff.add(row)
        return name

    def run(
        self,
        scenario: Callable[[], Coroutine[Any, Any, T]],
        *,
        faults: Faults | None = None,
        there: tuple[str, ...] = (),
        rest: float = 30,
    ) -> T:
        """``there``: agents that are available from the start. ``rest``: seconds after the
        scenario, in which everything comes to its end."""

        async def whole(exchange: Exchange) -> T:
            self.exchange = exchange
            exchange.dial_plan = Numbers(others=rings(), addresses=rings())
            self.api.attach(exchange)
            for name in there:
                go_available(self.desk.rt, name)
                self.consoles.add(name)
            ticking = asyncio.ensure_future(self._tick())
            try:
                return await scenario()
            finally:
                await asyncio.sleep(rest)
                ticking.cancel()
                await asyncio.gather(ticking, return_exceptions=True)

        return self.desk.run(whole, faults=faults)

    async def _tick(self) -> None:
        """Clock, worker and consoles: each acknowledges what it is offered."""
        rt = self.desk.rt
        while True:
            for name in self.consoles:
                beat(rt, name)
                offer = self.offer_to(name)
                if offer is not None and offer.state == "reserved":
                    seen(rt, offer.id, name)
            tick(rt)
            self.desk.work()
            await asyncio.sleep(TICK)

    # What can be seen.

    def offer_to(self, agent: str) -> OfferRow | None:
        with self.desk.rt.store.begin(write=False) as tx:
            return next((o for o in tx.desk.open_offers() if o.agent == agent), None)

    def talk(self, offer: str) -> EngagementRow:
        with self.desk.rt.store.begin(write=False) as tx:
            talk = tx.desk.engagement(offer)
        assert talk is not None
        return talk

    def offer(self, offer: str) -> OfferRow:
        with self.desk.rt.store.begin(write=False) as tx:
            row = tx.desk.offer(offer)
        assert row is not None
        return row

    def presence(self, agent: str) -> PresenceRow:
        with self.desk.rt.store.begin(write=False) as tx:
            row = tx.desk.presence(agent)
        assert row is not None
        return row

    # What people do.

    async def waiting_caller(self, number: str = CITIZEN) -> Call:
        """Somebody who has asked for a person and stands in the queue."""
        call = self.exchange.call(from_=number, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted)
        call.handset.press("0")
        await line.until(Enqueued)
        return call

    async def phone_of(self, agent: str, *, but: tuple[Call, ...] = ()) -> Call:
        """The agent's telephone, once it rings."""
        for _ in range(400):
            for call in self.exchange.calls.values():
                mine = call.to == f"client:agente-{agent}" and call.status == "ringing"
                if mine and call not in but:
                    return call
            await asyncio.sleep(0.1)
        raise AssertionError("the telephone does not ring")

    async def talking(self, caller: Call, agent: str) -> tuple[Call, OfferRow]:
        """The agent picks up, and both are in the room."""
        phone = await self.phone_of(agent)
        offer = self.offer_to(agent)
        assert offer is not None
        phone.handset.pick_up()
        await caller.handset.listen().until(ConferenceJoined)
        await phone.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(2)
        return phone, offer


def joined(floor: Floor, one: Call, other: Call) -> bool:
    """Whether the two are in conversation now."""
    return any(
        frozenset((one.sid, other.sid)) in conference.joined
        for conference in floor.exchange.rooms.conferences.values()
    )


def longest_silence(call: Call, floor: Floor) -> float:
    """Seconds of the longest time in which the line of ``call``, once answered, carried neither
    sound nor a conversation."""
    from ivr.carrier.events import Bridged, HungUp, PlayFinished, Unbridged

    worst, quiet_since, talking, playing = timedelta(0), None, 0, 0
    for event in call.line.events:
        event_: LineEvent = event
        if quiet_since is not None:
            worst = max(worst, event_.at - quiet_since)
        if isinstance(event, PlayStarted):
            playing += 1
        elif isinstance(event, PlayFinished):
            playing -= 1
        elif isinstance(event, Bridged):
            talking += 1
        elif isinstance(event, Unbridged):
            talking -= 1
        elif isinstance(event, HungUp):
            break
        quiet_since = None if playing or talking or not call.answered_at else event_.at
    return worst.total_seconds()


def make_floor(folder: Path, **changes: Any) -> Floor:
    api = LoopApi(account_sid=ACCOUNT, auth_token=TOKEN)
    telephony = TwilioTelephony(api, links=Links(PUBLIC), caller_id=DESK)
    desk = make_desk(folder, telephony=telephony, **changes)
    return Floor(desk=desk, api=api)


__all__ = ["CITIZEN", "Floor", "StatusChanged", "joined", "longest_silence", "make_floor"]
