"""The carrier, asked from our side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCall:
    """A call as the carrier's records tell it. ``seconds`` is None while it is live."""

    sid: str
    ended: bool
    seconds: int | None = None


class Telephony(Protocol):
    """May raise :class:`ivr.ports.errors.PortError`."""

    def fetch_call(self, sid: str) -> CarrierCall | None:
        """The carrier's record of a call, for calls whose last callback never came."""
