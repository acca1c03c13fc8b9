"""What the pages of flows and of administration read: flow revisions, traffic, audit lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ivr.ports.staff import AuditLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A set of flow files, since it was first published."""

    revision: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTraffic:
    """A node in the counted calls. ``calls`` came to it, ``visits`` times in all; ``troubles``:
    inputs that it could not use; ``errors``: requests that failed and faults of ours."""

    flow: str
    node: str
    calls: int = 0
    visits: int = 0
    troubles: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """``calls``: how many were counted, the newest ones; ``whole``: False when there were more.

    ``flows``: calls that came to a flow; ``ended``: ended calls whose caller hung up at a node.
    """

    calls: int = 0
    whole: bool = True
    nodes: Sequence[NodeTraffic] = ()
    flows: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAsked:
    """Which audit lines. Empty: any. ``action`` and ``object`` are beginnings; ``before``: only
    rows with a lower place."""

    since: datetime
    until: datetime
    actor: str = ""
    action: str = ""
    object: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlaced:
    """An audit line and its place in the chain."""

    position: int
    line: AuditLine


class AdminViews(Protocol):
    """Reads only."""

    def revisions(self, *, limit: int = 50) -> Sequence[Revision]:
        """Newest first."""

    def traffic(self, *, since: datetime, most: int) -> Traffic:
        """Nodes in the newest ``most`` calls that began since then."""

    def audit_lines(self, asked: AuditAsked, *, limit: int) -> Sequence[AuditPlaced]:
        """Newest first."""
