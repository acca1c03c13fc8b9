"""Callers who never change their mind, and services that never change theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.flow import requests as ask
from ivr.flow import verbs as verb
from ivr.flow.events import (
    DialEnded,
    Digits,
    Event,
    LeftQueue,
    NoInput,
    Recorded,
    RequestDone,
    RequestFailed,
    Speech,
    StillWorking,
)
from ivr.flow.explore_answers import Input
from ivr.flow.explore_inputs import MUMBLE, NUMBER, press
from ivr.flow.requests import JobOutcome, Request
from ivr.flow.verbs import EndingVerb

Caller = Callable[[EndingVerb], Event]
Service = Callable[[Request, list[Input]], Event]


def _caller(gather: Event, record: Event | None = None) -> Caller:
    """A caller who answers every question alike; nobody ever takes the call from the queue."""

    def act(ending: EndingVerb) -> Event:
        match ending:
            case verb.Gather():
                return gather
            case verb.Record():
                return record or gather
            case verb.Enqueue():
                return LeftQueue(result="leave", seconds=ending.max_wait)
            case verb.Dial():
                return DialEnded(status="no-answer", seconds=ending.timeout)
            case verb.Filler():
                return StillWorking()
            case _:
                return NoInput()

    return act


STUBBORN_CALLERS: Mapping[str, Caller] = {
    "silence": _caller(NoInput(), Recorded(recording="", seconds=0)),
    "an unknown key": _caller(press("A")),
    "two keys": _caller(press("55")),
    "eight keys": _caller(press(NUMBER[:8])),
    "too many keys": _caller(press(NUMBER)),
    "unknown words": _caller(Speech(text=MUMBLE, confidence=0.9)),
    "repeat": _caller(Digits(value="", ended_by="#"), press("#")),
    "back": _caller(press("*")),
    "slower": _caller(press("8")),
}
"""Callers who never change their mind, by what they do."""


def _fails(request: Request, given: list[Input]) -> Event:
    return RequestFailed(reason="explored")


def _fails_for_good(request: Request, given: list[Input]) -> Event:
    return RequestFailed(permanent=True, reason="explored")


def _refuses(request: Request, given: list[Input]) -> Event:
    done = [event for _, event in given if isinstance(event, RequestDone)]
    return done[-1] if done else _fails(request, given)


def _doubts(request: Request, given: list[Input]) -> Event:
    done = [event for _, event in given if isinstance(event, RequestDone)]
    return done[:2][-1] if done else _fails(request, given)


def _agrees(request: Request, given: list[Input]) -> Event:
    return given[0][1]


def _never_done(request: Request, given: list[Input]) -> Event:
    if isinstance(request, ask.ReadSystems):
        outcomes: tuple[JobOutcome, ...] = tuple("later" for _ in request.services)
        return RequestDone(answer=ask.SystemsReset(outcomes=outcomes))
    return StillWorking() if isinstance(request, ask.JOBS) else given[0][1]


SERVICES: Mapping[str, Service] = {
    "every service fails": _fails,
    "every service fails for good": _fails_for_good,
    "every service says the worst": _refuses,
    "every service says no, not for good": _doubts,
    "every service says yes": _agrees,
    "no job is ever done": _never_done,
}
"""How the services behind the call behave, for the whole of it."""
