"""TwiML of a citizen who is called back: who calls, that the talk is recorded, then the room."""

from __future__ import annotations

from twilio.twiml.voice_response import VoiceResponse

from ivr.adapters.twilio.desk_documents import EVENTS, LONGEST_TALK
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rooms import room_of
from ivr.adapters.twilio.twiml import Voice, serialise, speak
from ivr.flow.verbs import Utterance


def citizen(protocol: str, *, call_sid: str, links: Links, voice: Voice) -> bytes:
    """Their leaving ends the room; when the room is over, a word and the end."""
    response = VoiceResponse()
    speak(
        response, (Utterance(prompt="desk.callback.hello", values={"protocol": protocol}),), voice
    )
    dial = response.dial(time_limit=LONGEST_TALK)
    dial.conference(
        room_of(call_sid),
        beep="false",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        wait_url=links.hold(),
        wait_method="POST",
        participant_label="cidadao",
        status_callback=links.room(),
        status_callback_method="POST",
        status_callback_event=EVENTS,
    )
    speak(response, (Utterance(prompt="desk.callback.bye"),), voice)
    response.hangup()
    return serialise(response)


def nobody(*, voice: Voice) -> bytes:
    """The agent was lost meanwhile: we call again."""
    response = VoiceResponse()
    speak(response, (Utterance(prompt="desk.callback.later"),), voice)
    response.hangup()
    return serialise(response)
