"""What a process knows of rules changed on a page: read anew every few seconds, kept meanwhile.

Turns never wait for it: one thread looks while the others go on with what is known, and a database
that is away leaves the last rules in force.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from ivr.ports.store import Store, StoreUnavailableError

log = structlog.get_logger("ivr.rules")

LOOK_EVERY_S = 2.0
AFTER_A_FAULT_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The values in force by key, and the revision of the newest."""

    revision: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)


class RulesKept:
    """One for a process. ``made``: what was last built from :attr:`known`, for who asks next."""

    __slots__ = ("_lock", "_look_at", "known", "made")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._look_at: float | None = None
        self.known = Changed()
        self.made: tuple[object, Changed, object] | None = None

    def look(self, store: Store, *, now: float) -> Changed:
        """What is known at ``now`` (monotonic seconds), looked up when it is old."""
        due = self._look_at is None or now >= self._look_at
        if due and self._lock.acquire(blocking=self._look_at is None):
            try:
                if self._look_at is None or now >= self._look_at:
                    self._read(store, now)
            finally:
                self._lock.release()
        return self.known

    def forget(self) -> None:
        """Look anew at the next question: this process has changed a rule."""
        with self._lock:
            self._look_at = None

    def _read(self, store: Store, now: float) -> None:
        try:
            with store.begin(write=False) as tx:
                revision = tx.kept_rules.revision()
                if revision != self.known.revision:
                    rows = tx.kept_rules.all()
                    self.known = Changed(
                        revision=max((row.revision for row in rows), default=0),
                        values={row.key: row.value for row in rows if row.value is not None},
                    )
            self._look_at = now + LOOK_EVERY_S
        except StoreUnavailableError:
            self._look_at = now + AFTER_A_FAULT_S
            log.warning("rules not read", revision=self.known.revision)
