"""What must hold of the rest of a call: a person is near, and the call ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from ivr.flow.book import FlowBook
from ivr.flow.explore_answers import answers
from ivr.flow.explore_callers import SERVICES, STUBBORN_CALLERS, Caller, Service
from ivr.flow.explore_inputs import KEYS, press
from ivr.flow.explore_stand import Stand, follow
from ivr.flow.requests import BookCallback, CheckQueue
from ivr.flow.verbs import Dial, Enqueue, Filler, Gather, Record

KEYS_TO_A_PERSON = 2
REQUESTS_A_TURN = 20

_WAITS: dict[type, str] = {
    Enqueue: "nobody answers in the queue",
    Dial: "nobody answers the telephone",
    Filler: "the job is not done yet",
}
Factors = tuple[tuple[str, ...], ...]


def far_from_person(book: FlowBook, stand: Stand, factor_sets: Factors) -> tuple[Stand | None, int]:
    """Whether two single keys do not bring a listening stand to a queue, a person's telephone or
    a callback, whatever the services answer: the stand where they end instead, and the steps
    taken. Single keys give no data."""
    steps = 0

    def away(here: Stand, keys: int) -> Stand | None:
        nonlocal steps
        if isinstance(here.step.request, CheckQueue | BookCallback):
            return None
        if here.step.request is not None:
            for what, event in answers(here.step.request, factor_sets):
                steps += 1
                lost = away(follow(book, here, what, event), keys)
                if lost is not None:
                    return lost
            return None
        if isinstance(here.ending, Enqueue | Dial):
            return None
        if not isinstance(here.ending, Gather | Record) or not keys:
            return here
        found: Stand | None = None
        for key in KEYS:
            steps += 1
            lost = away(follow(book, here, f"press {key}", press(key)), keys - 1)
            if lost is None:
                return None
            found = found or lost
        return found

    if not isinstance(stand.ending, Gather | Record):
        return None, 0
    return away(stand, KEYS_TO_A_PERSON), steps


def endless(
    book: FlowBook, stand: Stand, factor_sets: Factors, *, most_turns: int
) -> Iterator[tuple[str, Stand | None, int]]:
    """For each stubborn caller with each sort of services: what is wrong, the stand where the
    call was given up (None when it ended), and the steps taken."""
    pairs = product(STUBBORN_CALLERS.items(), SERVICES.items())
    for (caller_name, caller), (service_name, service) in pairs:
        lost, steps = _run(
            book, stand, factor_sets, (caller_name, caller), service, most_turns=most_turns
        )
        text = f"no end after {most_turns} turns: {caller_name} for ever, {service_name}"
        yield text, lost, steps


def _run(
    book: FlowBook,
    stand: Stand,
    factor_sets: Factors,
    caller: tuple[str, Caller],
    service: Service,
    *,
    most_turns: int,
) -> tuple[Stand | None, int]:
    turns = requests = steps = 0
    while stand.step.state.status == "running":
        if stand.step.request is not None:
            given = answers(stand.step.request, factor_sets)
            event = service(stand.step.request, given)
            happened = next((w for w, e in given if e == event), "the service fails")
            requests += 1
        elif stand.ending is not None:
            event = caller[1](stand.ending)
            happened = _WAITS.get(type(stand.ending), caller[0])
            turns, requests = turns + 1, 0
        if turns > most_turns or requests > REQUESTS_A_TURN:
            return stand, steps
        stand = follow(book, stand, happened, event)
        steps += 1
    return None, steps
