"""Three in a talk: what happens when the agent's telephone leaves the other two."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.ports.desk import EngagementRow, OfferRow
from ivr.ports.store import Job, Transaction
from ivr.service.desk.outside_ends import save, tell_of
from ivr.service.desk.talks import end_talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The caller was left to somebody outside, or to the colleague of ``offer``, whose talk it is
    from now on."""

    offer: OfferRow | None = None
    talk: EngagementRow | None = None


def leave_together(tx: Transaction, talk: EngagementRow) -> Left | None:
    """The agent of a talk of three has put the receiver down: the other two go on, and the room
    ends with whom the caller is left to. None for a talk of two. The desk's lock is held."""
    if talk.held_since is not None:
        return None
    now = tx.now()
    outside = tx.outside.of_call(talk.call_sid)
    if outside is not None and outside.joined and outside.state == "talking":
        alone = save(tx, outside, replace(outside, alone=True))
        tell_of(tx, alone, "outside.alone")
        end_talk(tx, talk.offer, by="transfer", now=now)
        tx.outbox.add(
            Job(
                key=f"desk.outside_join:{outside.id}:left",
                kind="desk.outside_join",
                call_sid=talk.call_sid,
                payload={"outside": outside.id},
            )
        )
        return Left()
    theirs = tx.desk.offer(talk.consult) if talk.consult else None
    taken = tx.desk.engagement(talk.consult) if talk.consult else None
    if theirs is None or taken is None or taken.ended_at is not None:
        return None
    theirs = replace(theirs, kind="transfer")
    if not tx.desk.change_offer(theirs, was=theirs.version):
        return None
    end_talk(tx, talk.offer, by="transfer", now=now)
    tx.outbox.add(
        Job(
            key=f"desk.connect:{theirs.id}:left",
            kind="desk.connect",
            call_sid=talk.call_sid,
            payload={"offer": theirs.id},
        )
    )
    return Left(offer=theirs, talk=taken)
