"""<Gather>: when it starts to count, what ends it, and what it then asks for.

Source: twilio.com/docs/voice/twiml/gather.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from ivr.carrier.audio import Sound
from ivr.carrier.call import Goto
from ivr.carrier.events import GatherEnded, GatherStarted
from ivr.carrier.execute.session import Next, Session
from ivr.carrier.execute.speaking import sound_of, speak
from ivr.carrier.fields import Fields, standard_fields
from ivr.carrier.leg import Heard, Key, Utterance
from ivr.carrier.twiml.document import Document
from ivr.carrier.twiml.gather import Gather
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say

Prompts = list[tuple[Say | Play | Pause, Sound | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What was gathered; ``reason`` as in :class:`~ivr.carrier.events.GatherEnded`."""

    reason: str
    digits: str = ""
    finished_on: str = ""
    speech: str = ""
    confidence: float = 0.0


async def execute_gather(verb: Gather, session: Session, document: Document) -> Next:
    prompts: Prompts = [
        (
            prompt,
            None if isinstance(prompt, Pause) else await sound_of(session, prompt, in_gather=True),
        )
        for prompt in verb.prompts
    ]
    session.call.leg.forget(keys=not session.call.faults.type_ahead)
    session.call.emit(GatherStarted, attributes=_attributes(verb))
    heard = Input(reason="stopped")
    try:
        heard = await _gather(verb, session, prompts)
    finally:
        session.call.emit(GatherEnded, reason=heard.reason, keys=len(heard.digits))
    fields = _fields(heard, verb, session)
    if fields is None:
        return None
    return Goto(
        url=verb.action or document.url,
        method=verb.method if verb.action else document.method,
        fields=fields,
    )


async def _gather(verb: Gather, session: Session, prompts: Prompts) -> Input:
    first = await _first(verb, session, prompts)
    if first is None:
        return Input(reason="no-input")
    if isinstance(first, Utterance):
        return await _listen(first, verb, session)
    return await _collect(first, verb, session)


async def _first(verb: Gather, session: Session, prompts: Prompts) -> Heard | None:
    """The first thing heard; the time runs from the end of the prompts."""
    if verb.barge_in:
        loop = asyncio.get_running_loop()
        speaking = loop.create_task(_speak(session, prompts))
        try:
            heard = await _while_speaking(speaking, verb, session)
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
        if heard is not None:
            return heard
    else:
        await _speak(session, prompts)
    return await _next(verb, session, timeout=verb.timeout)


async def _while_speaking(
    speaking: asyncio.Task[None], verb: Gather, session: Session
) -> Heard | None:
    while True:
        hearing = asyncio.ensure_future(session.call.leg.hear())
        try:
            await session.call.until(_either(speaking, hearing))
            if not hearing.done():
                speaking.result()
                return None
        finally:
            if not hearing.done():
                hearing.cancel()
        if _wanted(hearing.result(), verb):
            return hearing.result()


async def _either(speaking: asyncio.Task[None], hearing: asyncio.Future[Heard]) -> None:
    either: set[asyncio.Future[Any]] = {speaking, hearing}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)


async def _speak(session: Session, prompts: Prompts) -> None:
    for prompt, sound in prompts:
        if isinstance(prompt, Pause):
            await session.call.until(asyncio.sleep(prompt.seconds))
        elif sound is not None:
            await speak(session, prompt, sound)


def _wanted(heard: Heard, verb: Gather) -> bool:
    return verb.keys if isinstance(heard, Key) else verb.speech


async def _next(verb: Gather, session: Session, *, timeout: float) -> Heard | None:
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout
    while True:
        heard = await session.hear(max(until - loop.time(), 0))
        if heard is None or _wanted(heard, verb):
            return heard


async def _collect(first: Key, verb: Gather, session: Session) -> Input:
    digits = ""
    heard: Heard | None = first
    while True:
        if heard is None:
            return Input(reason="timeout", digits=digits)
        if isinstance(heard, Key):
            if heard.digit == verb.finish_on_key:
                if not digits:
                    return Input(reason="no-input")
                return Input(reason="finish-key", digits=digits, finished_on=heard.digit)
            digits += heard.digit
            if len(digits) == verb.num_digits:
                return Input(reason="digits", digits=digits)
        heard = await _next_key(verb, session)


async def _next_key(verb: Gather, session: Session) -> Heard | None:
    """Once a key has come, speech no longer counts."""
    loop = asyncio.get_running_loop()
    until = loop.time() + verb.timeout
    while True:
        heard = await session.hear(max(until - loop.time(), 0))
        if heard is None or isinstance(heard, Key):
            return heard


async def _listen(first: Utterance, verb: Gather, session: Session) -> Input:
    """Until the speaker has been silent for long enough; keys no longer count."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    texts, confidence = [first.text], first.confidence
    spoken_until = began + first.seconds
    _partial(verb, session, text=first.text, number=0)
    while True:
        until = min(spoken_until + verb.speech_timeout, began + verb.max_speech)
        heard = await session.hear(max(until - loop.time(), 0))
        if heard is None:
            break
        if isinstance(heard, Utterance):
            spoken_until = max(spoken_until, loop.time()) + heard.seconds
            texts.append(heard.text)
            confidence = min(confidence, heard.confidence)
            _partial(verb, session, text=" ".join(texts), number=len(texts) - 1)
    text = " ".join(text for text in texts if text)
    if not text:
        return Input(reason="no-input")
    return Input(reason="speech", speech=text, confidence=confidence)


def _partial(verb: Gather, session: Session, *, text: str, number: int) -> None:
    if verb.partial_callback is None:
        return
    fields = (
        *standard_fields(session.call),
        ("UnstableSpeechResult", text),
        ("StableSpeechResult", ""),
        ("SequenceNumber", str(number)),
        ("Stability", "0.9"),
    )
    session.call.keep(
        session.exchange.wire.callback(
            session.call,
            purpose="partial",
            url=verb.partial_callback,
            method=verb.partial_method,
            fields=fields,
        )
    )


def _fields(heard: Input, verb: Gather, session: Session) -> Fields | None:
    """None = no action is requested."""
    faults = session.call.faults
    end = ("msg", "Gather End")
    if heard.reason == "speech":
        language = (("Language", verb.language),) if faults.speech_has_language_field else ()
        return (
            ("SpeechResult", heard.speech),
            ("Confidence", str(heard.confidence)),
            *language,
            ("FinishedOnKey", ""),
            end,
        )
    if heard.digits:
        return (("Digits", heard.digits), ("FinishedOnKey", heard.finished_on), end)
    if not verb.action_on_empty:
        return None
    if faults.empty_gather_has_digits_field:
        return (("Digits", ""), ("FinishedOnKey", ""), end)
    return (end,)


def _attributes(verb: Gather) -> dict[str, str | int | bool]:
    return {
        "input": " ".join(
            name for name, used in (("dtmf", verb.keys), ("speech", verb.speech)) if used
        ),
        "timeout": verb.timeout,
        "numDigits": verb.num_digits,
        "finishOnKey": verb.finish_on_key,
        "speechTimeout": verb.speech_timeout,
        "language": verb.language,
        "bargeIn": verb.barge_in,
        "action": verb.action or "",
    }
