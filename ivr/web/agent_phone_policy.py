"""What the console's page may load and reach; more only while the browser is the telephone."""

from __future__ import annotations

from ivr.web.headers import CONTENT_SECURITY_POLICY

EDGE = "roaming"
"""Where the browser's telephone connects (https://www.twilio.com/docs/global-infrastructure)."""
_CARRIER = {
    "connect-src": f" https://eventgw.twilio.com wss://voice-js.{EDGE}.twilio.com",
    "media-src": " mediastream:",
}
"""From the README of @twilio/voice-sdk 2.18.5, "Content Security Policy"; its sounds are our own
files, so that its media hosts are not needed."""


def page_policy(*, browser: bool) -> str:
    """The ``Content-Security-Policy`` of the console: the house's, sounds and a worker of ours."""
    parts = CONTENT_SECURITY_POLICY.split("; ")
    named = {part.split(" ", 1)[0] for part in parts}
    parts += [f"{name} 'self'" for name in ("media-src", "worker-src") if name not in named]
    if browser:
        parts = [part + _CARRIER.get(part.split(" ", 1)[0], "") for part in parts]
    return "; ".join(parts)


def permissions(*, browser: bool) -> str:
    """The ``Permissions-Policy``: the microphone only for the browser's telephone."""
    microphone = "(self)" if browser else "()"
    return f"camera=(), geolocation=(), microphone={microphone}, payment=()"
