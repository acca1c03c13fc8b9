"""The carrier's record of calls (twilio.com/docs/voice/api/call-resource)."""

from __future__ import annotations

import re
from typing import Any

from ivr.adapters.twilio.rest import TwilioApi
from ivr.ports.errors import PortError
from ivr.ports.telephony import CarrierCall

_SID = re.compile(r"CA[0-9a-f]{32}")
_ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class TwilioTelephony:
    """Implements :class:`ivr.ports.telephony.Telephony`."""

    def __init__(self, api: TwilioApi) -> None:
        self._api = api

    def fetch_call(self, sid: str) -> CarrierCall | None:
        """None when the carrier knows no such call. Raises :class:`PortError`."""
        if _SID.fullmatch(sid) is None:
            return None
        try:
            return self._api.call(lambda client: _read(client.calls(sid).fetch(), sid))
        except PortError as error:
            if error.reason in ("http_404", "code_20404"):
                return None
            raise


def _read(call: Any, sid: str) -> CarrierCall:
    ended = call.status in _ENDED
    duration = str(call.duration or "")
    seconds = int(duration) if duration.isdecimal() else 0
    return CarrierCall(sid=sid, ended=ended, seconds=seconds if ended else None)
