"""Names of conferences: one a call, without personal data
(twilio.com/docs/voice/twiml/conference)."""

from __future__ import annotations

import re

_ROOM = re.compile(r"sala-(ca[0-9a-f]{32})")


def room_of(call_sid: str) -> str:
    """The room of a citizen's call."""
    return f"sala-{call_sid.lower()}"


def call_of(room: str) -> str | None:
    """The citizen's call of a room, None for a name that is not ours."""
    found = _ROOM.fullmatch(room)
    return f"CA{found[1][2:]}" if found else None
