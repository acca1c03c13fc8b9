"""The flows as people read them: list, nodes, today's traffic, two revisions compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from ivr.domain.local_time import local_date
from ivr.domain.outcome import CallOutcome
from ivr.flow.book import FlowBook
from ivr.flow.check import check
from ivr.flow.nodes import Node
from ivr.ports.admin_views import NodeTraffic, Revision, Traffic
from ivr.service.reports import start_of
from ivr.service.runtime import Runtime

MOST_CALLS = 2_000
"""Calls of today that traffic is counted over, the newest ones: the query stays small."""
Change = Literal["added", "removed", "changed"]
ENGINE_KEYS = ("type", "requires", "outcome", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsSeen:
    """The current book with its traffic. ``defects``: what the checker finds, by file name."""

    book: FlowBook
    revisions: Sequence[Revision]
    traffic: Traffic
    defects: Mapping[str, Sequence[str]]
    at: datetime

    @property
    def since(self) -> datetime | None:
        """When the current revision was first published."""
        return next((r.at for r in self.revisions if r.revision == self.book.revision), None)

    def nodes_of(self, flow: str) -> dict[str, NodeTraffic]:
        """Traffic of a flow by node name."""
        return {row.node: row for row in self.traffic.nodes if row.flow == flow}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """A key of a file that is not the same. Empty: it is not there on that side."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """A node of which something changed; ``node`` empty: the head of the flow's file."""

    flow: str
    node: str
    change: Change
    keys: Sequence[KeyChange] = ()


def flows_seen(rt: Runtime, *, complaint_flow: str) -> FlowsSeen:
    """Raises StoreUnavailableError."""
    book = rt.flows.current
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        revisions = tx.admin_views.revisions()
        traffic = tx.admin_views.traffic(since=start_of(local_date(now)), most=MOST_CALLS)
    return FlowsSeen(
        book=book,
        revisions=revisions,
        traffic=traffic,
        defects=_defects(_Checked(book, rt, complaint_flow)),
        at=now,
    )


def settings_of(node: Node) -> list[tuple[str, str]]:
    """Keys of a node as its file has them, without what other parts of a page tell: how often it
    asks, how long it waits, which keys and words it takes."""
    told = {key for key, _ in node.exits()} | {key for key, _ in node.prompts()}
    found = []
    for key, value in node.model_dump(exclude_defaults=True, exclude_none=True).items():
        if key in ENGINE_KEYS or key in told or value in ("", (), {}):
            continue
        found += [(name, text) for name, text in _flat(key, value) if name not in told]
    return found


def difference(rt: Runtime, before: str, after: str) -> list[NodeChange] | None:
    """What ``after`` has otherwise than ``before``; None when one of them is not kept. Raises
    StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        texts = tx.flows.get(before), tx.flows.get(after)
    if texts[0] is None or texts[1] is None:
        return None
    old, new = (_flows_of(json.loads(text)) for text in texts if text is not None)
    found: list[NodeChange] = []
    for flow in sorted(old.keys() | new.keys()):
        ours, theirs = old.get(flow, {}), new.get(flow, {})
        for node in sorted(ours.keys() | theirs.keys()):
            one = _compared(flow, node, ours.get(node), theirs.get(node))
            if one is not None:
                found.append(one)
    return found


def _compared(
    flow: str, node: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> NodeChange | None:
    if before == after:
        return None
    old, new = dict(_flat("", before or {})), dict(_flat("", after or {}))
    keys = [
        KeyChange(key=key, before=old.get(key, ""), after=new.get(key, ""))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    change: Change = "added" if before is None else "removed" if after is None else "changed"
    return NodeChange(flow=flow, node=node, change=change, keys=keys)


def _flows_of(files: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Flow → node → its table; the head of the file under the empty name."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, data in files.items():
        head = {key: value for key, value in data.items() if key != "nodes"}
        flow = str(data.get("id", name))
        found[flow] = {"": head, **dict(data.get("nodes", {}))}
    return found


def _flat(name: str, value: Any) -> list[tuple[str, str]]:
    """Keys with dots as the files write them, values as text."""
    if isinstance(value, Mapping):
        parts: list[tuple[str, str]] = []
        for key, inner in value.items():
            parts += _flat(f"{name}.{key}" if name else str(key), inner)
        return parts
    if isinstance(value, list | tuple):
        return [(name, ", ".join(map(str, value)))]
    if isinstance(value, bool):
        return [(name, "true" if value else "false")]
    return [(name, str(value))]


@dataclass(frozen=True, slots=True, eq=False)
class _Checked:
    """What a check goes by; two of one revision and catalogue are the same."""

    book: FlowBook
    rt: Runtime
    complaint_flow: str

    def __hash__(self) -> int:
        return hash((self.book.revision, self.complaint_flow, id(self.rt.prompts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Checked) and hash(self) == hash(other)


@lru_cache(maxsize=8)
def _defects(asked: _Checked) -> Mapping[str, Sequence[str]]:
    names = {p.prompt_id: tuple(p.placeholders) for p in asked.rt.prompts.prompts.values()}
    found: dict[str, list[str]] = {}
    for defect in check(
        asked.book,
        prompts=names,
        outcomes=frozenset(outcome.value for outcome in CallOutcome),
        complaint_flow=asked.complaint_flow,
    ):
        found.setdefault(defect.file, []).append(str(defect))
    return found
