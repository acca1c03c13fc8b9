"""Where a call stands between two webhooks. Plain data: it survives as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["anonymous", "identified", "verified"]
LEVELS: tuple[Level, ...] = ("anonymous", "identified", "verified")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node of a flow."""

    flow: str
    node: str

    def to_dict(self) -> dict[str, str]:
        """Plain data for storage."""
        return {"flow": self.flow, "node": self.node}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """State of one call in the engine.

    ``stack``: where finished subflows return to, innermost last. ``trail``: menus passed, for
    the "back" key. ``counts``: tries by ``flow.node:kind``. ``values``: what was gathered or
    answered, by name. ``waiting``: the request in progress, by class name. ``phase``: what the
    node at hand waits for, in its own words. ``outcome``: how the call would be told if it ended
    now. ``own_ears``: what is spoken comes to our own engine.
    """

    revision: str
    at: Place
    status: Literal["running", "ended"] = "running"
    stack: tuple[Place, ...] = ()
    trail: tuple[Place, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    level: Level = "anonymous"
    passed: tuple[str, ...] = ()
    steps: int = 0
    slow: bool = False
    keys_only: bool = False
    own_ears: bool = False
    waiting: str = ""
    phase: str = ""
    outcome: str = "abandoned"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for storage."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain["at"] = self.at.to_dict()
        for name in ("stack", "trail"):
            plain[name] = [place.to_dict() for place in plain[name]]
        for name in ("counts", "values"):
            plain[name] = dict(plain[name])
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CallState:
        """Read what :meth:`to_dict` wrote, by this release or an earlier one."""
        known = {k: v for k, v in data.items() if k in cls.__slots__}
        known["at"] = Place(**data["at"])
        known["stack"] = tuple(Place(**p) for p in data.get("stack", ()))
        known["trail"] = tuple(Place(**p) for p in data.get("trail", ()))
        known["passed"] = tuple(data.get("passed", ()))
        return cls(**known)
