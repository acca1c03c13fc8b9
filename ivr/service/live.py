"""Who of the connected consoles learns of a change. No input or output here: frames are put into
bounded queues that the streams empty."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ivr.ports.changes import Change
from ivr.ports.staff import StaffRow

QUEUE = 100
"""Frames that may wait for one console. One more, and it is dropped: it comes back and reads all
anew, which costs less than keeping up with it."""
CALM: Mapping[str, float] = {"fila.resumo": 1.0, "ura.resumo": 5.0}
"""Topics told at most once in so many seconds for each entity; the last one is never lost."""
SESSION_TOPIC = "sessao.fim"
RESYNC = "ressincronizar"
"""Told to all when changes may have been missed: read everything anew."""
TICKET_READERS = frozenset({"agent", "supervisor", "auditor", "admin"})


def words_of(staff: StaffRow, *, tickets: Iterable[str] = (), session: str = "") -> frozenset[str]:
    """Audience words of a person: themselves, their queues, their roles, tickets they look at."""
    words = {f"agent:{staff.id}", *(f"role:{role}" for role in staff.roles)}
    if "agent" in staff.roles:
        words.update(f"queue:{skill}" for skill in staff.skills)
    if "supervisor" in staff.roles:
        words.add("role:supervisor")
    if TICKET_READERS & set(staff.roles):
        words.update(f"ticket:{protocol}" for protocol in tickets)
    if session:
        words.add(f"session:{session}")
    return frozenset(words)


@dataclass(eq=False, slots=True, kw_only=True)
class Console:
    """One connected browser. ``still``: who it is now, None when its session is over; asks the
    database."""

    staff: StaffRow
    words: frozenset[str]
    still: Callable[[], StaffRow | None]
    words_for: Callable[[StaffRow], frozenset[str]]
    check_at: float = 0.0
    frames: deque[bytes] = field(default_factory=deque)
    overflowed: bool = False
    leaving: bool = False
    """Nothing more is put in; the stream ends when its queue is empty."""


class Hub:
    """The consoles of one process. Threads may share it."""

    def __init__(
        self,
        *,
        encode: Callable[[str, str, int], bytes],
        now: Callable[[], float],
        queue: int = QUEUE,
        calm: Mapping[str, float] = CALM,
    ) -> None:
        self._encode = encode
        self._now = now
        self._queue = queue
        self._calm = calm
        self._lock = threading.RLock()
        self._consoles: set[Console] = set()
        self._by_word: dict[str, set[Console]] = {}
        self._ready: set[Console] = set()
        self._told: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], Change] = {}

    def __len__(self) -> int:
        return len(self._consoles)

    def of_person(self, staff: str) -> int:
        """Consoles of one person."""
        with self._lock:
            return len(self._by_word.get(f"agent:{staff}", ()))

    def join(self, console: Console) -> None:
        """From now on it learns of changes."""
        with self._lock:
            self._consoles.add(console)
            for word in console.words:
                self._by_word.setdefault(word, set()).add(console)

    def leave(self, console: Console) -> None:
        """It learns of nothing more. Leaving twice does no harm."""
        with self._lock:
            self._consoles.discard(console)
            self._ready.discard(console)
            for word in console.words:
                mates = self._by_word.get(word)
                if mates is not None:
                    mates.discard(console)
                    if not mates:
                        del self._by_word[word]

    def publish(self, change: Change) -> None:
        """Put a change into the queue of every console that has a word of its audience.

        The end of a session is not believed but looked up: its consoles are checked at once.
        """
        with self._lock:
            if change.topic == SESSION_TOPIC:
                for console in self._meant(change):
                    console.check_at = 0.0
                return
            gap = self._calm.get(change.topic)
            if gap is not None and not self._due(change, gap):
                return
            self._spread(change)

    def flush(self) -> None:
        """Tell the held-back changes whose time has come."""
        with self._lock:
            now = self._now()
            for key, change in list(self._held.items()):
                if now - self._told[key] >= self._calm[key[0]]:
                    del self._held[key]
                    self._told[key] = now
                    self._spread(change)

    def resync(self) -> None:
        """Tell all to read everything anew; what was held back is covered by that."""
        with self._lock:
            self._held.clear()
            frame = self._encode(RESYNC, "", 0)
            for console in self._consoles:
                self._put(console, frame)

    def send(self, console: Console, frame: bytes) -> None:
        """Put something into the queue of one console."""
        with self._lock:
            self._put(console, frame)

    def end(self, console: Console) -> None:
        """The session is over: say so, then let the stream end."""
        with self._lock:
            self._put(console, self._encode(SESSION_TOPIC, console.staff.id, 0))
            console.leaving = True

    def renew(self, console: Console, staff: StaffRow) -> None:
        """The person serves other queues now: other words, and everything anew."""
        words = console.words_for(staff)
        with self._lock:
            if console in self._consoles and words != console.words:
                self.leave(console)
                console.words = words
                self.join(console)
                self._put(console, self._encode(RESYNC, "", 0))
            console.staff = staff

    def beat(self, frame: bytes) -> None:
        """Put a sign of life into each queue that is empty."""
        with self._lock:
            for console in self._consoles:
                if not console.frames:
                    self._put(console, frame)

    def all(self) -> list[Console]:
        """Every console that is connected now."""
        with self._lock:
            return list(self._consoles)

    def ready(self) -> list[Console]:
        """Consoles that got something since the last look."""
        with self._lock:
            found, self._ready = list(self._ready), set()
            return found

    def _meant(self, change: Change) -> set[Console]:
        found: set[Console] = set()
        for word in change.audience:
            found |= self._by_word.get(word, set())
        return found

    def _due(self, change: Change, gap: float) -> bool:
        key = (change.topic, change.entity)
        now = self._now()
        last = self._told.get(key)
        if last is None or now - last >= gap:
            self._told[key] = now
            self._held.pop(key, None)
            return True
        held = self._held.get(key)
        if held is not None:
            audience = tuple(dict.fromkeys((*held.audience, *change.audience)))
            version = max(held.version, change.version)
            change = replace(change, audience=audience, version=version)
        self._held[key] = change
        return False

    def _spread(self, change: Change) -> None:
        meant = self._meant(change)
        if meant:
            frame = self._encode(change.topic, change.entity, change.version)
            for console in meant:
                self._put(console, frame)

    def _put(self, console: Console, frame: bytes) -> None:
        if console.leaving or console.overflowed:
            return
        if len(console.frames) >= self._queue:
            console.overflowed = True
        else:
            console.frames.append(frame)
        self._ready.add(console)


def session_stands(hub: Hub, console: Console) -> bool:
    """Look up a console's session, end or renew its stream by what is found.

    It ends when the session is over, the account was shut, or its roles are others than at
    log-in. Raises StoreUnavailableError.
    """
    staff = console.still()
    if staff is None or not staff.active or set(staff.roles) != set(console.staff.roles):
        hub.end(console)
        return False
    hub.renew(console, staff)
    return True
