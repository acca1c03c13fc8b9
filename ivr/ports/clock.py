"""Time and chance are passed in, so that a test can hold them still."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Aware UTC time."""

    def now(self) -> datetime: ...


class Entropy(Protocol):
    """Source of unpredictable bytes (``secrets.token_bytes`` in service)."""

    def __call__(self, nbytes: int, /) -> bytes: ...
