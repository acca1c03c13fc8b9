"""The queues of people: their names, how a talk may be told afterwards, priorities by law."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.domain.data_faults import DataFaultError
from ivr.domain.hours import Shift, Weekday
from ivr.domain.outside_numbers import OutsideData, OutsideNumbers

_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)
MOST_DISPOSITIONS = 8
"""So many can be told apart at a glance."""


class Disposition(BaseModel):
    """How a talk ended, in the agent's choice. ``callback``: a time must be agreed with it."""

    model_config = _SHAPE

    word: str = Field(pattern=r"^[a-z_]{2,40}$")
    label: str = Field(min_length=2, max_length=60)
    callback: bool = False


class QueueData(BaseModel):
    """A queue. ``most_waiting``: no transfer into it beyond that. ``notes``: must be written.

    ``week``: hours of its own, within those of the desk; None: the desk's. ``retired``:
    dispositions that are chosen no more, kept so that old talks can be told.
    """

    model_config = _SHAPE

    name: str = Field(pattern=r"^[a-z_]{1,40}$")
    label: str = Field(min_length=2, max_length=60)
    most_waiting: int = Field(default=50, ge=1, le=5000)
    notes: bool = False
    dispositions: list[Disposition] = Field(min_length=1, max_length=MOST_DISPOSITIONS)
    retired: list[Disposition] = Field(default_factory=list)
    week: dict[Weekday, Shift] | None = None


class ContactClass(BaseModel):
    """What a call was at all; only ``counts`` ones are contacts in the figures."""

    model_config = _SHAPE

    word: str = Field(pattern=r"^[a-z_]{2,40}$")
    label: str = Field(min_length=2, max_length=60)
    counts: bool = False


class PriorityData(BaseModel):
    """A right to be served first. ``weight``: the greater is sooner."""

    model_config = _SHAPE

    kind: str = Field(pattern=r"^[a-z_]{2,40}$")
    label: str = Field(min_length=2, max_length=80)
    weight: int = Field(ge=1, le=100)
    law: str = Field(min_length=3)


class QueuesData(BaseModel):
    """What ``callflows/queues.toml`` may say."""

    model_config = _SHAPE

    version: Literal[1]
    queues: list[QueueData] = Field(min_length=1)
    classes: list[ContactClass] = Field(min_length=1)
    priorities: list[PriorityData] = Field(default_factory=list)
    outside: list[OutsideData] = Field(default_factory=list)


class QueueCatalogue:
    """The queues by name. An unknown queue has the choices of the first one."""

    def __init__(self, data: QueuesData) -> None:
        self.queues = {queue.name: queue for queue in data.queues}
        self.classes = {c.word: c for c in data.classes}
        self.priorities = {p.kind: p for p in data.priorities}
        self.outside = OutsideNumbers(data.outside)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> QueueCatalogue:
        """Raises :class:`DataFaultError` with every fault, by its key."""
        try:
            parsed = QueuesData.model_validate(data)
        except ValidationError as error:
            raise DataFaultError.of("queues", error) from None
        problems = [
            f"{where}: {word!r} twice"
            for where, words in (
                ("queues", [q.name for q in parsed.queues]),
                ("classes", [c.word for c in parsed.classes]),
                ("outside", [o.name for o in parsed.outside]),
                ("priorities", [p.kind for p in parsed.priorities]),
                *(
                    (f"queues.{q.name}.dispositions", [d.word for d in q.dispositions])
                    for q in parsed.queues
                ),
            )
            for word in dict.fromkeys(words)
            if words.count(word) > 1
        ]
        if problems:
            raise DataFaultError("queues", problems)
        return cls(parsed)

    def queue(self, name: str) -> QueueData:
        """The queue of a name."""
        return self.queues.get(name) or next(iter(self.queues.values()))

    def dispositions(self, queue: str) -> Mapping[str, str]:
        """Word → label, in the order of the file."""
        return {d.word: d.label for d in self.queue(queue).dispositions}

    def disposition_label(self, queue: str, word: str) -> str:
        """How a talk ended in the words of its queue, of retired ones too; else the word."""
        known = self.queue(queue)
        return next(
            (d.label for d in (*known.dispositions, *known.retired) if d.word == word), word
        )

    def with_queue(self, queue: QueueData) -> QueueCatalogue:
        """The same queues with one of them changed, in the same order."""
        changed = copy(self)
        changed.queues = {**self.queues, queue.name: queue}
        return changed

    def contact_classes(self) -> Mapping[str, str]:
        """Word → label, in the order of the file."""
        return {word: c.label for word, c in self.classes.items()}

    def weight(self, kind: str) -> int:
        """Priority in the queue of a declared right; 0 for none, or one that is unknown."""
        found = self.priorities.get(kind)
        return 0 if found is None else found.weight
