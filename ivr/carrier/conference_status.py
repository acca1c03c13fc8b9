"""Status callbacks of a conference (twilio.com/docs/voice/twiml/conference#statuscallback)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivr.carrier.call import Call
from ivr.carrier.conference import Conference, Participant
from ivr.carrier.fields import Fields
from ivr.carrier.status import rfc2822

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange

GROUPS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "participant-speech-start": "speaker",
    "participant-speech-stop": "speaker",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}
"""Which word of statusCallbackEvent asks for which event."""


def notify(
    exchange: Exchange,
    conference: Conference,
    event: str,
    *,
    call: Call,
    participant: Participant | None = None,
    extra: Fields = (),
) -> None:
    """Send ``event``, if the first participant's settings ask for it. ``call`` bears the traffic
    and its faults."""
    callback = conference.noun.callback
    if callback is None or GROUPS[event] not in callback.events or call.faults.lose_callback:
        return
    fields = [
        ("AccountSid", call.account_sid),
        ("ConferenceSid", conference.sid),
        ("FriendlyName", conference.name),
        ("SequenceNumber", str(conference.sequence)),
        ("Timestamp", rfc2822()),
        ("StatusCallbackEvent", event),
    ]
    conference.sequence += 1
    if participant is not None:
        fields += participant_fields(participant)
    _send(
        exchange,
        conference,
        call,
        url=callback.url,
        method=callback.method,
        fields=(*fields, *extra),
    )


def participant_fields(participant: Participant) -> list[tuple[str, str]]:
    fields = [
        ("CallSid", participant.call.sid),
        ("Muted", _word(participant.muted)),
        ("Hold", _word(participant.hold)),
        ("Coaching", _word(bool(participant.coaching))),
        ("EndConferenceOnExit", _word(participant.end_on_exit)),
        ("StartConferenceOnEnter", _word(participant.start_on_enter)),
    ]
    if participant.label:
        fields.append(("ParticipantLabel", participant.label))
    return fields


def _word(value: bool) -> str:
    return "true" if value else "false"


def _send(
    exchange: Exchange,
    conference: Conference,
    call: Call,
    *,
    url: str,
    method: str,
    fields: Fields,
) -> None:
    previous = conference.last_notice

    async def send() -> None:
        if previous is not None:
            await previous
        if call.faults.delay_callback:
            await asyncio.sleep(call.faults.delay_callback)
        for _ in range(call.faults.duplicate_callback):
            await exchange.wire.callback(
                call, purpose="conference", url=url, method=method, fields=fields
            )

    conference.last_notice = call.keep(send())
