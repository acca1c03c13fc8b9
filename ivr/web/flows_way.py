"""The way of one call through the flows, for their drawings: on the revision it began with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.flow.book import FlowBook
from ivr.service.timeline import timeline_of
from ivr.web.calls_view import READERS, is_sid
from ivr.web.door import me
from ivr.web.edge import runtime
from ivr.web.flows_drawing import Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``number``: in the whole call, from 1."""

    number: int
    flow: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """``path``: places in order, one that was come to twice stands twice."""

    sid: str
    protocol: str
    book: FlowBook
    path: Sequence[str]

    @property
    def steps(self) -> list[Step]:
        parts = [place.partition(".") for place in self.path]
        return [
            Step(number=n, flow=flow, node=node) for n, (flow, _, node) in enumerate(parts, start=1)
        ]

    @property
    def flows(self) -> list[str]:
        """Flows that it touches, in its order."""
        return list(dict.fromkeys(step.flow for step in self.steps))

    def badges(self, flow: str) -> dict[str, Badge]:
        """On each place the numbers of the steps that led there, the first three of them."""
        numbers: dict[str, list[int]] = {}
        for step in self.steps:
            if step.flow == flow:
                numbers.setdefault(f"{flow}.{step.node}", []).append(step.number)
        return {
            place: Badge(text=",".join(map(str, found[:3])) + ("…" if len(found) > 3 else ""))
            for place, found in numbers.items()
        }


def way_of(sid: str) -> Way | None:
    """None for a call that there is not, that came to no place, whose revision is not kept, or for
    who may not read calls. Raises StoreUnavailableError."""
    if not is_sid(sid) or not set(READERS) & set(me().roles):
        return None
    rt = runtime()
    found = timeline_of(rt, sid)
    if found is None or not found.path:
        return None
    try:
        book = rt.flows.book(found.call.revision, rt.store)
    except KeyError:
        return None
    return Way(sid=sid, protocol=found.call.protocol, book=book, path=found.path)
