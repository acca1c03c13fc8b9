"""Steps that all deeds of an agent in a talk are made of: whose it is, the carrier, the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from ivr.ports.desk import EngagementRow, LegRow
from ivr.ports.errors import PortError
from ivr.ports.store import Transaction
from ivr.service.desk.citizen import citizen_of
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.talks import tell_talk
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.desk")


def ask(deed: Callable[[], bool]) -> None:
    """Something that the carrier must have done."""
    try:
        done = deed()
    except PortError as error:
        log.warning("carrier refused", why=error.reason)
        raise NotNowError("operadora") from None
    if not done:
        raise NotNowError("encerrada")


def change(
    rt: Runtime,
    offer: str,
    agent: str,
    deed: Callable[[Transaction, EngagementRow], EngagementRow],
) -> EngagementRow:
    """Write what was done to a live talk, and tell it."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        talk = talk_of(tx, offer, agent)
        if talk.ended_at is not None:
            raise NotNowError("encerrada")
        return save(tx, talk, deed(tx, talk))


def save(tx: Transaction, before: EngagementRow, after: EngagementRow) -> EngagementRow:
    if after == before:
        return before
    if not tx.desk.change_engagement(after, was=before.version):
        raise NotNowError("mudou")
    told = replace(after, version=before.version + 1)
    tell_talk(tx, told)
    return told


def released(tx: Transaction, talk: EngagementRow) -> EngagementRow:
    """The talk after a hold."""
    if talk.held_since is None:
        return talk
    held = int((tx.now() - talk.held_since).total_seconds())
    return replace(talk, held_since=None, hold_seconds=talk.hold_seconds + held)


def live_leg(rt: Runtime, offer: str) -> LegRow:
    """The leg of a talk. Raises ``encerrada``."""
    with rt.store.begin(write=False) as tx:
        legs = legs_of(tx, offer)
    if not legs:
        raise NotNowError("encerrada")
    return legs[-1]


def citizen(rt: Runtime, talk: EngagementRow) -> str:
    """The member of the room that the citizen is."""
    with rt.store.begin(write=False) as tx:
        return citizen_of(tx, talk.call_sid)


def mine(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The live talk of this agent."""
    with rt.store.begin(write=False) as tx:
        talk = talk_of(tx, offer, agent)
    if talk.ended_at is not None:
        raise NotNowError("encerrada")
    return talk


def talk_of(tx: Transaction, offer: str, agent: str) -> EngagementRow:
    """The agent's talk, over or not. Raises ``de_outro``."""
    talk = tx.desk.engagement(offer)
    if talk is None or talk.agent != agent:
        raise NotNowError("de_outro")
    return talk


def legs_of(tx: Transaction, offer: str) -> list[LegRow]:
    """Legs of an offer that are up now."""
    return [leg for leg in tx.desk.legs_of(offer) if leg.ended_at is None and leg.answered_at]
