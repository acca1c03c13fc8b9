"""Flow books, events and expectations of the flow tests, read from TOML.

A case file has the tables of one flow (``[nodes.…]``, and ``[flows.<id>.nodes.…]`` for others),
what the flow leans on (``[[services]]``, ``[placeholders]``) and ``[[cases]]`` with ``steps``.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ivr.flow import events, requests
from ivr.flow.book import FlowBook, NumberRead, Service
from ivr.flow.engine import Step, start, step
from ivr.flow.load import build_book
from ivr.flow.state import CallState, Place
from ivr.flow.verbs import Utterance

FLOW_TESTS = Path(__file__).parent / "flow"
CASES = FLOW_TESTS / "cases"
CPF, MATRICULA, PROTOCOL = "52998224725", "123456", "202600012345"

GLOBALS: Mapping[str, str] = {
    "start": "main",
    "person": "common.person",
    "fault": "common.fault",
    "slower": "keys.slower",
    "nothing_back": "keys.nothing_back",
    "keys_only": "keys.keys_only",
    "goodbye": "bye.fault",
    "again": "keys.again",
}
COMMON: Mapping[str, Any] = {
    "id": "common",
    "start": "person",
    "nodes": {
        "person": {"type": "hangup", "say": "common.person"},
        "fault": {"type": "hangup", "say": "common.fault"},
        "next": {"type": "hangup", "say": "common.next"},
        "other": {"type": "hangup", "say": "common.other"},
    },
}


def read_number(digits: str) -> NumberRead:
    """A number rule with every sort of answer: 6 digits or 11, not all alike."""
    if len(digits) in (6, 11):
        known = digits.isdigit() and len(set(digits)) > 1
        kind = "cpf" if len(digits) == 11 else "matricula"
        return NumberRead(kind=kind, number=digits) if known else NumberRead(problem="no_match")
    return NumberRead(problem="too_short" if len(digits) < 11 else "too_long")


def read_protocol(digits: str) -> NumberRead:
    """12 digits that begin with a year of this century."""
    if len(digits) != 12:
        return NumberRead(problem="too_short" if len(digits) < 12 else "too_long")
    known = digits.startswith("20")
    return NumberRead(number=digits) if known else NumberRead(problem="no_match")


def services(tables: list[Mapping[str, Any]]) -> tuple[Service, ...]:
    """Services as the flow book has them."""
    listed = ("words", "actions", "deliveries")
    return tuple(
        Service(**{k: tuple(v) if k in listed else v for k, v in table.items()}) for table in tables
    )


def make_book(
    flows: Mapping[str, Mapping[str, Any]],
    *,
    global_targets: Mapping[str, str] = GLOBALS,
    service_tables: list[Mapping[str, Any]] | None = None,
    placeholders: Mapping[str, list[str]] | None = None,
) -> FlowBook:
    """A book of flows by id, each with ``nodes``; ``start`` is the first node."""
    files: dict[str, dict[str, Any]] = {}
    for name, flow in flows.items():
        files[f"{name}.toml"] = {"id": name, "start": next(iter(flow["nodes"])), **flow}
    first = files[f"{global_targets['start']}.toml"]
    first.setdefault("globals", dict(global_targets))
    return build_book(
        files,
        services=services(service_tables or []),
        placeholders={k: tuple(v) for k, v in (placeholders or {}).items()},
        read_identifier=read_number,
        read_protocol=read_protocol,
    )


def small_book(nodes: Mapping[str, Any], **others: Mapping[str, Any]) -> FlowBook:
    """A book with one flow ``main``, the common ends, and other flows by name."""
    flows = {name: {"nodes": nodes} for name, nodes in others.items()}
    return make_book({"main": {"nodes": nodes}, "common": COMMON, **flows})


def event_of(told: str | Mapping[str, Any]) -> events.Event:
    """An event as a case file writes it. Raises KeyError or TypeError on what it does not know."""
    if isinstance(told, str):
        return _WORDS[told]
    given = dict(told)
    kind = next(iter(given))
    return _TABLES[kind](given.pop(kind), given)


def answer(name: str, fields: Mapping[str, Any]) -> events.Event:
    """A request was carried out with this answer."""
    lists = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return events.RequestDone(answer=getattr(requests, name)(**lists))


_WORDS: Mapping[str, events.Event] = {
    "call": events.CallStarted(protocol=PROTOCOL, deadline="2026-12-01"),
    "silence": events.NoInput(),
    "working": events.StillWorking(),
}
_TABLES: Mapping[str, Any] = {
    "keys": lambda keys, more: events.Digits(value=keys, **more),
    "words": lambda words, more: events.Speech(text=words, **more),
    "recorded": lambda sid, more: events.Recorded(recording=sid, **more),
    "left_queue": lambda result, more: events.LeftQueue(result=result, **more),
    "dial": lambda status, more: events.DialEnded(status=status, **more),
    "answer": answer,
    "fails": lambda reason, more: events.RequestFailed(reason=reason, **more),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A scripted run of the engine."""

    title: str
    book: FlowBook
    state: CallState
    steps: tuple[Mapping[str, Any], ...]


