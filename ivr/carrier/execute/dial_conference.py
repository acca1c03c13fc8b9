"""<Dial><Conference>: one leg's time in a room (twilio.com/docs/voice/twiml/conference)."""

from __future__ import annotations

import asyncio

from ivr.carrier.audio import Sound
from ivr.carrier.call import Goto, Interrupted, Replaced
from ivr.carrier.conference import Conference, Participant
from ivr.carrier.events import Dialled as DialStarted
from ivr.carrier.execute.dial_result import Dialled
from ivr.carrier.execute.session import DocumentFailed, Scene, Session
from ivr.carrier.fields import Fields
from ivr.carrier.leg import Key, Utterance
from ivr.carrier.media.mulaw import decoded
from ivr.carrier.problem import Problem, error, warning
from ivr.carrier.rooms import Full
from ivr.carrier.twiml.dial import ConferenceNoun, Dial
from ivr.carrier.twiml.document import Document, Verb
from ivr.carrier.twiml.ending import Redirect
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say

HOLD_MUSIC = Sound(kind="play", seconds=60.0, text="", url="")
"""The carrier's own music, again and again."""


async def dial_conference(
    verb: Dial, noun: ConferenceNoun, session: Session, document: Document
) -> Dialled:
    session.call.emit(DialStarted, to=f"conference:{noun.name}")
    try:
        conference, participant = session.exchange.rooms.enter(session.call, noun)
    except Full:
        problem = warning(12200, "Dial Conference: no room for another participant")
        session.exchange.wire.log(session.call, problem, url=document.url)
        return Dialled(status="failed")
    began = asyncio.get_running_loop().time()
    await _Visit(verb, session, conference, participant).run()
    seconds = round(asyncio.get_running_loop().time() - began)
    return Dialled(status="answered", seconds=seconds, answered=True, bridged=True)


class _Visit:
    def __init__(
        self, verb: Dial, session: Session, conference: Conference, participant: Participant
    ) -> None:
        self.verb = verb
        self.session = session
        self.call = session.call
        self.rooms = session.exchange.rooms
        self.conference = conference
        self.participant = participant

    async def run(self) -> None:
        """Returns when the leg is to go on after the room; raises what interrupts the call."""
        reason = "hung-up"
        listening = asyncio.ensure_future(self._listen())
        forget = self.call.leg.live(self._live)
        try:
            await self.call.until(self._stay(), timeout=self.verb.time_limit)
            reason = self.participant.out
        except TimeoutError:
            reason = "time-limit"
        except Replaced:
            reason = "redirected"
            raise
        finally:
            forget()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            self.rooms.leave(self.conference, self.participant, reason=reason)

    async def _stay(self) -> None:
        """Let the leg hear what it should, until it must leave."""
        participant = self.participant
        while not participant.out:
            participant.changed.clear()
            if participant.to_hear:
                await self._hear_next()
                continue
            key = self._situation()
            entertaining = asyncio.ensure_future(self._entertain())
            try:
                while key == self._situation() and not participant.to_hear and not participant.out:
                    await participant.changed.wait()
                    participant.changed.clear()
            finally:
                entertaining.cancel()
                await asyncio.gather(entertaining, return_exceptions=True)

    def _situation(self) -> tuple[bool, bool, Goto | None]:
        return self.conference.started, self.participant.hold, self.participant.hold_music

    async def _entertain(self) -> None:
        """Music on hold, the waiting document before the start, else the conversation."""
        if self.participant.hold:
            music = self.participant.hold_music
            await (self._document(music) if music is not None else self._music())
        elif not self.conference.started:
            wait_url = self.participant.noun.wait_url
            if wait_url is None:
                await self._music()
            elif wait_url:
                await self._document(Goto(url=wait_url, method=self.participant.noun.wait_method))

    async def _music(self) -> None:
        while True:
            await self.session.play(HOLD_MUSIC)

    async def _document(self, goto: Goto) -> str:
        """Play a document to its end; after that there is silence. What failed, if anything."""
        fields: Fields = (
            ("ConferenceSid", self.conference.sid),
            ("FriendlyName", self.conference.name),
        )
        scene = Scene(name="wait", refused=_refused, fields=lambda: fields)
        try:
            await Session(self.session.exchange, self.call, scene).run(goto)
        except DocumentFailed as failure:
            return failure.problem.text
        return ""

    async def _hear_next(self) -> None:
        item = self.participant.to_hear.popleft()
        if isinstance(item, Sound):
            await self.session.play(item)
            return
        failed = await self._document(item.goto)
        self.rooms.announced(self.conference, self.participant, failed=failed)

    def _live(self, mulaw: bytes) -> None:
        """Let those who can hear this leg hear its microphone, and the recordings too."""
        samples, archive = decoded(mulaw), self.session.exchange.archive
        if not self.participant.muted and not self.participant.hold:
            archive.heard(self.call, samples, channel=0)
            if self.conference.recording is not None:
                self.conference.recording.hear(samples, channel=0)
        for listener in self.conference.participants:
            if self.conference.hears(listener, self.participant):
                listener.call.leg.sound(mulaw)
                archive.heard(listener.call, samples, channel=1)

    async def _listen(self) -> None:
        try:
            while True:
                heard = await self.call.leg.hear()
                if isinstance(heard, Utterance):
                    self.rooms.say(self.conference, self.participant, heard)
                elif isinstance(heard, Key) and heard.digit == "*" and self.verb.hangup_on_star:
                    self.participant.leave("star")
        except Interrupted:
            return


def _refused(verb: Verb) -> Problem | None:
    if isinstance(verb, Say | Play | Pause | Redirect):
        return None
    return error(13238, f"{type(verb).__name__} is not allowed in a conference's waiting")
