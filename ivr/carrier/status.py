"""Status callbacks of a call (twilio.com/docs/voice/api/call-resource#statuscallback)."""

from __future__ import annotations

import asyncio
import math
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ivr.carrier.call import Call
from ivr.carrier.clock import wall_clock
from ivr.carrier.fields import Fields, standard_fields
from ivr.carrier.twiml.dial import StatusCallback

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange


def rfc2822() -> str:
    return format_datetime(wall_clock(), usegmt=False)


class StatusNotifier:
    """Sends each call's callbacks in order, unless a fault says otherwise."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._last: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, list[Fields]] = {}

    def notify(self, call: Call, event: str) -> None:
        """``event``: initiated, ringing, answered or completed."""
        callback = call.route.status
        if callback is None or event not in callback.events or call.faults.lose_callback:
            return
        fields = self._fields(call, completed=event == "completed")
        if not call.faults.reverse_callbacks:
            self._send(call, callback, fields)
            return
        held = self._held.setdefault(call.sid, [])
        held.append(fields)
        if event == "completed":
            for late in reversed(self._held.pop(call.sid)):
                self._send(call, callback, late)

    def _fields(self, call: Call, *, completed: bool) -> Fields:
        fields = [
            *standard_fields(call),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", str(call.sequence)),
            ("Timestamp", rfc2822()),
        ]
        call.sequence += 1
        if completed:
            fields += [
                ("CallDuration", str(call.seconds)),
                ("Duration", str(math.ceil(call.seconds / 60))),
                *call.callback_fields,
            ]
            if call.direction != "inbound":
                fields.append(("SipResponseCode", _sip_code(call)))
        return tuple(fields)

    def _send(self, call: Call, callback: StatusCallback, fields: Fields) -> None:
        previous = self._last.get(call.sid)

        async def send() -> None:
            if previous is not None:
                await previous
            if call.faults.delay_callback:
                await asyncio.sleep(call.faults.delay_callback)
            for _ in range(call.faults.duplicate_callback):
                await self._exchange.wire.callback(
                    call, purpose="status", url=callback.url, method=callback.method, fields=fields
                )

        task = call.keep(send())
        self._last[call.sid] = task
        task.add_done_callback(lambda _: self._forget(call.sid, task))

    def _forget(self, sid: str, task: asyncio.Task[None]) -> None:
        if self._last.get(sid) is task:
            del self._last[sid]


def _sip_code(call: Call) -> str:
    return {"busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}.get(
        call.status, "200"
    )