def cases(path: Path) -> Iterator[Case]:
    """The cases of a file."""
    data = tomllib.loads(path.read_text())
    flows = {"main": {"nodes": data["nodes"]}, "common": COMMON, **data.get("flows", {})}
    book = make_book(
        flows,
        service_tables=data.get("services"),
        placeholders=data.get("placeholders"),
    )
    for case in data["cases"]:
        changes = dict(case.get("state", {}))
        state = start(book)
        if "node" in case:
            state = replace(state, at=Place(flow="main", node=case["node"]))
        if "passed" in changes:
            changes["passed"] = tuple(changes["passed"])
        yield Case(
            title=case["title"],
            book=book,
            state=replace(state, **changes),
            steps=tuple(case["steps"]),
        )


def stored(state: CallState) -> CallState:
    """The state as the next webhook finds it."""
    return CallState.from_dict(json.loads(json.dumps(state.to_dict())))


def seen(done: Step) -> dict[str, Any]:
    """A step in the words of a case file."""
    spoken: list[Utterance] = [u for verb in done.verbs for u in verb.speech]
    spoken += [u for verb in done.verbs for u in getattr(verb, "after", ())]
    at = done.state.at
    ending = done.verbs[-1] if done.verbs and done.request is None else None
    return {
        "verb": type(ending).__name__ if ending else "",
        "request": type(done.request).__name__ if done.request else "",
        "says": [u.prompt for u in spoken],
        "spoken": {u.prompt: dict(u.values) for u in spoken if u.values},
        "node": f"{at.flow}.{at.node}",
        "level": done.state.level,
        "status": done.state.status,
        "outcome": done.state.outcome,
        "facts": [f.kind for f in done.facts],
        "values": dict(done.state.values),
        "verb_has": {n: getattr(ending, n) for n in ending.__slots__} if ending else {},
        "asks": {n: getattr(done.request, n) for n in done.request.__slots__}
        if done.request
        else {},
        "data": {f.kind: dict(f.data) for f in done.facts},
    }


def run(case: Case) -> None:
    """Run a case, the state stored and read again between steps. Asserts what is expected."""
    state, speech = case.state, ()
    for number, expected in enumerate(case.steps, 1):
        wanted = dict(expected)
        event = event_of(wanted.pop("event"))
        done = step(case.book, stored(state), event, speech=speech)
        state, speech = done.state, done.speech
        found = seen(done)
        where = f"{case.title}, step {number}"
        assert ("verb" in wanted) != ("request" in wanted), f"{where}: verb or request"
        assert "verb" not in wanted or "says" in wanted, f"{where}: says"
        for key, value in wanted.items():
            shown = found[key]
            if isinstance(value, Mapping) and key not in ("spoken",):
                shown = {k: _plain(shown.get(k, "<none>")) for k in value}
            assert _plain(shown) == value, f"{where}: {key}"


def _plain(value: Any) -> Any:
    if isinstance(value, Utterance):
        return value.prompt
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return value
