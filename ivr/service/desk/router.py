"""Waiting calls to free agents. Any number of routers may run at once, anywhere.

A round holds the desk's lock, so that rounds and changes of the desk come one after another;
the unique indexes of the open offers stand behind it.
"""

from __future__ import annotations

from datetime import datetime

from ivr.domain.queue_order import rank
from ivr.domain.routing import AGAIN_AFTER, Free, Match, Waiting, choose
from ivr.ports.desk import OfferKind, OfferRow, PresenceRow
from ivr.ports.store import QueueRow, Transaction
from ivr.service.desk.ledger import note
from ivr.service.desk.offers import ACK_WITHIN
from ivr.service.desk.presence import LEAVE, NO_SIGN, keep_skills, offline, silent
from ivr.service.desk.states import move
from ivr.service.runtime import Runtime

A_ROUND = 20
"""Offers made in one transaction."""
LOOKED_AT = 50
"""Calls of a queue looked at in a round; of those only the just refused are passed over."""
_KINDS: dict[str, OfferKind] = {"call": "queue"}


def route_now(rt: Runtime) -> int:
    """Make every offer that can be made; their number."""
    made = 0
    while may_route(rt):
        now_made = _round(rt)
        made += now_made
        if now_made < A_ROUND:
            break
    return made


def may_route(rt: Runtime) -> bool:
    """Whether somebody is free and somebody waits, by one reading transaction."""
    with rt.store.begin(write=False) as tx:
        if not tx.queues.sizes():
            return False
        return any(a.presence.state == "available" for a in tx.desk.agents())


def _round(rt: Runtime) -> int:
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        free = _free_agents(tx, now)
        entries = _entries(tx, free)
        refused = set(tx.desk.refusals(since=now - AGAIN_AFTER))
        made = 0
        while made < A_ROUND:
            match = choose([_waiting(e) for e in entries.values()], _as_free(free), refused)
            if match is None:
                return made
            entry, agent = entries.pop(match.call), free.pop(match.agent)
            if _offer(rt, tx, entry=entry, agent=agent, match=match, now=now):
                made += 1
    return made


def _free_agents(tx: Transaction, now: datetime) -> dict[str, PresenceRow]:
    """Who can take a call now, after those who cannot have been sent offline."""
    free: dict[str, PresenceRow] = {}
    for agent in tx.desk.agents():
        row = agent.presence
        if row.state != "available":
            continue
        if silent(row, now=now):
            offline(tx, row, now=now, reason=NO_SIGN)
        elif not agent.active:
            offline(tx, row, now=now, reason=LEAVE)
        else:
            free[row.agent] = keep_skills(tx, agent, now=now)
    return free


def _entries(tx: Transaction, free: dict[str, PresenceRow]) -> dict[str, QueueRow]:
    if not free:
        return {}
    queues = sorted({skill for row in free.values() for skill in row.skills})
    most = LOOKED_AT + len(free)
    found = [entry for queue in queues for entry in tx.queues.to_offer(queue, limit=most)]
    found += [entry for entry in tx.queues.targeted() if entry.target in free]
    return {entry.call_sid: entry for entry in found}


def _waiting(entry: QueueRow) -> Waiting:
    since = entry.ranked_at or entry.entered_at
    return Waiting(
        call=entry.call_sid,
        queue=entry.queue,
        rank=rank(priority=entry.priority, since=since, number=entry.number),
        target=entry.target,
    )


def _as_free(free: dict[str, PresenceRow]) -> list[Free]:
    return [
        Free(agent=row.agent, skills=row.skills, idle_since=row.idle_since) for row in free.values()
    ]


def _offer(
    rt: Runtime,
    tx: Transaction,
    *,
    entry: QueueRow,
    agent: PresenceRow,
    match: Match,
    now: datetime,
) -> bool:
    offer = OfferRow(
        id=f"OF{rt.entropy(16).hex()}",
        call_sid=entry.call_sid,
        protocol=entry.protocol,
        queue=entry.queue,
        agent=agent.agent,
        kind=_KINDS.get(entry.kind, entry.kind),  # type: ignore[arg-type]
        reserved_at=now,
        due_at=now + ACK_WITHIN,
    )
    if not tx.desk.add_offer(offer):
        return False
    note(
        tx,
        "offer.made",
        at=now,
        call_sid=entry.call_sid,
        offer=offer.id,
        agent=agent.agent,
        queue=entry.queue,
        kind=offer.kind,
        target=entry.target,
        priority=entry.priority,
        ranked_at=entry.ranked_at or entry.entered_at,
        number=entry.number,
        idle_since=agent.idle_since,
        ahead=match.ahead,
        candidates=match.candidates,
        runner_up=match.runner_up,
    )
    move(tx, agent, "reserved", now=now, offer=offer.id)
    tx.changes.tell(
        "oferta.nova", offer.id, version=offer.version, audience=[f"agent:{agent.agent}"]
    )
    return True
