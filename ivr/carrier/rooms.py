"""The conferences of an exchange: entering, changing, leaving, ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.carrier.audio import Sound
from ivr.carrier.call import Call, Goto
from ivr.carrier.clock import wall_clock
from ivr.carrier.conference import Announcement, Conference, Participant
from ivr.carrier.conference_status import notify
from ivr.carrier.events import Bridged, ConferenceJoined, ConferenceLeft, OtherSpoke, Unbridged
from ivr.carrier.leg import Utterance
from ivr.carrier.twiml.dial import ConferenceNoun

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange

BEEP = Sound(kind="beep", seconds=0.5)


class Full(Exception):
    """No more participants may enter."""


class Rooms:
    """Lives in the exchange's loop."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.conferences: dict[str, Conference] = {}

    def live(self, name: str) -> Conference | None:
        """The conference of this name (or SID) that has not ended."""
        return next(
            (
                each
                for each in self.conferences.values()
                if name in (each.name, each.sid) and each.status != "completed"
            ),
            None,
        )

    def reserve(self, name: str) -> Conference:
        """The live conference of that name, made if there is none."""
        conference = self.live(name)
        if conference is None:
            noun = ConferenceNoun(name=name)
            conference = Conference(sid=self._exchange.sids.make("CF"), noun=noun)
            self.conferences[conference.sid] = conference
        return conference

    def enter(self, call: Call, noun: ConferenceNoun) -> tuple[Conference, Participant]:
        """Raises Full."""
        conference = self.reserve(noun.name)
        if len(conference.participants) >= noun.max_participants:
            raise Full
        if not conference.participants and conference.sequence == 0:
            conference.noun = noun
        participant = Participant(
            call=call,
            noun=noun,
            label=noun.label,
            muted=noun.muted,
            coaching=noun.coach,
            start_on_enter=noun.start_on_enter,
            end_on_exit=noun.end_on_exit,
            beep_on_exit=noun.beep in ("true", "onExit"),
        )
        if noun.beep in ("true", "onEnter"):
            self._play_to_all(conference, BEEP)
        conference.participants.append(participant)
        call.emit(
            ConferenceJoined,
            conference=conference.name,
            conference_sid=conference.sid,
            participants=len(conference.participants),
        )
        self._notify(conference, "participant-join", participant)
        self._start_if_due(conference, participant)
        self.settle(conference)
        return conference, participant

    def _start_if_due(self, conference: Conference, newest: Participant) -> None:
        """It starts with two participants, of whom one may start it."""
        present = conference.participants
        if conference.status != "init" or len(present) < 2:
            return
        if not any(each.start_on_enter for each in present):
            return
        conference.status = "in-progress"
        conference.updated_at = wall_clock()
        self._notify(conference, "conference-start", newest)
        if conference.noun.record:
            recording = self._exchange.archive.start(present[0].call, source="Conference")
            recording.conference_sid = conference.sid
            recording.callback = conference.noun.recording_callback
            conference.recording = recording
            self._exchange.archive.notify(recording, recording.callback, "in-progress")

    def leave(self, conference: Conference, participant: Participant, *, reason: str) -> None:
        """Take a leg out; the last one, or one with endConferenceOnExit, ends the conference."""
        if participant not in conference.participants:
            return
        conference.participants.remove(participant)
        call = participant.call
        kicked = reason in ("kicked", "ended")
        notify(
            self._exchange,
            conference,
            "participant-leave",
            call=call,
            participant=participant,
            extra=(
                ("ParticipantCallStatus", call.status),
                (
                    "ReasonParticipantLeft",
                    "participant_updated_via_api"
                    if reason in ("kicked", "ended", "redirected")
                    else "participant_hung_up",
                ),
            ),
        )
        call.emit(
            ConferenceLeft,
            conference=conference.name,
            conference_sid=conference.sid,
            reason=reason,
        )
        if participant.end_on_exit and conference.status != "completed":
            word = "kicked" if kicked else "left"
            self._over(conference, call, f"participant-with-end-conference-on-exit-{word}")
        elif not conference.participants and conference.status != "completed":
            word = "kicked" if kicked else "left"
            self._over(conference, call, f"last-participant-{word}")
        elif participant.beep_on_exit:
            self._play_to_all(conference, BEEP)
        self.settle(conference)

    def end(self, conference: Conference) -> None:
        """By REST."""
        if conference.status != "completed":
            present = conference.participants
            self._over(conference, present[0].call if present else None, "conference-ended-via-api")
            self.settle(conference)

    def _over(self, conference: Conference, call: Call | None, reason: str) -> None:
        conference.status = "completed"
        conference.updated_at = wall_clock()
        conference.reason_ended = reason
        by_call = reason != "conference-ended-via-api" and call is not None
        conference.ending_call = call.sid if by_call and call is not None else ""
        if conference.recording is not None:
            self._exchange.archive.finish(conference.recording)
        if call is not None:
            ending = (("CallSidEndingConference", call.sid),) if by_call else ()
            fields = (*ending, ("ReasonConferenceEnded", reason), ("Reason", reason))
            notify(self._exchange, conference, "conference-end", call=call, extra=fields)
        for each in tuple(conference.participants):
            each.leave("ended")

    def mute(self, conference: Conference, participant: Participant, muted: bool) -> None:
        if participant.muted != muted:
            participant.muted = muted
            word = "participant-mute" if muted else "participant-unmute"
            self._changed(conference, participant, word)

    def hold(
        self, conference: Conference, participant: Participant, hold: bool, music: Goto | None
    ) -> None:
        """``music``: what is heard on hold, None = the carrier's music."""
        if participant.hold == hold and participant.hold_music == music:
            return
        word = "participant-hold" if hold else "participant-unhold"
        told = participant.hold != hold
        participant.hold, participant.hold_music = hold, music if hold else None
        self._changed(conference, participant, word if told else "")

    def coach(self, conference: Conference, participant: Participant, call_sid: str) -> None:
        """``call_sid``: who alone hears this participant from now on, "" for everybody."""
        if participant.coaching != call_sid:
            participant.coaching = call_sid
            self._changed(conference, participant, "participant-modify")

    def _changed(self, conference: Conference, participant: Participant, event: str) -> None:
        participant.updated_at = wall_clock()
        participant.changed.set()
        if event:
            self._notify(conference, event, participant)
        self.settle(conference)

    def announce(
        self, conference: Conference, goto: Goto, *, to: Participant | None = None
    ) -> None:
        """To one, or to all."""
        for each in (to,) if to is not None else tuple(conference.participants):
            each.to_hear.append(Announcement(goto=goto))
            each.changed.set()

    def announced(self, conference: Conference, participant: Participant, *, failed: str) -> None:
        event = "announcement-fail" if failed else "announcement-end"
        extra = (("ReasonAnnouncementFailed", failed),) if failed else ()
        notify(
            self._exchange,
            conference,
            event,
            call=participant.call,
            participant=participant,
            extra=extra,
        )

    def say(self, conference: Conference, speaker: Participant, words: Utterance) -> None:
        """Let those who can hear ``speaker`` hear the words, and the recordings too."""
        archive = self._exchange.archive
        if not speaker.muted and not speaker.hold:
            archive.heard(speaker.call, words.samples, channel=0)
            if conference.recording is not None:
                conference.recording.hear(words.samples, channel=0)
        for listener in conference.participants:
            if conference.hears(listener, speaker):
                archive.heard(listener.call, words.samples, channel=1)
                listener.call.emit(
                    OtherSpoke, other=speaker.call.sid, text=words.text, seconds=words.seconds
                )

    def settle(self, conference: Conference) -> None:
        """Tell each line with whom it is in conversation now."""
        before, now = conference.joined, conference.in_conversation()
        conference.joined = now
        for pairs, event in ((before - now, Unbridged), (now - before, Bridged)):
            for one, other in sorted(tuple(sorted(pair)) for pair in pairs):
                for sid, far in ((one, other), (other, one)):
                    call = self._exchange.calls.get(sid)
                    if call is not None and not call.line.closed:
                        call.emit(event, other=far)
        for each in conference.participants:
            each.changed.set()

    def _notify(self, conference: Conference, event: str, participant: Participant) -> None:
        notify(self._exchange, conference, event, call=participant.call, participant=participant)

    def _play_to_all(self, conference: Conference, sound: Sound) -> None:
        if conference.started:
            for each in conference.participants:
                each.to_hear.append(sound)
                each.changed.set()
