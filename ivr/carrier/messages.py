"""Text messages sent through REST, and their status callbacks (twilio.com/docs/messaging)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.carrier.clock import wall_clock
from ivr.carrier.fields import API_VERSION
from ivr.carrier.webhook import Fields

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange

STEP = 0.5
"""Seconds from one status of a message to the next."""
UNREACHABLE = 30003


@dataclass(slots=True, kw_only=True)
class Message:
    sid: str
    account_sid: str
    from_: str
    to: str
    body: str
    callback: str
    service_sid: str = ""
    status: str = "queued"
    error_code: int | None = None
    created_at: datetime = field(default_factory=wall_clock)
    sent_at: datetime | None = None
    updated_at: datetime = field(default_factory=wall_clock)


class Inbox:
    """All messages by SID, in the order in which they were sent."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.messages: dict[str, Message] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def received_by(self, number: str) -> list[Message]:
        """What the phone ``number`` has got, oldest first."""
        return [
            message
            for message in self.messages.values()
            if message.to == number and message.sent_at is not None
        ]

    def send(
        self, *, from_: str, to: str, body: str, callback: str = "", service_sid: str = ""
    ) -> Message:
        message = Message(
            sid=self._exchange.sids.make("SM"),
            account_sid=self._exchange.account_sid,
            from_=from_,
            to=to,
            body=body,
            callback=callback,
            service_sid=service_sid,
        )
        self.messages[message.sid] = message
        task = asyncio.get_running_loop().create_task(self._deliver(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return message

    async def drain(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _deliver(self, message: Message) -> None:
        failed = self._exchange.faults.message_fails
        for status in ("queued", "sent", "undelivered" if failed else "delivered"):
            message.status = status
            message.updated_at = wall_clock()
            if status == "sent":
                message.sent_at = message.updated_at
            if status == "undelivered":
                message.error_code = UNREACHABLE
            await self._notify(message)
            await asyncio.sleep(STEP)

    async def _notify(self, message: Message) -> None:
        faults = self._exchange.faults
        if not message.callback or faults.lose_callback:
            return
        fields = self._fields(message)
        if faults.delay_callback:
            await asyncio.sleep(faults.delay_callback)
        for _ in range(faults.duplicate_callback):
            await self._exchange.wire.webhooks.send(
                method="POST", url=message.callback, fields=fields
            )

    def _fields(self, message: Message) -> Fields:
        fields = [
            ("AccountSid", message.account_sid),
            ("MessageSid", message.sid),
            ("SmsSid", message.sid),
            ("MessageStatus", message.status),
            ("SmsStatus", message.status),
            ("From", message.from_),
            ("To", message.to),
            ("ApiVersion", API_VERSION),
        ]
        if message.service_sid:
            fields.append(("MessagingServiceSid", message.service_sid))
        if message.error_code is not None:
            fields.append(("ErrorCode", str(message.error_code)))
        return tuple(fields)
