"""Say, Play and Pause."""

from __future__ import annotations

import asyncio

from ivr.carrier.audio import Sound, spoken
from ivr.carrier.execute.session import Next, Session, fail
from ivr.carrier.sounds import NotAudio, NotFetched
from ivr.carrier.twiml.document import Document
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say

TONE = 0.2
"""Seconds of one tone with the gap after it."""


async def execute_say(verb: Say, session: Session, document: Document) -> Next:
    await speak(session, verb, await sound_of(session, verb))
    return None


async def execute_play(verb: Play, session: Session, document: Document) -> Next:
    await speak(session, verb, await sound_of(session, verb))
    return None


async def execute_pause(verb: Pause, session: Session, document: Document) -> Next:
    await session.call.until(asyncio.sleep(verb.seconds))
    return None


async def sound_of(session: Session, verb: Say | Play, *, in_gather: bool = False) -> Sound:
    """Fetch or make what the verb lets be heard. Raises DocumentFailed."""
    if isinstance(verb, Say):
        return spoken(verb.text, voice=verb.voice, language=verb.language)
    if verb.digits:
        pauses = {"w": 0.5, "W": 1.0}
        return Sound(kind="tones", seconds=sum(pauses.get(key, TONE) for key in verb.digits))
    try:
        return await session.call.until(session.exchange.wire.sound(session.call, verb.url))
    except NotFetched as failure:
        raise fail(11200, f"Play: the sound answered {failure.status}", url=verb.url) from failure
    except NotAudio as failure:
        code = 13325 if in_gather else 13420
        raise fail(code, "Play: invalid content type", url=verb.url) from failure


async def speak(session: Session, verb: Say | Play, sound: Sound) -> None:
    for _ in range(verb.repeats):
        await session.play(sound)
