"""Rooms as the carrier's conferences (twilio.com/docs/voice/api/conference-resource,
.../conference-participant-resource)."""

from __future__ import annotations

from typing import Any

from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rest import TwilioApi
from ivr.adapters.twilio.rooms import room_of
from ivr.ports.errors import PortError
from ivr.ports.telephony import RoomMember

_GONE = frozenset({"http_404", "code_20404"})
_LIVE = ("in-progress", "init")


class TwilioRooms:
    """The part of :class:`ivr.ports.telephony.Telephony` that speaks of rooms."""

    def __init__(self, api: TwilioApi, *, links: Links) -> None:
        self._api = api
        self._links = links

    def members(self, call_sid: str) -> tuple[RoomMember, ...]:
        """Raises :class:`PortError`."""

        def read(client: Any) -> tuple[RoomMember, ...]:
            sid = _live(client, call_sid)
            if sid is None:
                return ()
            return tuple(
                RoomMember(call_sid=each.call_sid, hold=bool(each.hold), muted=bool(each.muted))
                for each in client.conferences(sid).participants.list(limit=50)
            )

        return self._api.call(read)

    def update(self, call_sid: str, member: str, **changes: Any) -> bool:
        """False when there is no such member. Raises :class:`PortError`."""

        def change(client: Any) -> bool:
            sid = _live(client, call_sid)
            if sid is None:
                return False
            client.conferences(sid).participants(member).update(**changes)
            return True

        return self._unless_gone(change)

    def end(self, call_sid: str) -> bool:
        """False when there is no live room. Raises :class:`PortError`."""

        def finish(client: Any) -> bool:
            sid = _live(client, call_sid)
            if sid is None:
                return False
            client.conferences(sid).update(status="completed")
            return True

        return self._unless_gone(finish)

    def _unless_gone(self, work: Any) -> bool:
        try:
            return bool(self._api.call(work))
        except PortError as error:
            if error.reason in _GONE:
                return False
            raise


def _live(client: Any, call_sid: str) -> str | None:
    """The carrier's id of the live conference of a call; ids change with every new conference of
    the same name, so none is remembered."""
    for each in client.conferences.list(friendly_name=room_of(call_sid), limit=20):
        if each.status in _LIVE:
            return str(each.sid)
    return None
