"""What an agent does in a talk: hold, mute, keys, recording, handing on, hanging up.

A page's handler calls these and waits. Only the agent of the live talk may. First the carrier,
then the row: a repeat does the same again, and what the carrier refuses changes nothing here.

All raise :class:`NotNowError`: ``de_outro`` (not this agent's talk), ``encerrada`` (the talk is
over), ``operadora`` (the carrier did not do it), ``mudou`` (done elsewhere meanwhile).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import structlog

from ivr.ports.desk import EngagementRow
from ivr.ports.errors import PortError
from ivr.ports.store import Transaction
from ivr.service.desk.handing_on import cancel_consult as cancel_consult
from ivr.service.desk.handing_on import complete_transfer as complete_transfer
from ivr.service.desk.handing_on import consult as consult
from ivr.service.desk.handing_on import transfer as transfer
from ivr.service.desk.live_talk import (
    ask,
    change,
    citizen,
    legs_of,
    live_leg,
    mine,
    released,
    talk_of,
)
from ivr.service.desk.media import order_hang_up
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.outside import call_out as call_out
from ivr.service.desk.outside import cancel_out as cancel_out
from ivr.service.desk.outside import complete_out as complete_out
from ivr.service.desk.outside import join_three as join_three
from ivr.service.desk.supervision_shut import open_again, shut
from ivr.service.desk.talks import end_talk
from ivr.service.desk.tones import seal_keys
from ivr.service.journal import note
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.desk")


def hold(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The caller hears music and nothing else."""
    talk = mine(rt, offer, agent)
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), True))
    return change(rt, offer, agent, _held)


def unhold(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The caller is back. Raises ``consulta`` while a colleague is being asked."""
    talk = mine(rt, offer, agent)
    if talk.consult or _asks_outside(rt, talk):
        raise NotNowError("consulta")
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))
    return change(rt, offer, agent, released)


def mute(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The agent hears and is not heard."""
    return _mute(rt, offer, agent, True)


def unmute(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    return _mute(rt, offer, agent, False)


def send_digits(rt: Runtime, offer: str, agent: str, keys: str) -> None:
    """Let the caller's side hear the tones of ``keys`` (at most 20 of 0-9 * #). Never for what is
    secret: everybody in the room hears them. Raises ``teclas`` on other characters."""
    talk = mine(rt, offer, agent)
    try:
        token = seal_keys(rt.secret_key, keys, nonce=rt.entropy(8))
    except ValueError:
        raise NotNowError("teclas") from None
    ask(lambda: rt.telephony.play_keys(talk.call_sid, citizen(rt, talk), token))


def hang_up(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The agent ends the talk: the caller goes on to rate it. Twice is once.

    When the carrier cannot be reached the worker goes on trying.
    """
    with rt.store.begin() as tx:
        tx.desk.lock()
        talk = talk_of(tx, offer, agent)
        row = tx.desk.offer(offer)
        if talk.ended_at is not None or row is None:
            return talk
        ended = end_talk(tx, offer, by="agent", now=tx.now())
        order_hang_up(tx, row)
        legs = legs_of(tx, offer)
    for leg in legs:
        try:
            rt.telephony.end_call(leg.sid)
        except PortError as error:
            log.warning("cannot hang up", leg=leg.sid, why=error.reason)
    return ended or talk


def pause_recording(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """Nothing is recorded until :func:`resume_recording`. Raises ``sem_gravacao``."""
    mine(rt, offer, agent)
    return pause_by_system(rt, offer, by=agent)


def resume_recording(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """Raises ``sem_gravacao``."""
    mine(rt, offer, agent)
    return resume_by_system(rt, offer, by=agent)


def pause_by_system(rt: Runtime, offer: str, *, by: str = "system") -> EngagementRow:
    """For steps in which something sensitive is said: idempotent. Raises ``sem_gravacao``,
    ``operadora``: then the sensitive step must not begin."""
    return _recording(rt, offer, True, by)


def resume_by_system(rt: Runtime, offer: str, *, by: str = "system") -> EngagementRow:
    """After the sensitive step."""
    return _recording(rt, offer, False, by)


def _asks_outside(rt: Runtime, talk: EngagementRow) -> bool:
    """Whether somebody outside is called whom the caller does not hear yet."""
    with rt.store.begin(write=False) as tx:
        row = tx.outside.of_call(talk.call_sid)
    return row is not None and not row.joined


def _held(tx: Transaction, talk: EngagementRow) -> EngagementRow:
    return talk if talk.held_since else replace(talk, held_since=tx.now())


def _mute(rt: Runtime, offer: str, agent: str, on: bool) -> EngagementRow:
    talk = mine(rt, offer, agent)
    leg = live_leg(rt, offer).sid
    ask(lambda: rt.telephony.mute(talk.call_sid, leg, on))
    return change(rt, offer, agent, lambda tx, now: replace(now, muted=on))


def _recording(rt: Runtime, offer: str, pause: bool, by: str) -> EngagementRow:
    with rt.store.begin(write=False) as tx:
        talk = tx.desk.engagement(offer)
    if talk is None or talk.ended_at is not None:
        raise NotNowError("encerrada")
    if talk.recording == "off":
        raise NotNowError("sem_gravacao")
    wanted: Literal["on", "paused"] = "paused" if pause else "on"
    leg = live_leg(rt, offer).sid
    if pause:
        shut(rt, talk)
    try:
        ask(lambda: rt.telephony.pause_recording(leg, talk.recording_sid, pause))
    except NotNowError:
        if pause and talk.recording != "paused":
            open_again(rt, offer)
        raise

    def write(tx: Transaction, now: EngagementRow) -> EngagementRow:
        if now.recording == wanted or now.recording == "off":
            return now
        kind = "recording.paused" if pause else "recording.resumed"
        note(tx, now.call_sid, kind, offer=offer, by="system" if by == "system" else "agent")
        return replace(now, recording=wanted)

    changed = change(rt, offer, talk.agent, write)
    if not pause:
        open_again(rt, offer)
    return changed
