"""How one HTTP request leaves the carrier: over sockets, or into a WSGI callable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """``headers`` has lower-case names; of a repeated header the last value."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters, "" when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class ConnectFailed(Exception):
    """No connection: refused, unreachable, or no answer within the connect time."""


class ReadFailed(Exception):
    """Connected, but no whole answer came: the request may have been processed."""


class Transport(Protocol):
    """Sends one request and returns one answer; follows no redirect, retries nothing."""

    async def send(self, request: HttpRequest, *, connect: float, read: float) -> HttpResponse:
        """``connect`` and ``read`` in seconds. Raises ConnectFailed or ReadFailed."""
        ...

    async def close(self) -> None: ...
