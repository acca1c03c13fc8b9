"""The desk that the flow tests bring along (``flow/books/desk.toml``), whole or changed, and calls
to it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from flow_cases import FLOW_TESTS, event_of, make_book, stored

from ivr.flow.book import FlowBook
from ivr.flow.engine import Step, start, step
from ivr.flow.state import CallState

DESK = FLOW_TESTS / "books" / "desk.toml"
BROKEN = FLOW_TESTS / "broken"
OUTCOMES = frozenset(
    {
        "abandoned",
        "fault",
        "wants_person",
        "failed_proof",
        "refused",
        "resolved_self_service",
        "ticket_status_told",
        "need_recorded",
    }
)


def desk_tables() -> dict[str, Any]:
    """The tables of the desk that the tests bring along."""
    return tomllib.loads(DESK.read_text())


def book_of(tables: Mapping[str, Any]) -> FlowBook:
    """A book from the tables of a whole desk."""
    return make_book(
        tables["flows"],
        global_targets=tables["globals"],
        service_tables=tables["services"],
        placeholders=tables["placeholders"],
    )


def prompts_of(tables: Mapping[str, Any]) -> dict[str, list[str]]:
    """Placeholder names of every prompt that the desk uses, so that none is missing."""
    ids = {
        p for f in book_of(tables).flows.values() for n in f.nodes.values() for _, p in n.prompts()
    }
    ids |= {v for k, v in tables["globals"].items() if k not in ("start", "person", "fault")}
    ids |= {s["prompt"] for s in tables["services"]}
    return {i: tables["placeholders"].get(i, []) for i in ids}


def desk() -> FlowBook:
    """The book of the desk that the tests bring along."""
    return book_of(desk_tables())


def changed(
    tables: Mapping[str, Any], changes: Mapping[str, Any], removed: list[str]
) -> dict[str, Any]:
    """Tables with values put in place and others, named by dotted paths, taken out."""
    result = json.loads(json.dumps(tables))
    _merge(result, changes)
    for path in removed:
        *parents, last = path.split("/")
        table = result
        for name in parents:
            table = table[name]
        del table[last]
    return result


def _merge(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(table.get(key), dict):
            _merge(table[key], value)
        else:
            table[key] = value


def play(book: FlowBook, *told: str | Mapping[str, Any], state: CallState | None = None) -> Step:
    """A call from its first event on; the last step."""
    done = step(book, state or start(book), event_of(told[0]))
    for event in told[1:]:
        done = step(book, stored(done.state), event_of(event), speech=done.speech)
    return done


def keys(value: str) -> Mapping[str, Any]:
    """The caller presses these."""
    return {"keys": value}


def words(text: str) -> Mapping[str, Any]:
    """The caller says this."""
    return {"words": text}
