"""What may happen at each stand of a call, by classes: keys, words, silence, answers, faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import get_args

from ivr.flow import requests as ask
from ivr.flow import verbs as verb
from ivr.flow.book import FlowBook
from ivr.flow.events import (
    DialEnded,
    DialStatus,
    Digits,
    Event,
    LeftQueue,
    NoInput,
    QueueResult,
    Recorded,
    RequestDone,
    Speech,
    StillWorking,
    StreamLost,
)
from ivr.flow.explore_answers import FAULTS, Input
from ivr.flow.nodes import Node
from ivr.flow.verbs import EndingVerb

KEYS = "0123456789*#"
NUMBER = "73519462801357"
"""Digits typed in every length; they must turn up in no fact."""
_OF_A_YEAR = "20261946280135"
MUMBLE = "xilindró bambolê"
"""Words of no option; they must turn up in no fact."""
RECORDING = "RE1"

_SPOKEN = dict(
    zip(
        "0123456789",
        ("zero", "um", "dois", "três", "quatro", "cinco", "meia", "sete", "oito", "nove"),
        strict=True,
    )
)
_EVERYWHERE = ("atendente", "voltar", "repetir", "mais devagar", "sim", "não")


def happenings(
    book: FlowBook, node: Node, ending: EndingVerb, samples: tuple[str, ...]
) -> list[Input]:
    """Every class of event that may follow a verb at a node."""
    match ending:
        case verb.Gather():
            typed = _one_key() if ending.digits == 1 else _many_keys(book, samples)
            lost: list[Input] = [("stream lost", StreamLost())] if ending.streamed else []
            spoken = _spoken(book, node, ending, samples)
            return [("silence", NoInput()), *lost, *typed, *spoken]
        case verb.Record():
            return [
                ("silence", Recorded(recording="", seconds=0)),
                ("a recording", Recorded(recording=RECORDING, seconds=7)),
                ("a recording, then 0", Recorded(recording=RECORDING, seconds=7, key="0")),
                ("0 at once", Recorded(recording="", seconds=0, key="0")),
                ("no answer of the recorder", NoInput()),
                *_one_key(),
            ]
        case verb.Enqueue():
            wishes = ("", *getattr(node, "wish", {}), NUMBER)
            return [
                (f"leaves the queue: {result} {wish}".strip(), LeftQueue(result=result, wish=wish))
                for result in get_args(QueueResult)
                for wish in wishes
            ]
        case verb.Dial():
            return [(f"dial: {s}", DialEnded(status=s)) for s in get_args(DialStatus)]
        case verb.Filler():
            jobs = [
                (f"job: {o}", RequestDone(answer=ask.JobDone(outcome=o, job="job-1")))
                for o in get_args(ask.JobOutcome)
            ]
            return [("press 0", press("0")), ("job: not done yet", StillWorking()), *jobs, *FAULTS]
        case verb.SpeakSecret():
            return [("the secret was spoken", NoInput()), ("still working", StillWorking())]
        case verb.Hangup():
            return []


def well_formed(book: FlowBook) -> tuple[str, ...]:
    """A number of each kind that the book's readers take, found by trying check digits."""
    found: dict[tuple[object, str], str] = {}
    for read, body in product((book.read_identifier, book.read_protocol), (NUMBER, _OF_A_YEAR)):
        for length, end in product(range(4, len(body) + 1), range(100)):
            number = f"{body[: length - 2]}{end:02d}"
            answer = read(number)
            if not answer.problem:
                found.setdefault((read, answer.kind), number)
    return tuple(dict.fromkeys(found.values()))


def press(key: str) -> Event:
    """One key, as the carrier tells it."""
    return Digits(value=key)


def _one_key() -> list[Input]:
    return [(f"press {k}", press(k)) for k in KEYS] + [("press an unknown key", press("A"))]


def _many_keys(book: FlowBook, samples: tuple[str, ...]) -> list[Input]:
    values = [*"0*98", *(NUMBER[:n] for n in range(1, len(NUMBER) + 1))]
    values += [*samples, *(s.code for s in book.services), f"12*{NUMBER[:8]}", "12*", "A1"]
    pressed = [(f"press {v}", press(v)) for v in dict.fromkeys(values)]
    return [*pressed, ("press #", Digits(value="", ended_by="#"))]


def _spoken(
    book: FlowBook, node: Node, gather: verb.Gather, samples: tuple[str, ...]
) -> Iterator[Input]:
    texts = [MUMBLE, *_EVERYWHERE]
    if gather.mode != "keys":
        words: Mapping[str, tuple[str, ...]] = getattr(node, "words", {})
        texts += [phrase for phrases in words.values() for phrase in phrases]
        if gather.digits != 1:
            texts += [" ".join(_SPOKEN[d] for d in s) for s in (NUMBER[:8], *samples)]
        if gather.hints:
            texts += [w for s in book.services for w in s.words if w in gather.hints]
            texts += [w for w in getattr(node, "words_all", ()) if w in gather.hints]
    for text in dict.fromkeys(texts):
        yield f"say {text!r}", Speech(text=text, confidence=0.9)
    yield "mumble", Speech(text=MUMBLE, confidence=0.1)
