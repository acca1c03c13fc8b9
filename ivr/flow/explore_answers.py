"""Every class of answer that a request may get, and the faults that it may meet instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from ivr.flow import requests as ask
from ivr.flow.events import Event, RequestDone, RequestFailed, StillWorking
from ivr.flow.requests import Answer, JobOutcome, Request

Input = tuple[str, Event]
"""What happens, in words, and as the engine takes it."""

PERSON = "person-1"
DATE, TIME = "2030-01-08", "07:30"

FAULTS: tuple[Input, ...] = (
    ("the service fails", RequestFailed(reason="explored")),
    ("the service fails for good", RequestFailed(permanent=True, reason="explored")),
)
_CHECKED: tuple[Answer, ...] = (
    ask.Checked(passed=True),
    ask.Checked(passed=False),
    ask.Checked(passed=False, exhausted=True),
)
_JOBS: tuple[Answer, ...] = tuple(
    ask.JobDone(outcome=o, job="job-1") for o in get_args(ask.JobOutcome)
)
ANSWERS: Mapping[type, tuple[Answer, ...]] = {
    ask.CheckPin: _CHECKED,
    ask.CheckCode: _CHECKED,
    ask.CheckPrintedCode: _CHECKED,
    ask.SendCode: (
        ask.CodeSent(sent=True),
        ask.CodeSent(sent=False, no_mobile=True),
        ask.CodeSent(sent=False),
    ),
    ask.ResetPassword: _JOBS,
    ask.UnlockAccount: _JOBS,
    ask.FindTicket: (
        ask.TicketFound(status="open", deadline=DATE),
        ask.TicketFound(status="pending", deadline=DATE),
        ask.TicketFound(status="closed", deadline=DATE),
        ask.TicketFound(status=""),
    ),
    ask.KeepRecording: (ask.Kept(),),
    ask.CheckHours: (
        ask.Hours(open=True, reason="open"),
        *(
            ask.Hours(open=False, reason=r, reopens_date=DATE, reopens_time=TIME)
            for r in ("night", "weekend", "holiday", "optional", "half_day")
        ),
    ),
    ask.CheckOutage: (ask.Outage(), ask.Outage(prompt="outage.general")),
    ask.CheckQueue: (
        ask.QueueState(agent_phone=True, waiting=0, wait_minutes=0),
        ask.QueueState(agent_phone=False, waiting=3, wait_minutes=7),
        ask.QueueState(agent_phone=False, waiting=0, wait_minutes=1, closed=True),
    ),
    ask.BookCallback: (
        ask.CallbackBooked(booked=True, number_end="90", deadline=DATE),
        ask.CallbackBooked(booked=False),
    ),
    ask.SaveRating: (ask.Kept(),),
}
"""Every class of answer, the best first and the worst last; of the others see :func:`answers`."""


def answers(request: Request, factor_sets: tuple[tuple[str, ...], ...]) -> list[Input]:
    """Every class of answer to a request, faults included."""
    name = type(request).__name__
    given: tuple[Answer, ...] = ANSWERS.get(type(request), ())
    if isinstance(request, ask.FindPerson):
        given = tuple(ask.PersonLookup(person=PERSON, factors=f) for f in factor_sets)
    if isinstance(request, ask.FindSystems):
        given = tuple(ask.Systems(services=request.services[:n]) for n in (9, 1, 0))
    if isinstance(request, ask.ResetSystems | ask.ReadSystems):
        given = tuple(_settled(request.services))
    told: list[Input] = [(f"{name}: {_words(a)}", RequestDone(answer=a)) for a in given]
    late: list[Input] = [("not done yet", StillWorking())] if isinstance(request, ask.JOBS) else []
    return [*told, *((f"{name}: {label}", event) for label, event in (*late, *FAULTS))]


def _settled(services: tuple[str, ...]) -> Iterator[ask.SystemsReset]:
    """All alike for each outcome, and the first unlike the rest."""
    pairs: tuple[tuple[JobOutcome, JobOutcome], ...] = (
        ("done", "done"),
        ("later", "later"),
        ("done", "later"),
        ("done", "refused"),
        ("later", "refused"),
        ("limited", "limited"),
        ("refused", "refused"),
    )
    for first, rest in pairs:
        yield ask.SystemsReset(outcomes=(first, *(rest for _ in services[1:])))


def _words(answer: Answer) -> str:
    shown = {n: getattr(answer, n) for n in answer.__slots__ if n not in ("person", "job")}
    return (
        " ".join(f"{n}={_short(v)}" for n, v in shown.items() if v is False or v not in ("", 0))
        or "done"
    )


def _short(value: Any) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value).lower()
