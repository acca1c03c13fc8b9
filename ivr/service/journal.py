"""Facts of the engine, and what was said, into lines of a call's journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ivr.domain.outcome import CallOutcome, final_outcome
from ivr.flow.facts import Fact
from ivr.flow.verbs import Say, Verb
from ivr.ports.store import JournalEntry, Transaction


def entries(
    facts: Sequence[Fact],
    said: Sequence[Verb],
    *,
    turn: int,
    at: datetime,
    milliseconds: int,
) -> list[JournalEntry]:
    """One line a fact, then what the caller hears next and how long the turn took."""
    lines = [
        JournalEntry(
            turn=turn,
            seq=i,
            at=at,
            kind=fact.kind,
            flow=fact.flow,
            node=fact.node,
            data=dict(fact.data),
        )
        for i, fact in enumerate(facts)
    ]
    last = facts[-1] if facts else None
    verb = said[-1]
    prompts = [u.prompt for v in said for u in v.speech]
    data: dict[str, object] = {"prompts": prompts, "ms": milliseconds}
    if not isinstance(verb, Say):
        data["verb"] = type(verb).__name__
    lines.append(
        JournalEntry(
            turn=turn,
            seq=len(lines),
            at=at,
            kind="turn.answered",
            flow=last.flow if last else "",
            node=last.node if last else "",
            data=data,
        )
    )
    return lines


def outcome_after(before: str, facts: Sequence[Fact]) -> CallOutcome:
    """The strongest of the outcome so far and those set in these facts."""
    seen = [CallOutcome(str(f.data["outcome"])) for f in facts if f.kind == "outcome.set"]
    if before:
        seen.append(CallOutcome(before))
    return final_outcome(seen)


def note(tx: Transaction, sid: str, kind: str, **data: str | int | bool) -> None:
    """Add one line from outside a turn: a worker's result, a page's event. Rows keep order."""
    view = tx.calls.view(sid, 0)
    turn = view.call.turn if view else 0
    tx.journal.add(sid, [JournalEntry(turn=turn, seq=0, at=tx.now(), kind=kind, data=data)])
