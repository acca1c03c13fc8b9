"""Verbs of the flow into TwiML (twilio.com/docs/voice/twiml). Pure.

Text becomes XML by the library alone; characters that XML 1.0 cannot hold are left out first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from twilio.twiml.voice_response import Gather as GatherElement
from twilio.twiml.voice_response import VoiceResponse

from ivr.adapters.twilio.links import Links
from ivr.flow.verbs import (
    Dial,
    Enqueue,
    Filler,
    Gather,
    Hangup,
    Record,
    Say,
    SpeakSecret,
    Utterance,
    Verb,
)

CONTENT_TYPE = "text/xml; charset=utf-8"
MOST_BYTES = 64 * 1024
"""Error 11750 above."""
LANGUAGE = "pt-BR"
VOICE = "Polly.Camila-Neural"
SAY_LENGTH = 1_000
"""Longer text is spoken in several Say; Polly voices take 3,000 and a Say 4,500 URL-encoded."""
STREAM_TURN, STREAM_TOKEN = "n", "t"
"""Names of the parameters that a media stream brings back."""
_HINTS, _HINT_LENGTH = 500, 100
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


class UnrenderableError(ValueError):
    """Verbs that make no sound document. The text holds no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayVoice:
    """The carrier's voice speaks ``words(utterance)``."""

    words: Callable[[Utterance], str] = field(repr=False)
    voice: str = VOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayVoice:
    """Own audio: ``pieces(utterance)`` gives absolute addresses, to be played in turn.

    ``fallback`` speaks an utterance that has no pieces.
    """

    pieces: Callable[[Utterance], Sequence[str]] = field(repr=False)
    fallback: SayVoice | None = None


Voice = SayVoice | PlayVoice


def render(
    verbs: Sequence[Verb],
    *,
    turn: int,
    links: Links,
    voice: Voice,
    numbers: Mapping[str, str] | None = None,
    caller_id: str | None = None,
    secret_token: str = "",
    stream_token: str = "",
) -> bytes:
    """The document of a turn. Raises :class:`UnrenderableError`.

    ``turn``: number of the turn that this document leads to. ``numbers``: E.164 by the names
    that Dial uses; ``caller_id``: our number shown to them. ``secret_token``: of SpeakSecret.
    ``stream_token``: of a Gather that our own engine listens to.
    """
    *says, last = verbs or (None,)
    response = VoiceResponse()
    for verb in says:
        if not isinstance(verb, Say):
            raise UnrenderableError("a verb follows the one that ends the turn")
        speak(response, verb.speech, voice)
    if last is None or isinstance(last, Say):
        raise UnrenderableError("no verb ends the turn")
    here = links.turn(turn)
    match last:
        case Gather(streamed=True):
            _stream(response, turn, links, stream_token)
        case Gather():
            response.append(_gather(last, here, voice))
            response.redirect(here, method="POST")
        case Record():
            speak(response, last.speech, voice)
            _record(response, last, here, links)
        case SpeakSecret():
            speak(response, last.speech, voice)
            try:
                address = links.secret_audio(secret_token)
            except ValueError:
                raise UnrenderableError("no token for the one-time audio") from None
            response.play(address, loop=1)
            speak(response, last.after, voice)
            response.redirect(here, method="POST")
        case Filler():
            response.append(_gather(_while_working(last), here, voice))
            response.redirect(here, method="POST")
        case Enqueue():
            speak(response, last.speech, voice)
            response.enqueue(
                _text(last.queue)[:64] or None,
                action=here,
                method="POST",
                wait_url=links.wait(turn),
                wait_url_method="POST",
            )
        case Dial():
            speak(response, last.speech, voice)
            dial(response, (numbers or {}).get(last.number), caller_id, last.timeout, here)
        case Hangup():
            speak(response, last.speech, voice)
            response.hangup()
    return serialise(response)


