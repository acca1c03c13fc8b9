"""The chain that makes the audit log tell of any change: each row carries the digest of the rows
before it.

The digest of a row is SHA-256 (FIPS 180-4) over its canonical JSON, which holds the digest of the
row before. Who may write to the database can also recompute the whole chain; that is told only by
a head that was kept elsewhere (``flask audit head``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

START = "0" * 64
"""What the first row has before it."""
Defect = Literal["missing", "changed", "cut", "other_head"]
_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedLine:
    """A row of the log with its place, counted from 1 without gaps, and its digest."""

    position: int
    at: datetime
    actor: str
    action: str
    object: str
    data: Mapping[str, Any] = field(default_factory=dict)
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest row of a chain: its place (0 for none) and digest. ``12:ab34…`` as text."""

    position: int = 0
    hash: str = START

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Raises ValueError on what :meth:`__str__` did not write."""
        place, _, digest = text.strip().partition(":")
        if not (place.isascii() and place.isdigit() and len(place) < 19):
            raise ValueError("a head is <position>:<64 hex digits>")
        if len(digest) != len(START) or set(digest) - set("0123456789abcdef"):
            raise ValueError("a head is <position>:<64 hex digits>")
        return cls(position=int(place), hash=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first row that is not as it was written.

    ``missing``: no row has this place. ``changed``: what the row says, or its order, is not what
    its digest tells. ``cut``: the log ends before a head that was kept. ``other_head``: the row
    was replaced together with everything after it.
    """

    position: int
    defect: Defect


def canonical(
    *, position: int, at: datetime, actor: str, action: str, object: str, data: Mapping[str, Any]
) -> bytes:
    """A row in the only spelling that is hashed: keys sorted, no blanks, UTC microseconds.

    Raises ValueError on a time without a zone and TypeError on data that JSON cannot hold.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a time zone")
    row = {
        "action": action,
        "actor": actor,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": data,
        "object": object,
        "position": position,
    }
    return _encode(row).encode()


def digest(
    previous: str,
    *,
    position: int,
    at: datetime,
    actor: str,
    action: str,
    object: str,
    data: Mapping[str, Any],
) -> str:
    """Digest of a row after ``previous``: 64 hex digits."""
    row = canonical(position=position, at=at, actor=actor, action=action, object=object, data=data)
    return hashlib.sha256(previous.encode() + b"\n" + row).hexdigest()


def digest_of(previous: str, line: ChainedLine) -> str:
    """What the line's digest has to be after ``previous``."""
    return digest(
        previous,
        position=line.position,
        at=line.at,
        actor=line.actor,
        action=line.action,
        object=line.object,
        data=line.data,
    )


def first_broken(
    lines: Iterable[ChainedLine], *, kept: Iterable[Head] = ()
) -> tuple[Head, Broken | None]:
    """Walk a log from its first row, in the order of places.

    ``kept``: heads that were shipped elsewhere. Returns the head that was reached and the first
    broken row, None when all are as they were written.
    """
    head = Head()
    known = {one.position: one.hash for one in kept if one.position}
    for line in lines:
        expected = head.position + 1
        if line.position != expected:
            return head, Broken(position=expected, defect="missing")
        if digest_of(head.hash, line) != line.hash:
            return head, Broken(position=expected, defect="changed")
        if known.pop(expected, line.hash) != line.hash:
            return head, Broken(position=expected, defect="other_head")
        head = Head(position=expected, hash=line.hash)
    if known:
        return head, Broken(position=head.position + 1, defect="cut")
    return head, None
