"""TwiML of the talk: the agent's leg, the caller's way into the room, and what is heard on hold
(twilio.com/docs/voice/twiml/conference)."""

from __future__ import annotations

from collections.abc import Sequence

from twilio.twiml.voice_response import VoiceResponse

from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rooms import room_of
from ivr.adapters.twilio.twiml import Voice, serialise, speak
from ivr.flow.verbs import Utterance

LONGEST_TALK = 4 * 60 * 60
"""Seconds; the carrier's own limit of a call."""
EVENTS = "start end join leave mute hold"


def agent(
    speech: Sequence[Utterance], *, call_sid: str, ends_room: bool, links: Links, voice: Voice
) -> bytes:
    """The whisper, then the room. When the room is over, so is the leg."""
    response = VoiceResponse()
    speak(response, speech, voice)
    join(response, call_sid, links, ends_room=ends_room, wait_url="", label="agente", action=None)
    response.hangup()
    return serialise(response)


def over(speech: Sequence[Utterance], *, voice: Voice) -> bytes:
    """Last words of a leg that is not needed any more."""
    response = VoiceResponse()
    speak(response, speech, voice)
    response.hangup()
    return serialise(response)


def bridge(
    speech: Sequence[Utterance], *, call_sid: str, turn: int, links: Links, voice: Voice
) -> bytes:
    """The caller's way into the room; turn ``turn`` follows it. Their leaving ends the room."""
    response = VoiceResponse()
    speak(response, speech, voice)
    join(
        response,
        call_sid,
        links,
        ends_room=True,
        wait_url=links.hold(),
        label="cidadao",
        action=links.turn(turn),
    )
    return serialise(response)


def back_to_queue(speech: Sequence[Utterance], *, turn: int, links: Links, voice: Voice) -> bytes:
    """Words, then turn ``turn``, which lets the caller wait again."""
    response = VoiceResponse()
    speak(response, speech, voice)
    response.redirect(links.turn(turn), method="POST")
    return serialise(response)


def go_to_bridge(turn: int, *, links: Links) -> bytes:
    """Answer to an Enqueue's action after the caller was taken out: most carriers ignore it, and
    one that does not leads the caller to the room all the same."""
    response = VoiceResponse()
    response.redirect(links.bridge(turn), method="POST")
    return serialise(response)


def hold(
    speech: Sequence[Utterance], *, music: str, rounds: int, links: Links, voice: Voice
) -> bytes:
    """Music ``rounds`` times, words, and the same again."""
    response = VoiceResponse()
    response.play(music, loop=rounds)
    speak(response, speech, voice)
    response.redirect(links.hold(), method="POST")
    return serialise(response)


def tones(keys: str) -> bytes:
    """The tones of ``keys``."""
    response = VoiceResponse()
    response.play("", digits=keys)
    return serialise(response)


def join(
    response: VoiceResponse,
    call_sid: str,
    links: Links,
    *,
    ends_room: bool,
    wait_url: str,
    label: str,
    action: str | None,
    listens: bool = False,
) -> None:
    """Into the room of a call. ``listens``: hears it and is not heard, and begins no room."""
    dial = response.dial(action=action, method="POST" if action else None, time_limit=LONGEST_TALK)
    dial.conference(
        room_of(call_sid),
        beep="false",
        muted=True if listens else None,
        start_conference_on_enter=not listens,
        end_conference_on_exit=ends_room,
        wait_url=wait_url,
        wait_method="POST" if wait_url else None,
        participant_label=label,
        status_callback=links.room(),
        status_callback_method="POST",
        status_callback_event=EVENTS,
    )
