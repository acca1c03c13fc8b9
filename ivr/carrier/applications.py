"""TwiML applications: what a browser phone's call leads to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.carrier.call import Goto, Route
from ivr.carrier.clock import wall_clock
from ivr.carrier.twiml.dial import StatusCallback


@dataclass(slots=True, kw_only=True)
class Application:
    sid: str
    friendly_name: str = ""
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    created_at: datetime = field(default_factory=wall_clock)
    updated_at: datetime = field(default_factory=wall_clock)

    def route(self) -> Route:
        """Where a call through this application goes."""
        status = None
        if self.status_callback:
            status = StatusCallback(
                url=self.status_callback,
                method=self.status_callback_method,
                events=("completed",),
            )
        return Route(
            voice=Goto(url=self.voice_url, method=self.voice_method),
            fallback_url=self.voice_fallback_url,
            fallback_method=self.voice_fallback_method,
            status=status,
        )
