"""The carrier's record of calls, and legs, queues and recordings
(twilio.com/docs/voice/api/call-resource, .../member-resource, .../recording)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ivr.adapters.twilio.conferences import TwilioRooms
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rest import TwilioApi
from ivr.ports.errors import PortError
from ivr.ports.telephony import CarrierCall, RoomMember

_SID = re.compile(r"CA[0-9a-f]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
_ADDRESS = re.compile(r"\+[1-9][0-9]{7,14}|client:[A-Za-z0-9_.-]{1,120}|sips?:[!-~]{3,250}")
_ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_GONE = frozenset({"http_404", "code_20404"})
_OVER = _GONE | {"code_21220"}
"""Of a call or recording that has ended: 21220 is told for the wrong state."""
CLOCK_SKEW = timedelta(seconds=2)
MOST_SEARCHED = 200


class TwilioTelephony:
    """Implements :class:`ivr.ports.telephony.Telephony`. ``caller_id``: our number, E.164."""

    def __init__(self, api: TwilioApi, *, links: Links, caller_id: str) -> None:
        self._api = api
        self._links = links
        self._caller_id = caller_id
        self._rooms = TwilioRooms(api, links=links)
        self._queues: dict[str, str] = {}

    def fetch_call(self, sid: str) -> CarrierCall | None:
        """None when the carrier knows no such call. Raises :class:`PortError`."""
        if _SID.fullmatch(sid) is None:
            return None
        try:
            return self._api.call(lambda client: _read(client.calls(sid).fetch(), sid))
        except PortError as error:
            if error.reason in _GONE:
                return None
            raise

    def ring(self, *, to: str, offer: str, seconds: int) -> str:
        """Events of the leg come to ``/voice/leg``. A browser learns the offer from the parameter
        ``oferta``. Raises :class:`PortError`."""
        if _ADDRESS.fullmatch(to) is None:
            raise PortError("number_invalid", permanent=True)
        named = f"{to}?oferta={offer}" if to.startswith("client:") else to
        return self._dial(
            named, url=self._links.agent(offer), told=self._links.leg(offer), seconds=seconds
        )

    def call_back(self, *, to: str, offer: str, seconds: int) -> str:
        """Events of the leg come to ``/voice/citizen-leg``. Raises :class:`PortError`."""
        if _NUMBER.fullmatch(to) is None:
            raise PortError("number_invalid", permanent=True)
        return self._dial(
            to,
            url=self._links.citizen(offer),
            told=self._links.citizen_leg(offer),
            seconds=seconds,
        )

    def supervise(self, *, to: str, supervision: str, seconds: int) -> str:
        """Events of the leg come to ``/voice/supervisor-leg``. A browser learns of it from the
        parameter ``oferta``. Raises :class:`PortError`."""
        if _ADDRESS.fullmatch(to) is None:
            raise PortError("number_invalid", permanent=True)
        named = f"{to}?oferta={supervision}" if to.startswith("client:") else to
        return self._dial(
            named,
            url=self._links.supervisor(supervision),
            told=self._links.supervisor_leg(supervision),
            seconds=seconds,
        )

    def call_outside(self, *, to: str, outside: str, seconds: int) -> str:
        """Events of the leg come to ``/voice/outside-leg``. Raises :class:`PortError`."""
        if _NUMBER.fullmatch(to) is None:
            raise PortError("number_invalid", permanent=True)
        return self._dial(
            to,
            url=self._links.outside(outside),
            told=self._links.outside_leg(outside),
            seconds=seconds,
        )

    def _dial(self, to: str, *, url: str, told: str, seconds: int) -> str:
        if not self._caller_id:
            raise PortError("no_own_number", permanent=True)
        return self._api.call(
            lambda client: _sid(
                client.calls.create(
                    to=to,
                    from_=self._caller_id,
                    url=url,
                    method="POST",
                    fallback_url=self._links.agent_gone(),
                    status_callback=told,
                    status_callback_method="POST",
                    status_callback_event=["initiated", "ringing", "answered", "completed"],
                    timeout=max(5, min(seconds, 600)),
                )
            )
        )

    def find_leg(self, *, to: str, since: datetime, known: Sequence[str]) -> str | None:
        """Looks at the newest calls from our number (what the carrier keeps as ``to`` of a browser
        may have parameters; a leg that is queued has no start time, so the date of creation is
        compared, with :data:`CLOCK_SKEW` of grace)."""
        oldest = since.astimezone(UTC) - CLOCK_SKEW

        def search(client: Any) -> str | None:
            newest = client.calls.stream(
                from_=self._caller_id, limit=MOST_SEARCHED, page_size=MOST_SEARCHED
            )
            for call in newest:
                made = call.date_created
                if isinstance(made, datetime) and made < oldest:
                    return None
                there = str(call.to or "").partition("?")[0] == to
                if there and call.direction == "outbound-api" and call.sid not in known:
                    return _sid(call)
            return None

        return self._api.call(search)

    def take_from_queue(self, *, queue: str, call_sid: str, turn: int) -> bool:
        """By the queue's name; its id is remembered. Raises :class:`PortError`."""
        sid = self._queues.get(queue) or self._api.call(lambda client: _queue(client, queue))
        if not sid:
            return False
        self._queues[queue] = sid
        try:
            return _unless_gone(
                self._api,
                lambda client: (
                    client.queues(sid)
                    .members(call_sid)
                    .update(url=self._links.bridge(turn), method="POST")
                ),
            )
        except PortError:
            self._queues.pop(queue, None)
            raise

    def members(self, call_sid: str) -> tuple[RoomMember, ...]:
        return self._rooms.members(call_sid)

    def hold(self, call_sid: str, member: str, on: bool) -> bool:
        music = {"hold_url": self._links.hold(), "hold_method": "POST"} if on else {}
        return self._rooms.update(call_sid, member, hold=on, **music)

    def mute(self, call_sid: str, member: str, on: bool) -> bool:
        return self._rooms.update(call_sid, member, muted=on)

    def coach(self, call_sid: str, member: str, *, muted: bool, only: str) -> bool:
        """One request, so that nobody hears a word too many in between
        (twilio.com/docs/voice/api/conference-participant-resource#update)."""
        words = {"coaching": True, "call_sid_to_coach": only} if only else {"coaching": False}
        return self._rooms.update(call_sid, member, muted=muted, **words)

    def ends_room(self, call_sid: str, member: str, on: bool) -> bool:
        return self._rooms.update(call_sid, member, end_conference_on_exit=on)

    def play_keys(self, call_sid: str, member: str, token: str) -> bool:
        url = self._links.keys(token)
        return self._rooms.update(call_sid, member, announce_url=url, announce_method="POST")

    def end_room(self, call_sid: str) -> bool:
        return self._rooms.end(call_sid)

    def end_call(self, sid: str) -> bool:
        return _unless_gone(
            self._api, lambda client: client.calls(sid).update(status="completed"), gone=_OVER
        )

    def start_recording(self, leg: str) -> str:
        def start(client: Any) -> str:
            for made in client.calls(leg).recordings.list(limit=5):
                if made.status in ("in-progress", "paused"):
                    return _sid(made)
            return _sid(
                client.calls(leg).recordings.create(
                    recording_channels="dual",
                    recording_status_callback=self._links.recording_callback(),
                    recording_status_callback_method="POST",
                    recording_status_callback_event=["completed", "absent"],
                )
            )

        return self._api.call(start)

    def pause_recording(self, leg: str, recording: str, on: bool) -> bool:
        """A pause is silence in the recording, so that its times stay those of the talk."""
        words: dict[str, str] = (
            {"status": "paused", "pause_behavior": "silence"} if on else {"status": "in-progress"}
        )
        return _unless_gone(
            self._api,
            lambda client: client.calls(leg).recordings(recording).update(**words),
            gone=_OVER,
        )

    def fetch_recording(self, recording: str) -> bytes:
        """Raises :class:`PortError`."""
        return self._api.sound(recording)

    def delete_recording(self, recording: str) -> bool:
        return _unless_gone(self._api, lambda client: client.recordings(recording).delete())


def _unless_gone(
    api: TwilioApi, work: Callable[[Any], Any], *, gone: frozenset[str] = _GONE
) -> bool:
    try:
        api.call(work)
    except PortError as error:
        if error.reason in gone:
            return False
        raise
    return True


def _queue(client: Any, name: str) -> str:
    for queue in client.queues.stream(page_size=1000):
        if queue.friendly_name == name:
            return _sid(queue)
    return ""


def _read(call: Any, sid: str) -> CarrierCall:
    ended = call.status in _ENDED
    duration = str(call.duration or "")
    seconds = int(duration) if duration.isdecimal() else 0
    return CarrierCall(sid=sid, ended=ended, seconds=seconds if ended else None)


def _sid(made: Any) -> str:
    sid = made.sid
    if not isinstance(sid, str) or not sid:
        raise PortError("unreadable_answer", unknown_outcome=True)
    return sid
