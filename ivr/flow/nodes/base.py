"""The registry of node types and what every node has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from ivr.flow.events import Event
from ivr.flow.moves import GoTo, Move
from ivr.flow.state import LEVELS, Level

if TYPE_CHECKING:
    from ivr.flow.context import Context

NODE_TYPES: dict[str, type[Node]] = {}

N = TypeVar("N", bound="type[Node]")


def node_type(cls: N) -> N:
    """Register a node class by its ``type`` word."""
    NODE_TYPES[cls.type] = cls
    return cls


class Node(BaseModel, ABC):
    """A node of a flow: wiring from the file, behaviour in the class.

    ``requires``: assurance without which the node may not be entered. ``outcome``: how the call
    is told once it got here. ``listens``: the node waits for the caller, so global keys count.
    ``landmark``: "back" may return here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ClassVar[str]
    listens: ClassVar[bool] = False
    landmark: ClassVar[bool] = False
    gives: ClassVar[tuple[str, ...]] = ()
    """Names of the values that the node sets."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Names of the values without which the node cannot do its work."""
    proves: ClassVar[Mapping[str, Level]] = {}
    """Way out → assurance that the caller has once the node is left by it."""
    silent: ClassVar[tuple[str, ...] | None] = None
    """Ways out that the caller need not have been heard for; None: all of them."""

    requires: Level = "anonymous"
    outcome: str = ""
    note: str = ""

    @field_validator("requires")
    @classmethod
    def _never_lowered(cls, level: Level) -> Level:
        least: Level = cls.model_fields["requires"].default
        if LEVELS.index(level) < LEVELS.index(least):
            raise ValueError(f"{level!r} is less than {cls.type} needs: {least}")
        return level

    @abstractmethod
    def enter(self, ctx: Context) -> Move:
        """The call arrives here."""

    def resume(self, ctx: Context, event: Event) -> Move:
        """Something happened while the call waited here."""
        return GoTo(target=ctx.book.globals.fault)

    def ask_again(self, ctx: Context) -> Move:
        """Say again what was asked, after a global key."""
        return self.enter(ctx)

    def exhausted(self, ctx: Context) -> Move:
        """Too many tries or repeats: the way on."""
        return GoTo(target=ctx.book.globals.person)

    def own_keys(self, ctx: Context) -> frozenset[str]:
        """Keys that mean something of the node's own now."""
        return frozenset()

    def exits(self) -> Iterator[tuple[str, str]]:
        """(key of the file, target) of every way out."""
        yield from ()

    def subflows(self) -> Iterator[tuple[str, str]]:
        """(key of the file, flow) of every flow that runs from here."""
        yield from ()

    def keeps(self) -> Iterator[str]:
        """Names of the values of the call that the node may set."""
        yield from self.gives

    def prompts(self) -> Iterator[tuple[str, str]]:
        """(key of the file, prompt id) of everything that may be said."""
        for name in type(self).model_fields:
            if name.startswith(("say", "prompt")):
                for prompt in as_list(getattr(self, name)):
                    yield name, prompt


def as_list(value: Any) -> tuple[str, ...]:
    """One id, several, or none."""
    if not value:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(value)
