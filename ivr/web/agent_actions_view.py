"""The identity checklist and the actions of a talk, as the panel shows them."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.service.desk.actions import REASONS, Checklist, checklist_of
from ivr.service.desk.console import Console
from ivr.service.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsView:
    """``services``: those worth a button, the ticket's own first. ``refused``: reason by kind when
    no service allows it."""

    checklist: Checklist
    buttons: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """Changes when the region must be drawn anew."""
        c = self.checklist
        proofs = ",".join(f"{p.factor}{p.state}{p.tries}" for p in c.proofs)
        done = ",".join(f"{o.kind}{o.service}{o.result}{o.outcome}" for o in c.ordered)
        return f"{c.offer}:{proofs}:{self.buttons}:{self.refused}:{done}"


def actions_of(rt: Runtime, console: Console) -> ActionsView | None:
    """None when there is no talk any more."""
    if console.talk is None:
        return None
    try:
        checklist = checklist_of(rt, console.talk.offer)
    except LookupError:
        return None
    own = console.ticket.service if console.ticket else ""
    buttons: list[tuple[str, str]] = []
    refused: list[tuple[str, str]] = []
    for kind in dict.fromkeys(action.kind for action in checklist.actions):
        offered = [action for action in checklist.actions if action.kind == kind]
        allowed = [action.service for action in offered if not action.refusal]
        if allowed:
            ordered = sorted(allowed, key=lambda service: service != own)
            buttons += [(kind, service) for service in ordered[:2]]
        elif offered:
            first = next((a for a in offered if a.service == own), offered[0])
            refused.append((kind, REASONS.get(first.refusal, first.refusal)))
    return ActionsView(checklist=checklist, buttons=tuple(buttons), refused=tuple(refused))
