"""TwiML of whoever joins a talk beside caller and agent: a supervisor, a number outside
(twilio.com/docs/voice/twiml/conference)."""

from __future__ import annotations

from collections.abc import Sequence

from twilio.twiml.voice_response import VoiceResponse

from ivr.adapters.twilio.desk_documents import join
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.twiml import Voice, serialise, speak
from ivr.flow.verbs import Utterance

ROUND_S = 2
"""Between two looks whether a shut talk is open again."""


def supervisor(call_sid: str, *, links: Links, voice: Voice) -> bytes:
    """A word, then the room: they hear everybody and nobody hears them. Their leaving ends
    nothing; when the room is over, so is the leg."""
    response = VoiceResponse()
    speak(response, (Utterance(prompt="desk.supervisor.listens"),), voice)
    join(
        response,
        call_sid,
        links,
        ends_room=False,
        wait_url="",
        label="supervisao",
        action=None,
        listens=True,
    )
    response.hangup()
    return serialise(response)


def shut_out(supervision: str, *, first: bool, links: Links, voice: Voice) -> bytes:
    """The talk is shut: wait outside the room, and ask again."""
    response = VoiceResponse()
    words: Sequence[Utterance] = (Utterance(prompt="desk.supervisor.waits"),) if first else ()
    speak(response, words, voice)
    response.pause(length=ROUND_S)
    response.redirect(links.supervisor(supervision), method="POST")
    return serialise(response)


def outside(call_sid: str, *, links: Links, voice: Voice) -> bytes:
    """Who calls, then the room."""
    response = VoiceResponse()
    speak(response, (Utterance(prompt="desk.outside.hello"),), voice)
    join(
        response,
        call_sid,
        links,
        ends_room=False,
        wait_url=links.hold(),
        label="externo",
        action=None,
    )
    response.hangup()
    return serialise(response)
