"""How an invented call may go: its shape, and the lines of its journal.

The lines stand in the order and with the places of the shipped flows; seconds are those from the
call's beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Line = tuple[float, int, str, str, Mapping[str, Any]]
"""Share of the time in the IVR, turn, kind, place, data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """``weight``: of a thousand calls; ``ivr``: mean seconds there; ``identity``: at the end."""

    word: str
    weight: int
    outcome: str
    identity: str
    ivr: float
    node: str
    ended_by: str = "caller"
    service: bool = False
    queue: bool = False
    talk: bool = False
    rated: bool = False
    error: bool = False
    recorded: bool = False
    lines: tuple[Line, ...] = ()


def _turn(at: float, turn: int, place: str, *prompts: str, verb: str = "Gather") -> Line:
    return at, turn, "turn.answered", place, {"prompts": prompts, "ms": 9, "verb": verb}


def _node(at: float, turn: int, place: str, kind: str) -> Line:
    return at, turn, "node.entered", place, {"type": kind}


def _keys(at: float, turn: int, place: str, length: int) -> Line:
    return at, turn, "input.received", place, {"by": "keys", "length": length}


_OPENING: tuple[Line, ...] = (
    (0.0, 0, "call.opened", "", {"caller_id": True}),
    _node(0.0, 0, "main.greeting", "say"),
    (0.0, 0, "notice.given", "main.greeting", {"version": "2026-11"}),
    _node(0.0, 0, "main.menu", "menu"),
    _turn(0.0, 0, "main.menu", "greeting.welcome", "greeting.protocol", "notice.recording",
          "main.menu"),
)  # fmt: skip
_IDENTIFIED: tuple[Line, ...] = (
    *_OPENING,
    _keys(0.15, 1, "main.menu", 1),
    (0.15, 1, "menu.chosen", "main.menu", {"key": "1", "by": "keys"}),
    _node(0.15, 1, "access.start", "subflow"),
    _node(0.15, 1, "identify.who", "identify"),
    _turn(0.15, 1, "identify.who", "identify.ask"),
    _keys(0.25, 2, "identify.who", 11),
    _turn(0.25, 2, "identify.who", "identify.confirm_cpf"),
    _keys(0.33, 3, "identify.who", 1),
    (0.33, 3, "request.made", "identify.who", {"request": "FindPerson"}),
    (0.33, 3, "person.identified", "identify.who", {"by": "cpf"}),
    _node(0.33, 3, "identify.proof", "verify"),
    _turn(0.33, 3, "identify.proof", "verify.pin"),
)
_PROVEN: tuple[Line, ...] = (
    *_IDENTIFIED,
    _keys(0.42, 4, "identify.proof", 8),
    (0.42, 4, "proof.passed", "identify.proof", {"factor": "pin"}),
    (0.42, 4, "code.sent", "identify.proof", {}),
    _turn(0.42, 4, "identify.proof", "verify.code"),
    _keys(0.55, 5, "identify.proof", 6),
    (0.55, 5, "proof.passed", "identify.proof", {"factor": "sms_code"}),
    (0.55, 5, "person.verified", "identify.proof", {"factors": 2}),
    _node(0.55, 5, "access.service", "choose_service"),
    _turn(0.55, 5, "access.service", "service.ask"),
    _keys(0.62, 6, "access.service", 1),
    (0.62, 6, "service.chosen", "access.service", {"service": "email"}),
    _node(0.62, 6, "access.action", "menu"),
    _turn(0.62, 6, "access.action", "access.action"),
)
_BYE: tuple[Line, ...] = (
    _node(0.9, 9, "rate.ask", "rate"),
    _turn(0.9, 9, "rate.ask", "rate.ask"),
    _node(0.97, 10, "rate.bye", "hangup"),
    _turn(0.97, 10, "rate.bye", "bye.protocol", "bye.thanks", verb="Hangup"),
)
_TO_A_PERSON: tuple[Line, ...] = (
    *_OPENING,
    (0.4, 1, "person.asked", "main.menu", {}),
    _node(0.4, 1, "person.open", "hours"),
    (0.4, 1, "hours.checked", "person.open", {"open": True, "reason": "open"}),
    _node(0.4, 1, "person.priority", "priority"),
    _turn(0.4, 1, "person.priority", "priority.ask"),
    (0.9, 2, "input.received", "person.priority", {"by": "silence"}),
    _node(0.9, 2, "person.queue", "enqueue"),
    (0.95, 2, "queue.entered", "person.queue", {"queue": "atendimento"}),
    _turn(0.95, 2, "person.queue", "queue.entering", verb="Enqueue"),
)

STORIES: tuple[Story, ...] = (
    Story(
        word="reset", weight=270, outcome="resolved_self_service", identity="verified", ivr=190,
        node="rate.bye", ended_by="system", service=True, rated=True,
        lines=(*_PROVEN,
               _node(0.7, 7, "access.reset_link", "reset"),
               _turn(0.7, 7, "access.reset_link", "reset.working", verb="Filler"),
               (0.85, 8, "job.settled", "access.reset_link", {"outcome": "done"}), *_BYE),
    ),
    Story(
        word="unlock", weight=80, outcome="resolved_self_service", identity="verified", ivr=160,
        node="rate.bye", ended_by="system", service=True, rated=True,
        lines=(*_PROVEN, _node(0.7, 7, "access.unlock", "unlock"), *_BYE),
    ),
    Story(
        word="ticket", weight=100, outcome="ticket_status_told", identity="anonymous", ivr=75,
        node="rate.bye", rated=True,
        lines=(*_OPENING, _node(0.3, 1, "ticket.ask", "ticket_status"),
               _turn(0.3, 1, "ticket.ask", "ticket.ask"),
               (0.6, 2, "ticket.told", "ticket.ask", {"status": "open"}), *_BYE),
    ),
    Story(
        word="person", weight=290, outcome="attended_by_person", identity="anonymous", ivr=45,
        node="rate.bye", service=True, queue=True, talk=True, rated=True, recorded=True,
        lines=_TO_A_PERSON,
    ),
    Story(
        word="gave_up", weight=70, outcome="wants_person", identity="anonymous", ivr=45,
        node="person.queue", queue=True, lines=_TO_A_PERSON,
    ),
    Story(
        word="left", weight=115, outcome="abandoned", identity="anonymous", ivr=25,
        node="main.menu", lines=_OPENING,
    ),
    Story(
        word="not_proven", weight=50, outcome="failed_proof", identity="identified", ivr=120,
        node="identify.proof",
        lines=(*_IDENTIFIED, _keys(0.5, 4, "identify.proof", 8),
               (0.5, 4, "proof.failed", "identify.proof",
                {"factor": "pin", "tries": 1, "exhausted": False}),
               _turn(0.5, 4, "identify.proof", "verify.wrong", "verify.pin")),
    ),
    Story(
        word="fault", weight=5, outcome="fault", identity="anonymous", ivr=60, node="person.queue",
        error=True, queue=True,
        lines=(*_OPENING, (0.5, 1, "fault.bound", "main.menu", {"bound": "nodes a step"})),
    ),
    Story(
        word="callback", weight=20, outcome="callback_booked", identity="anonymous", ivr=60,
        node="rate.bye", ended_by="system", queue=True, lines=_TO_A_PERSON,
    ),
)  # fmt: skip
