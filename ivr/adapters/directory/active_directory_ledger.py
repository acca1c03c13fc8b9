"""Which changes an account has seen, kept in one text attribute of the account itself.

The attribute may hold a person's notes as well; they stay as they are. Ours is one bracket with a
short digest of each of the last changes, oldest first: ``[atendimento 0f3a… 77c1…]``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

KEPT = 12
"""How many of the newest changes an account remembers."""
DIGEST_LENGTH = 20
"""Hexadecimal digits: 80 bits."""
LONGEST = 1024
"""``rangeUpper`` of ``info``, ``adminDescription`` and ``extensionAttribute1``… in characters."""

_BRACKET = re.compile(r"\[atendimento((?: [0-9a-f]{20})*)\]")


class NoRoomError(Exception):
    """The rest of the attribute leaves no room for one digest."""


def digest(marker: str) -> str:
    """What is kept of a marker."""
    return hashlib.sha256(marker.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """``text``: the attribute as read, None when it is absent."""

    text: str | None = field(repr=False)
    digests: tuple[str, ...]

    @classmethod
    def read(cls, text: str | None) -> Self:
        found = _BRACKET.search(text or "")
        return cls(text=text, digests=tuple(found[1].split()) if found else ())

    def __contains__(self, marker: str) -> bool:
        return digest(marker) in self.digests

    def with_marker(self, marker: str) -> str:
        """The attribute's next value. Raises :class:`NoRoomError`."""
        digests = [*self.digests, digest(marker)][-KEPT:]
        while digests:
            text = self._written(digests)
            if len(text) <= LONGEST:
                return text
            digests.pop(0)
        raise NoRoomError

    def _written(self, digests: list[str]) -> str:
        bracket = f"[atendimento {' '.join(digests)}]"
        if not self.text:
            return bracket
        if _BRACKET.search(self.text):
            return _BRACKET.sub(bracket, self.text, count=1)
        return f"{self.text}\r\n{bracket}"
