"""Text messages through the carrier (twilio.com/docs/messaging/api/message-resource)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from ivr.adapters.twilio.rest import TwilioApi
from ivr.ports.errors import PortError

MOST_SEPTETS = 160
CLOCK_SKEW = timedelta(minutes=5)
MOST_SEARCHED = 500
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_GSM_ASCII = re.compile(r"[\n\r\x20-_a-~]*")
_TWO_SEPTETS = frozenset("^{}\\[~]|")


class TwilioSms:
    """Implements :class:`ivr.ports.sms.Sms`.

    ``sender``: our number (E.164), or a messaging service (``MG…``). ``status_callback``: address
    for delivery reports.
    """

    def __init__(self, api: TwilioApi, *, sender: str, status_callback: str = "") -> None:
        self._api = api
        self._sender = sender
        self._status_callback = status_callback

    def send(self, *, to: str, body: str) -> str:
        """Send one plain message of ASCII within 160 septets, return its id.

        Some Brazilian carriers spoil accents, and longer texts arrive in pieces.
        Raises :class:`PortError`.
        """
        if _E164.fullmatch(to) is None:
            raise PortError("number_invalid", permanent=True)
        if not body.strip() or septets(body) > MOST_SEPTETS:
            raise PortError("text_not_sms", permanent=True)
        extra: dict[str, str] = {}
        if self._status_callback:
            extra["status_callback"] = self._status_callback
        if self._sender.startswith("MG"):
            extra["messaging_service_sid"] = self._sender
        else:
            extra["from_"] = self._sender
        return self._api.call(
            lambda client: _sid(client.messages.create(to=to, body=body, **extra))
        )

    def find(self, *, to: str, tag: str, since: datetime) -> str | None:
        """Id of a message to ``to`` that contains ``tag``, made at or after ``since``.

        Messages still queued have no sending date, so the date is compared here by creation, with
        :data:`CLOCK_SKEW` of grace. Raises :class:`PortError`, ValueError on an empty tag.
        """
        if not tag:
            raise ValueError("a tag is needed")
        oldest = since.astimezone(UTC) - CLOCK_SKEW
        return self._api.call(lambda client: _search(client, to=to, tag=tag, oldest=oldest))


def septets(text: str) -> int:
    """Length in the GSM 7-bit alphabet (3GPP TS 23.038); too long for any if it is not ASCII."""
    if _GSM_ASCII.fullmatch(text) is None:
        return MOST_SEPTETS + 1
    return len(text) + sum(c in _TWO_SEPTETS for c in text)


def _search(client: Any, *, to: str, tag: str, oldest: datetime) -> str | None:
    for message in client.messages.stream(to=to, limit=MOST_SEARCHED, page_size=50):
        created = message.date_created
        if isinstance(created, datetime) and created < oldest:
            return None
        if message.to == to and tag in (message.body or ""):
            return _sid(message)
    return None


def _sid(message: Any) -> str:
    sid = message.sid
    if not isinstance(sid, str) or not sid:
        raise PortError("unreadable_answer", unknown_outcome=True)
    return sid
