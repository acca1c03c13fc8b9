"""The caller's account as the console shows it: asked for once in a while of a talk, not at every
refresh of a page. What an action depends on is never read here."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.ports.clock import Clock
from ivr.ports.directory import Account, Directory
from ivr.ports.errors import PortError

GOOD_FOR = timedelta(seconds=60)
AWAY_FOR = timedelta(seconds=15)
"""A directory that is away costs a page three seconds: it is left alone for a while."""
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    until: datetime
    account: Account | None
    error: PortError | None = None


@dataclass(slots=True)
class AccountsSeen:
    """Of one process, in memory only. Safe between threads; two that miss at once both ask."""

    _kept: OrderedDict[tuple[str, str], _Seen] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, name: str, directory: Directory, uid: str, *, clock: Clock) -> Account | None:
        """The account ``uid`` of the directory ``name``. Raises PortError, the last one again
        while it is fresh."""
        now, key = clock.now(), (name, uid)
        with self._lock:
            seen = self._kept.get(key)
        if seen is None or seen.until <= now:
            seen = self._ask(directory, uid, now)
            with self._lock:
                self._kept[key] = seen
                self._kept.move_to_end(key)
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        if seen.error is not None:
            raise seen.error
        return seen.account

    @staticmethod
    def _ask(directory: Directory, uid: str, now: datetime) -> _Seen:
        try:
            return _Seen(until=now + GOOD_FOR, account=directory.get(uid))
        except PortError as error:
            return _Seen(until=now + AWAY_FOR, account=None, error=error)
