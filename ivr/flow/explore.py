"""Proof by exhaustive exploration that no caller gets stuck, with a counter-example where one may.

Every kind of stand of a call is visited, with every class of event and of answer after it. Two
stands are of a kind when they differ in nothing but counters, values that no node looks at and
the far end of the trail; where an event leaves the kind as it is, it is repeated until a counter
ends that, so that every way out by counter is walked too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ivr.flow.book import FlowBook
from ivr.flow.events import Event
from ivr.flow.explore_answers import Input, answers
from ivr.flow.explore_calls import endless, far_from_person
from ivr.flow.explore_inputs import happenings, well_formed
from ivr.flow.explore_rules import StandRule, stand_rules
from ivr.flow.explore_stand import Stand, begin, decisive_values, follow, kind
from ivr.flow.nodes import Node

MOST_REPEATS = 12
"""Times the same event is repeated before its kind of stand counts as lasting."""
DEFAULT_FACTORS: tuple[tuple[str, ...], ...] = (
    ("pin", "sms_code|printed_code"),
    ("sms_code", "pin"),
    ("printed_code", "pin"),
    (),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """A call that breaks a rule: ``inputs`` from its start until the rule is broken."""

    rule: str
    place: str
    text: str
    inputs: tuple[str, ...]

    def __str__(self) -> str:
        runs = [(what, len(list(same))) for what, same in groupby(self.inputs)]
        lines = [f"  {what}" + (f" ({n} times)" if n > 1 else "") for what, n in runs]
        return "\n".join((f"{self.rule}: {self.place}: {self.text}", *lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``stands``: kinds of stand visited; ``steps``: steps of the engine taken; ``missed``: nodes
    that no call entered, as ``flow.node``.

    ``complete``: nothing was left unvisited for want of room. One counter-example, a shortest
    one found, for each rule and place.
    """

    stands: int
    steps: int
    missed: tuple[str, ...]
    complete: bool
    found: tuple[Counterexample, ...]

    @property
    def ok(self) -> bool:
        """Whether every rule holds in every call, and every node was looked at."""
        return self.complete and not self.found and not self.missed

    def __str__(self) -> str:
        lines = [f"{self.stands} stands, {self.steps} steps", *map(str, self.found)]
        if self.missed:
            lines.append(f"never entered: {', '.join(self.missed)}")
        if not self.complete:
            lines.append("not complete: too many stands")
        return "\n".join(lines)


def explore(
    book: FlowBook,
    *,
    samples: tuple[str, ...] = (),
    factor_sets: tuple[tuple[str, ...], ...] = DEFAULT_FACTORS,
    outcomes: frozenset[str] = frozenset(),
    most_stands: int = 20_000,
    most_turns: int = 60,
) -> Report:
    """Explore a book that the checker passed.

    ``samples``: numbers to type beside those that the book's readers are found to take.
    ``factor_sets``: proofs that a person may have to give. ``outcomes``: words allowed as the
    outcome of a call; empty: any word. ``most_turns``: turns after which a call whose caller and
    services never change must have ended.
    """
    return _Exploration(
        book=book,
        samples=(*well_formed(book), *samples),
        factor_sets=factor_sets,
        most_stands=most_stands,
        most_turns=most_turns,
        rules=stand_rules(outcomes),
    ).run()


@dataclass(slots=True, kw_only=True)
class _Exploration:
    book: FlowBook
    samples: tuple[str, ...]
    factor_sets: tuple[tuple[str, ...], ...]
    most_stands: int
    most_turns: int
    rules: Mapping[str, StandRule]
    steps: int = 0
    places: set[str] = field(default_factory=set)
    found: dict[tuple[str, str], Counterexample] = field(default_factory=dict)

    def run(self) -> Report:
        values = decisive_values(self.book)
        seen: dict[tuple[object, ...], Stand] = {}
        queue: deque[Stand] = deque()

        def meet(stand: Stand) -> None:
            mark = kind(stand, values)
            if mark not in seen and len(seen) < self.most_stands:
                seen[mark] = stand
                queue.append(stand)

        for stand in begin(self.book):
            self._look(stand)
            meet(stand)
        while queue:
            stand = queue.popleft()
            mark = kind(stand, values)
            for what, event in self._next(stand):
                after = self._follow(stand, what, event)
                for _ in range(MOST_REPEATS):
                    if kind(after, values) != mark:
                        break
                    after = self._follow(after, what, event)
                meet(after)
        self._whole_calls(list(seen.values()))
        every = {f"{f.id}.{name}" for f in self.book.flows.values() for name in f.nodes}
        return Report(
            stands=len(seen),
            steps=self.steps,
            missed=tuple(sorted(every - self.places)),
            complete=len(seen) < self.most_stands,
            found=tuple(self.found.values()),
        )

    def _whole_calls(self, stands: list[Stand]) -> None:
        """What must hold of the rest of a call, from every stand where a turn ended."""
        walked: set[tuple[object, ...]] = set()
        for stand in (s for s in stands if s.ending is not None):
            away, steps = far_from_person(self.book, stand, self.factor_sets)
            self.steps += steps
            if away is not None:
                self._tell("a person within two keys", away, "no person here", stand)
            state = stand.step.state
            mark = (state.at, state.phase, state.stack, state.level, state.waiting)
            if mark in walked:
                continue
            walked.add(mark)
            for text, lost, steps in endless(
                self.book, stand, self.factor_sets, most_turns=self.most_turns
            ):
                self.steps += steps
                if lost is not None:
                    self._tell("every call ends", lost, text, stand)

    def _node(self, stand: Stand) -> Node | None:
        at = stand.step.state.at
        return self.book.node(at.flow, at.node)

    def _next(self, stand: Stand) -> list[Input]:
        """What may happen at a stand."""
        if stand.step.request is not None:
            return answers(stand.step.request, self.factor_sets)
        node, ending = self._node(stand), stand.ending
        if node is None or ending is None or stand.step.state.status == "ended":
            return []
        return happenings(self.book, node, ending, self.samples)

    def _follow(self, stand: Stand, what: str, event: Event) -> Stand:
        after = follow(self.book, stand, what, event)
        self.steps += 1
        self._look(after)
        return after

    def _look(self, stand: Stand) -> None:
        facts = stand.step.facts
        self.places |= {f"{f.flow}.{f.node}" for f in facts if f.kind == "node.entered"}
        for name, rule in self.rules.items():
            text = rule(stand)
            if text:
                self._tell(name, stand, text)

    def _tell(self, rule: str, stand: Stand, text: str, start: Stand | None = None) -> None:
        """Keep the counter-example, if it is the shortest of its rule from its place; of calls
        told from a ``start`` on, the first."""
        mark = (rule, (start or stand).place)
        if start is not None and mark in self.found:
            return
        story = stand.story()
        if mark not in self.found or len(story) < len(self.found[mark].inputs):
            self.found[mark] = Counterexample(rule=rule, place=mark[1], text=text, inputs=story)
