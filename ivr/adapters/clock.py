"""The host's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Aware UTC time of this host."""

    def now(self) -> datetime:
        return datetime.now(UTC)
