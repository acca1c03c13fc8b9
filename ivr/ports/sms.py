"""Text messages to registered mobiles."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Sms(Protocol):
    """May raise :class:`ivr.ports.errors.PortError`."""

    def send(self, *, to: str, body: str) -> str:
        """Send to an E.164 number, return the provider's id of the message."""

    def find(self, *, to: str, tag: str, since: datetime) -> str | None:
        """Id of a message already sent to ``to`` that contains ``tag``, or None.

        The provider has no idempotency key: after an unknown outcome, look before sending again.
        """
