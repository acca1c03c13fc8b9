"""Argon2id for telephone PINs (RFC 9106)."""

from __future__ import annotations

from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

COSTS = {
    "normal": {"time_cost": 2, "memory_cost": 19_456, "parallelism": 1},
    "low": {"time_cost": 1, "memory_cost": 8, "parallelism": 1},
}
"""``normal``: the least that OWASP's password storage sheet allows for Argon2id."""


class PinHasher:
    """Hashes and verifies. A missing hash costs what a wrong PIN costs."""

    def __init__(self, cost: Literal["normal", "low"] = "normal") -> None:
        self._hasher = PasswordHasher(**COSTS[cost])
        self._decoy = self._hasher.hash("decoy")

    def hash(self, secret: str, /) -> str:
        """Slow salted hash of a PIN."""
        return self._hasher.hash(secret)

    def __call__(self, pin_hash: str | None, secret: str, /) -> bool:
        try:
            self._hasher.verify(pin_hash or self._decoy, secret)
        except (VerificationError, InvalidHashError):
            return False
        return pin_hash is not None
