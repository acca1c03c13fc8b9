"""The way out to other desks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class WebhookSender(Protocol):
    """Posts to addresses that others chose."""

    def check(self, url: str) -> str:
        """Why an address may not be told of anything, in words for the terminal; empty when it
        may. Nothing is looked up."""

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
        """Send, follow no redirect, return the status. Raises
        :class:`ivr.ports.errors.PortError`: ``address_not_allowed`` (permanent),
        ``unreachable``, ``timeout``, ``tls``."""
