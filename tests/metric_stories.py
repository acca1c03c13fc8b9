"""Calls with a known end, as rows, for the tests of figures."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from store_rows import a_call, a_ticket, an_entry

from ivr.ports.desk import EngagementRow, LedgerLine, OfferRow
from ivr.ports.store import QueueRow

QUEUE = "atendimento"
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Story:
    """A call: when it begins, what becomes of it, how long it waits and talks."""

    at: int
    kind: str
    wait: int = 10
    talk: int = 60
    hold: int = 0
    wrap: int = 20
    person: str = ""
    word: str = "contato"


def write(rt: Any, base: datetime, story: Story) -> str:
    """The rows of one call, as the system would leave them."""
    sid = f"CAs{next(NUMBERS)}"
    start = base + timedelta(seconds=story.at)
    waited = start + timedelta(seconds=30 + story.wait)
    talked = waited + timedelta(seconds=story.talk)
    person = f"{story.person}:{base.isoformat()}" if story.person else ""
    end = talked if story.kind == "talk" else waited
    outcome = {
        "talk": "attended_by_person",
        "ura": "resolved_self_service",
        "menu": "abandoned",
    }.get(story.kind, "wants_person")
    with rt.store.begin() as tx:
        tx.calls.add(a_call(sid, started_at=start, turn=3))
        tx.tickets.add(
            a_ticket(sid, opened_at=start, person=person, service="email" if person else "")
        )
        tx.journal.add(sid, [an_entry(0), an_entry(1, kind="proof.failed", data={"factor": "pin"})])
        if story.kind in ("talk", "abandoned", "callback"):
            entered = start + timedelta(seconds=30)
            tx.queues.enter(QueueRow(call_sid=sid, queue=QUEUE, entered_at=entered))
            result = {"talk": "answered", "callback": "wish:callback"}.get(story.kind, "abandoned")
            tx.queues.leave(sid, at=waited, result=result)
        if story.kind == "talk":
            offer = OfferRow(
                id=f"O{sid}", call_sid=sid, protocol=f"P-{sid}", queue=QUEUE, agent="ana",
                state="answered", reserved_at=waited, due_at=waited,
            )  # fmt: skip
            tx.desk.add_offer(offer)
            talk = EngagementRow(
                offer=offer.id, call_sid=sid, protocol=f"P-{sid}", queue=QUEUE, agent="ana",
                started_at=waited, ended_at=talked, ended_by="agent", hold_seconds=story.hold,
                contact_class=story.word, wrapped_at=talked + timedelta(seconds=story.wrap),
            )  # fmt: skip
            tx.desk.add_engagement(talk)
        for number, state in enumerate(("available", "in_call", "wrap_up", "offline")):
            at = start + timedelta(seconds=7 * number)
            data = {"state": state, "before": "offline"}
            tx.desk.write(LedgerLine(at=at, kind="agent.state", agent="ana", data=data))
        last = an_entry(2, kind="call.ended", at=end, data={"outcome": outcome})
        tx.journal.add(sid, [last])
        tx.calls.end(sid, at=end, by="caller", outcome=outcome)
    return sid
