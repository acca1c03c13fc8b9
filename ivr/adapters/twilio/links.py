"""Absolute addresses of our own webhooks and media, as they stand in TwiML.

They end in lower-case letters or digits, so that no part of them can be taken for a field name
(:mod:`ivr.adapters.twilio.catalogue`). Call ids and digits never stand in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.adapters.twilio.signature import public_origin

CONNECTION = "#ct=2000&rt=5000&tt=14000&rc=2&rp=all"
"""Connect, read and total time-out in ms, retries and when to retry
(twilio.com/docs/usage/webhooks/webhooks-connection-overrides). Never sent to us."""

LAST_TURN = 9_999
_TURN = re.compile(r"n=(0|[1-9][0-9]{0,3})")
_OFFER = re.compile(r"o=([0-9a-f]{32})")
_OFFER_ID = re.compile(r"OF([0-9a-f]{32})")
_SUPERVISION = re.compile(r"s=([0-9a-f]{32})")
_SUPERVISION_ID = re.compile(r"SV([0-9a-f]{32})")
_OUTSIDE = re.compile(r"x=([0-9a-f]{32})")
_OUTSIDE_ID = re.compile(r"EX([0-9a-f]{32})")
_SEALED = re.compile(r"t=([0-9a-f]{16,200})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class Links:
    """``public_url``: the configured address; only its origin counts."""

    public_url: str

    def incoming(self) -> str:
        return self._webhook("/voice/incoming")

    def turn(self, n: int) -> str:
        """Action and redirect of turn ``n``, 0 to :data:`LAST_TURN`."""
        return self._webhook(f"/voice/turn?n={_checked(n)}")

    def resume(self, n: int) -> str:
        """Redirect after the media stream that began at turn ``n``."""
        return self._webhook(f"/voice/resume?n={_checked(n)}")

    def media(self) -> str:
        """WebSocket of media streams: ``wss``, or ``ws`` where the public address has no TLS, as
        only a carrier on the same machine takes it. No query string may follow
        (twilio.com/docs/voice/twiml/stream#url)."""
        origin = public_origin(self.public_url)
        return "ws" + origin.removeprefix("http") + "/voice/media"

    def wait(self, n: int) -> str:
        """What a caller hears in the queue that turn ``n`` ends."""
        return self._webhook(f"/voice/wait?n={_checked(n)}")

    def bridge(self, n: int) -> str:
        """What leads a caller out of the queue that turn ``n`` ends, into the room."""
        return self._webhook(f"/voice/bridge?n={_checked(n)}")

    def agent(self, offer: str) -> str:
        """The document of the agent's leg of an offer."""
        return self._webhook(f"/voice/agent?{_checked_offer(offer)}")

    def agent_gone(self) -> str:
        """The agent's leg when its document could not be used."""
        return self._webhook("/voice/agent")

    def leg(self, offer: str) -> str:
        """Status callback of the agent's leg of an offer."""
        return self._webhook(f"/voice/leg?{_checked_offer(offer)}")

    def citizen(self, offer: str) -> str:
        """The document of the leg of a citizen who is called back."""
        return self._webhook(f"/voice/citizen?{_checked_offer(offer)}")

    def citizen_leg(self, offer: str) -> str:
        """Status callback of that leg."""
        return self._webhook(f"/voice/citizen-leg?{_checked_offer(offer)}")

    def supervisor(self, supervision: str) -> str:
        """The document of a supervisor's leg."""
        return self._webhook(f"/voice/supervisor?s={_hex_of(_SUPERVISION_ID, supervision)}")

    def supervisor_leg(self, supervision: str) -> str:
        """Status callback of that leg."""
        return self._webhook(f"/voice/supervisor-leg?s={_hex_of(_SUPERVISION_ID, supervision)}")

    def outside(self, outside: str) -> str:
        """The document of the leg to a number outside the desk."""
        return self._webhook(f"/voice/outside?x={_hex_of(_OUTSIDE_ID, outside)}")

    def outside_leg(self, outside: str) -> str:
        """Status callback of that leg."""
        return self._webhook(f"/voice/outside-leg?x={_hex_of(_OUTSIDE_ID, outside)}")

    def room(self) -> str:
        """Events of the rooms."""
        return self._webhook("/voice/room")

    def hold(self) -> str:
        """What somebody on hold hears."""
        return self._webhook("/voice/hold")

    def keys(self, token: str) -> str:
        """Tones for a member of a room; ``token`` seals which. Raises ValueError."""
        if _SEALED.fullmatch(f"t={token}") is None:
            raise ValueError("not a sealed token")
        return self._webhook(f"/voice/hold?t={token}")

    def status(self) -> str:
        return self._webhook("/voice/status")

    def recording_callback(self) -> str:
        return self._webhook("/voice/recording")

    def fallback(self) -> str:
        return self._webhook("/voice/fallback")

    def sms_status(self) -> str:
        return self._webhook("/sms/status")

    def secret_audio(self, token: str) -> str:
        """One-time audio. Raises ValueError on a token that is not URL-safe base64."""
        if _TOKEN.fullmatch(token) is None:
            raise ValueError("the token of one-time audio is 16 to 128 URL-safe characters")
        return f"{public_origin(self.public_url)}/audio/secret/{token}.wav"

    def _webhook(self, path: str) -> str:
        return public_origin(self.public_url) + path + CONNECTION


def turn_of(raw_query: str) -> int | None:
    """Turn number of a raw query string, None unless it is exactly ``n=<number>``."""
    found = _TURN.fullmatch(raw_query)
    return int(found[1]) if found else None


def offer_of_query(raw_query: str) -> str | None:
    """Offer of a raw query string, None unless it is exactly ``o=<offer>``."""
    found = _OFFER.fullmatch(raw_query)
    return f"OF{found[1]}" if found else None


def supervision_of_query(raw_query: str) -> str | None:
    """Supervision of a raw query string, None unless it is exactly ``s=<supervision>``."""
    found = _SUPERVISION.fullmatch(raw_query)
    return f"SV{found[1]}" if found else None


def outside_of_query(raw_query: str) -> str | None:
    """Outside call of a raw query string, None unless it is exactly ``x=<outside call>``."""
    found = _OUTSIDE.fullmatch(raw_query)
    return f"EX{found[1]}" if found else None


def sealed_of_query(raw_query: str) -> str | None:
    """Sealed token of a raw query string, None unless it is exactly ``t=<token>``."""
    found = _SEALED.fullmatch(raw_query)
    return found[1] if found else None


def _checked_offer(offer: str) -> str:
    found = _OFFER_ID.fullmatch(offer)
    if found is None:
        raise ValueError("not the id of an offer")
    return f"o={found[1]}"


def _hex_of(pattern: re.Pattern[str], id: str) -> str:
    found = pattern.fullmatch(id)
    if found is None:
        raise ValueError("not an id of this kind")
    return found[1]


def _checked(n: int) -> int:
    if not 0 <= n <= LAST_TURN:
        raise ValueError("turn number out of range")
    return n
