"""<Record> (twilio.com/docs/voice/twiml/record)."""

from __future__ import annotations

import asyncio
from array import array

from ivr.carrier.audio import Sound, silence
from ivr.carrier.call import CallOver, Goto
from ivr.carrier.events import RecordEnded, RecordStarted
from ivr.carrier.execute.session import Next, Session
from ivr.carrier.leg import Key, Utterance
from ivr.carrier.media.mulaw import decoded
from ivr.carrier.recordings import Recording, seconds_of
from ivr.carrier.twiml.document import Document
from ivr.carrier.twiml.record import Record

BEEP = Sound(kind="beep", seconds=0.5)
QUIET = 500
"""Peak of 16-bit samples up to which live sound counts as silence."""
INSTANT = 0.001
"""Seconds that are no longer waited for."""
UNEVEN = 0.25
"""Seconds that live sound may come late without a gap in the recording."""


class _Tape:
    """What the far end said, with the pauses between."""

    def __init__(self, *, max_length: float) -> None:
        self._loop = asyncio.get_running_loop()
        self.began = self._loop.time()
        self._max = max_length
        self._spoken_until = self.began
        self._samples = b""
        self._voice_ends = 0

    def add(self, utterance: Utterance) -> None:
        start = max(self._spoken_until, self._loop.time())
        gap = start - self.began - seconds_of(self._samples)
        self._samples += silence(max(gap, 0)) + (utterance.samples or silence(utterance.seconds))
        self._voice_ends = len(self._samples)
        self._spoken_until = start + utterance.seconds

    def hear(self, samples: bytes) -> None:
        """A piece of live sound that ends now. It is kept whole, but only what is loud speaks."""
        gap = self._loop.time() - self.began - seconds_of(self._samples) - seconds_of(samples)
        if gap > UNEVEN:
            self._samples += silence(gap)
        self._samples += samples
        if peak(samples) > QUIET:
            self._voice_ends = len(self._samples)
            self._spoken_until = max(self._spoken_until, self._loop.time())

    def left(self, *, timeout: int) -> float:
        """Seconds until the length or the silence ends it."""
        end = self.began + self._max
        if timeout:
            end = min(end, self._spoken_until + timeout)
        return max(end - self._loop.time(), 0)

    @property
    def full(self) -> bool:
        return self._loop.time() - self.began >= self._max

    def cut(self, *, trim: bool) -> bytes:
        """The samples up to now; with ``trim`` without the silence at the end."""
        length = self._loop.time() - self.began
        samples = self._samples + silence(max(length - seconds_of(self._samples), 0))
        samples = samples[: len(silence(length))]
        return samples[: self._voice_ends] if trim else samples

    @property
    def empty(self) -> bool:
        return self._voice_ends == 0


def peak(samples: bytes) -> int:
    """Of 16-bit samples."""
    return max((abs(value) for value in array("h", samples[: len(samples) // 2 * 2])), default=0)


async def execute_record(verb: Record, session: Session, document: Document) -> Next:
    call, exchange = session.call, session.exchange
    if verb.beep:
        await session.play(BEEP)
    call.leg.forget(keys=True)
    recording = exchange.archive.start(call, source="RecordVerb")
    call.emit(RecordStarted, attributes=_attributes(verb))
    exchange.archive.notify(recording, verb.callback, "in-progress")
    tape = _Tape(max_length=verb.max_length)
    forget = call.leg.live(lambda mulaw: tape.hear(decoded(mulaw)))
    try:
        reason, key = await _record(verb, session, tape)
    except CallOver:
        _keep(recording, tape, verb, session, reason="hangup")
        await session.say_goodbye(_action(verb, document, session, recording, digits="hangup"))
        raise
    except BaseException:
        _keep(recording, tape, verb, session, reason="stopped")
        raise
    finally:
        forget()
    _keep(recording, tape, verb, session, reason=reason)
    if tape.empty and call.faults.empty_record_falls_through:
        return None
    return _action(verb, document, session, recording, digits=key)


async def _record(verb: Record, session: Session, tape: _Tape) -> tuple[str, str]:
    """Why it ended, and the key that did it."""
    while True:
        heard = await session.hear(tape.left(timeout=verb.timeout))
        if heard is None and tape.left(timeout=verb.timeout) > INSTANT:
            continue
        if heard is None:
            return ("max-length" if tape.full else "silence"), ""
        if isinstance(heard, Utterance):
            tape.add(heard)
        elif isinstance(heard, Key) and heard.digit in verb.finish_on_key:
            return "key", heard.digit


def _keep(
    recording: Recording, tape: _Tape, verb: Record, session: Session, *, reason: str
) -> None:
    samples = b"" if tape.empty else tape.cut(trim=verb.trim)
    recording.samples = samples
    recording.seconds = seconds_of(samples)
    recording.status = "absent" if tape.empty else "completed"
    session.call.emit(
        RecordEnded,
        reason=reason,
        seconds=recording.seconds,
        recording="" if tape.empty else recording.sid,
    )
    session.exchange.archive.notify(recording, verb.callback, recording.status)


def _action(
    verb: Record, document: Document, session: Session, recording: Recording, *, digits: str
) -> Goto:
    sid = (("RecordingSid", recording.sid),) if session.call.faults.record_action_has_sid else ()
    return Goto(
        url=verb.action or document.url,
        method=verb.method if verb.action else document.method,
        fields=(
            ("RecordingUrl", session.exchange.archive.url(recording)),
            *sid,
            ("RecordingDuration", str(recording.duration)),
            ("Digits", digits),
        ),
    )


def _attributes(verb: Record) -> dict[str, str | int | bool]:
    return {
        "timeout": verb.timeout,
        "finishOnKey": verb.finish_on_key,
        "maxLength": verb.max_length,
        "playBeep": verb.beep,
    }
