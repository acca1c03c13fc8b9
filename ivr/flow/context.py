"""What a node sees and changes during one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ivr.flow.book import FlowBook
from ivr.flow.facts import Fact
from ivr.flow.state import LEVELS, CallState, Level
from ivr.flow.verbs import Say, Utterance, Verb


@dataclass(slots=True)
class Context:
    """Grows the next state, the speech and the facts of a step. Lives for one step only."""

    book: FlowBook
    state: CallState
    speech: list[Utterance] = field(default_factory=list)
    verbs: list[Verb] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def change(self, **changes: Any) -> None:
        """Replace fields of the state."""
        self.state = replace(self.state, **changes)

    def fact(self, kind: str, **data: str | int | bool) -> None:
        """Write a line for the journal, at the current node."""
        at = self.state.at
        self.facts.append(Fact(kind=kind, flow=at.flow, node=at.node, data=data))

    def utter(self, prompt: str, **values: str) -> Utterance:
        """A prompt with its placeholders filled from ``values``, then from the call's values."""
        names = self.book.placeholders.get(prompt, ())
        known = self.state.values
        return Utterance(
            prompt=prompt,
            values={n: values[n] if n in values else known.get(n, "") for n in names},
        )

    def say(self, *prompts: str, **values: str) -> None:
        """Add prompts to the speech before the next verb."""
        self.speech.extend(self.utter(p, **values) for p in prompts if p)

    def flush(self) -> None:
        """Turn the speech so far into a verb that no key interrupts."""
        if self.speech:
            self.verbs.append(Say(speech=tuple(self.speech)))
            self.speech = []

    def value(self, name: str) -> str:
        """A value of the call, empty when unknown."""
        return self.state.values.get(name, "")

    def keep(self, **values: str) -> None:
        """Set values of the call."""
        self.change(values={**self.state.values, **values})

    def forget(self, *names: str) -> None:
        """Drop values of the call."""
        self.change(values={k: v for k, v in self.state.values.items() if k not in names})

    def count(self, kind: str) -> int:
        """Add one to a counter of the current node and return it."""
        at = self.state.at
        key = f"{at.flow}.{at.node}:{kind}"
        counts: Mapping[str, int] = self.state.counts
        self.change(counts={**counts, key: counts.get(key, 0) + 1})
        return self.state.counts[key]

    def counted(self, kind: str) -> int:
        """A counter of the current node."""
        at = self.state.at
        return self.state.counts.get(f"{at.flow}.{at.node}:{kind}", 0)

    def clear_counts(self, *, keep: str = "") -> None:
        """Forget the counters of the current node, save the one named ``keep``."""
        prefix = f"{self.state.at.flow}.{self.state.at.node}:"
        counts = self.state.counts.items()
        kept = {k: n for k, n in counts if not k.startswith(prefix) or k == prefix + keep}
        self.change(counts=kept)

    def raise_level(self, level: Level) -> None:
        """Set the level of assurance, never lower than it is."""
        if LEVELS.index(level) > LEVELS.index(self.state.level):
            self.change(level=level)

    def timeout(self, seconds: int) -> int:
        """Seconds to wait for input: doubled in slow mode."""
        return seconds * 2 if self.state.slow else seconds
