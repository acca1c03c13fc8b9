"""What the journal of a call tells an agent: the way it took, its proofs, why it left the
self-service. Kinds and short words only; nothing that was keyed or said is in a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.ports.store import JournalEntry

LINES = 8
"""Longest way that is shown; the middle of a longer one is left out."""

_SHOWN = frozenset(
    {
        "call.opened",
        "menu.chosen",
        "person.identified",
        "code.sent",
        "proof.passed",
        "proof.failed",
        "person.verified",
        "service.chosen",
        "job.settled",
        "system.settled",
        "ticket.told",
        "ticket.unknown",
        "recording.made",
        "secret.spoken",
        "callback.booked",
        "rating.given",
        "person.asked",
        "node.gave_up",
        "request.failed",
        "queue.entered",
        "queue.left",
    }
)
_CAUSES = {"failed_proof": "failed_proof", "refused": "refused", "fault": "fault"}
"""Outcome that was set → why the call went to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLine:
    """A step of the call. ``flow``: name of the flow that a menu choice led to."""

    at: datetime
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    flow: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A factor that the caller passed, and when."""

    factor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the journal says, before any name is looked up.

    ``identified_by``: ``cpf`` or ``matricula``, empty for nobody. ``failures``: failed proofs by
    factor. ``cause``: ``asked``, ``no_input``, ``no_match``, ``failed_proof``, ``refused``,
    ``fault``, ``person_only``; empty when the journal does not tell.
    """

    path: tuple[PathLine, ...] = ()
    proofs: tuple[Proof, ...] = ()
    failures: Mapping[str, int] = field(default_factory=dict)
    identified_by: str = ""
    verified_at: datetime | None = None
    service: str = ""
    menu_key: str = ""
    menu_flow: str = ""
    cause: str = ""


def told_by(entries: Sequence[JournalEntry]) -> Told:
    """Read a whole journal, oldest line first."""
    proofs: dict[str, Proof] = {}
    failures: dict[str, int] = {}
    identified_by, service, menu_key, menu_flow = "", "", "", ""
    verified_at: datetime | None = None
    for place, entry in enumerate(entries):
        factor = str(entry.data.get("factor", ""))
        if entry.kind == "person.identified":
            identified_by, verified_at = str(entry.data.get("by", "")), None
            proofs.clear()
        elif entry.kind == "proof.passed":
            proofs[factor] = Proof(factor=factor, at=entry.at)
        elif entry.kind == "proof.failed":
            failures[factor] = failures.get(factor, 0) + 1
        elif entry.kind == "person.verified":
            verified_at = entry.at
        elif entry.kind == "service.chosen":
            service = str(entry.data.get("service", ""))
        elif entry.kind == "menu.chosen":
            menu_key, menu_flow = str(entry.data.get("key", "")), _next_flow(entries, place)
    return Told(
        path=_path(entries),
        proofs=tuple(proofs.values()),
        failures=failures,
        identified_by=identified_by,
        verified_at=verified_at,
        service=service,
        menu_key=menu_key,
        menu_flow=menu_flow,
        cause=_cause(entries),
    )


def _cause(entries: Sequence[JournalEntry]) -> str:
    """Of the last way into a queue."""
    cause = ""
    for entry in entries:
        if entry.kind == "person.asked":
            cause = "asked"
        elif entry.kind == "node.gave_up":
            why = str(entry.data.get("why", ""))
            cause = why if why in ("no_input", "no_match") else "no_match"
        elif entry.kind == "outcome.set":
            outcome = str(entry.data.get("outcome", ""))
            if outcome in _CAUSES:
                cause = _CAUSES[outcome]
            elif outcome == "wants_person" and not cause:
                cause = "asked"
        elif entry.kind == "node.entered" and entry.node == "for_service":
            cause = "person_only"
        elif entry.kind == "queue.left":
            cause = ""
    return cause


def _path(entries: Sequence[JournalEntry]) -> tuple[PathLine, ...]:
    lines: list[PathLine] = []
    for place, entry in enumerate(entries):
        if entry.kind not in _SHOWN:
            continue
        flow = _next_flow(entries, place) if entry.kind == "menu.chosen" else ""
        data = {k: v for k, v in entry.data.items() if k != "revision"}
        line = PathLine(at=entry.at, kind=entry.kind, data=data, flow=flow)
        last = lines[-1] if lines else None
        if last and last.kind == line.kind == "proof.failed" and _factor(last) == _factor(line):
            lines[-1] = PathLine(at=line.at, kind=line.kind, data=data, times=last.times + 1)
        else:
            lines.append(line)
    if len(lines) > LINES:
        lines = [lines[0], *lines[1 - LINES :]]
    return tuple(lines)


def _factor(line: PathLine) -> str:
    return str(line.data.get("factor", ""))


def _next_flow(entries: Sequence[JournalEntry], place: int) -> str:
    """The flow that the call was in when it next asked something: where a choice led."""
    own = entries[place].flow
    for entry in entries[place + 1 :]:
        if entry.kind == "node.entered" and entry.flow != own:
            return entry.flow
        if entry.kind in ("turn.answered", "menu.chosen"):
            break
    return own
