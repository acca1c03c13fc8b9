"""Encryption of what must wait in the database but be readable by nobody who has only that."""

from __future__ import annotations

from typing import Protocol


class Seal(Protocol):
    """Authenticated encryption with a key that is not in the database."""

    def close(self, plain: bytes) -> bytes: ...

    def open(self, sealed: bytes) -> bytes:
        """Raises ValueError on anything that :meth:`close` did not make."""


class KeyedHash(Protocol):
    """Keyed hash of an identifier (CPF, telephone number) for look-ups: hex text."""

    def __call__(self, purpose: str, value: str, /) -> str: ...
