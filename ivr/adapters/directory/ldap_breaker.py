"""A breaker: after failures in a row, refuse at once for a while instead of waiting each time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Breaker:
    """Opens after ``limit`` failures in a row, for ``pause_s`` seconds; then one try may pass
    each ``pause_s`` until one works. ``monotonic``: seconds that never go back."""

    def __init__(
        self, *, monotonic: Callable[[], float], limit: int = 3, pause_s: float = 5.0
    ) -> None:
        self._monotonic = monotonic
        self._limit = limit
        self._pause_s = pause_s
        self._failures = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether a try may be made now."""
        with self._lock:
            if self._failures < self._limit:
                return True
            now = self._monotonic()
            if now < self._closed_until:
                return False
            self._closed_until = now + self._pause_s
            return True

    def failed(self) -> None:
        """A try failed."""
        with self._lock:
            self._failures += 1
            self._closed_until = self._monotonic() + self._pause_s

    def worked(self) -> None:
        """A try worked."""
        with self._lock:
            self._failures = 0