def speak(parent: VoiceResponse | GatherElement, speech: Sequence[Utterance], voice: Voice) -> None:
    """Append the prompts to a document or a Gather."""
    for utterance in speech:
        if isinstance(voice, SayVoice):
            say(parent, voice.words(utterance), voice.voice)
            continue
        pieces = voice.pieces(utterance)
        for address in pieces:
            parent.play(_text(address))
        if not pieces and voice.fallback is not None:
            say(parent, voice.fallback.words(utterance), voice.fallback.voice)


def say(parent: VoiceResponse | GatherElement, words: str, voice: str = VOICE) -> None:
    """Append Portuguese text. Nothing is appended for blank text (13520)."""
    for part in _parts(" ".join(_text(words).split())):
        parent.say(part, language=LANGUAGE, voice=voice)


def dial(
    parent: VoiceResponse,
    number: str | None,
    caller_id: str | None,
    timeout: int,
    action: str | None,
) -> None:
    """Append a Dial of one number, an hour at most. Raises :class:`UnrenderableError`."""
    if number is None or _E164.fullmatch(number) is None:
        raise UnrenderableError("no usable number to dial")
    element = parent.dial(
        action=action,
        method="POST" if action else None,
        timeout=max(5, min(timeout, 600)),
        time_limit=3600,
        answer_on_bridge=True,
        caller_id=caller_id,
    )
    element.number(number)


def serialise(response: VoiceResponse) -> bytes:
    """UTF-8 with XML header. Raises :class:`UnrenderableError` at 64 kB."""
    document = str(response.to_xml()).encode("utf-8")
    if len(document) >= MOST_BYTES:
        raise UnrenderableError("the document is too long")
    return document


def _gather(verb: Gather, action: str, voice: Voice) -> GatherElement:
    speech = verb.mode != "keys" and not verb.secret
    kinds = {"keys": "dtmf", "speech": "speech", "both": "dtmf speech"}
    hints = (" ".join(_text(hint).replace(",", " ").split()) for hint in verb.hints)
    short = [hint[:_HINT_LENGTH] for hint in hints if hint][:_HINTS]
    element = GatherElement(
        input=kinds[verb.mode] if speech else "dtmf",
        action=action,
        method="POST",
        timeout=max(1, verb.timeout),
        num_digits=verb.digits if verb.digits > 0 else None,
        finish_on_key=verb.finish if verb.finish in tuple("0123456789*#") else "",
        action_on_empty_result=True,
        language=LANGUAGE if speech else None,
        speech_model="phone_call" if speech else None,
        speech_timeout="2" if speech else None,
        hints=",".join(short) if speech and short else None,
    )
    speak(element, verb.speech, voice)
    return element


def _stream(response: VoiceResponse, turn: int, links: Links, token: str) -> None:
    """Our own ears: the prompts are spoken by the stream itself. When it ends, for whatever cause,
    the carrier goes on at the redirect (twilio.com/docs/voice/twiml/connect)."""
    if not token:
        raise UnrenderableError("no token for the stream")
    stream = response.connect().stream(url=links.media())
    stream.parameter(name=STREAM_TURN, value=str(turn))
    stream.parameter(name=STREAM_TOKEN, value=token)
    response.redirect(links.resume(turn), method="POST")


def _while_working(verb: Filler) -> Gather:
    """Key 0 reaches a person during the filler too; a second of silence ends it."""
    return Gather(speech=verb.speech, digits=1, finish="", timeout=1)


def _record(response: VoiceResponse, verb: Record, action: str, links: Links) -> None:
    response.record(
        action=action,
        method="POST",
        timeout=max(1, verb.silence),
        finish_on_key="1234567890*#",
        max_length=max(2, verb.seconds),
        play_beep=True,
        trim="trim-silence",
        recording_status_callback=links.recording_callback(),
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
    response.redirect(action, method="POST")


def _text(text: str) -> str:
    return _NOT_XML.sub("", text)


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    while len(text) > SAY_LENGTH:
        cut = text.rfind(". ", 0, SAY_LENGTH) + 1 or text.rfind(" ", 0, SAY_LENGTH) or SAY_LENGTH
        cut = cut if cut > 0 else SAY_LENGTH
        parts.append(text[:cut].strip())
        text = text[cut:].strip()
    return [*parts, text] if text else parts
