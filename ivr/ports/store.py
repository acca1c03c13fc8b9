"""The store: one transaction at a time, every row type behind a small protocol.

Rows are frozen values; times are aware UTC. Nothing here commits by itself: leave the ``with``
block of :meth:`Store.begin` normally to commit, by an exception to roll back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from ivr.ports.admin_views import AdminViews
from ivr.ports.alarms import Alarms
from ivr.ports.blocked import Blocked
from ivr.ports.call_search import CallSearch
from ivr.ports.callbacks import Callbacks
from ivr.ports.changes import Changes
from ivr.ports.desk import Desk
from ivr.ports.desk_views import DeskViews
from ivr.ports.kept_rules import KeptRules
from ivr.ports.metrics import Metrics, Switches
from ivr.ports.outside import Outside
from ivr.ports.owner import Owners
from ivr.ports.privacy import Privacy
from ivr.ports.queues import CallbackRow as CallbackRow
from ivr.ports.queues import QueueRow as QueueRow
from ivr.ports.queues import Queues as Queues
from ivr.ports.queues import RecordingRow as RecordingRow
from ivr.ports.recordings import Recordings
from ivr.ports.retention import Retention
from ivr.ports.staff import Audit, Staff
from ivr.ports.supervision import Supervisions
from ivr.ports.tickets import ApiTokens, TicketLists, TicketLog, WebhookTargets
from ivr.ports.transcripts import Transcripts
from ivr.ports.vital_signs import Vitals

TicketStatus = Literal["open", "pending", "closed"]
JobState = Literal["queued", "running", "done", "failed"]
Lane = Literal["calls", "desk", "speech"]
"""``desk``: the jobs whose kind begins with ``desk.``, which an agent and a caller wait for.
``speech``: those of ``speech.``, which take minutes and which nobody waits for."""


class StoreUnavailableError(Exception):
    """The database cannot be reached, is locked beyond patience, or is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call. ``state`` is the engine's state as plain data (sealed at rest)."""

    sid: str
    protocol: str
    turn: int
    """The next turn that the carrier will ask for."""
    state: Mapping[str, Any] = field(repr=False)
    caller: str | None = field(repr=False)
    """E.164 of the caller, None when withheld (sealed at rest)."""
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    outcome: str = ""
    revision: str = ""
    person: str = ""
    """Keyed hash of the person, empty before identification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """What one read tells of a turn: the call, the stored reply, the claim."""

    call: CallRow
    reply: bytes | None = field(default=None, repr=False)
    claimed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One line of a call's journal."""

    turn: int
    seq: int
    at: datetime
    kind: str
    flow: str = ""
    node: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """A ticket, from the first second of a call."""

    protocol: str
    call_sid: str
    opened_at: datetime
    due_business: date
    due_calendar: date
    status: TicketStatus = "open"
    outcome: str = "abandoned"
    node: str = ""
    """Where the call was last, ``flow.node``."""
    service: str = ""
    subject: str = ""
    person: str = ""
    identity: str = ""
    """How surely the person is known: anonymous, identified, verified."""
    rating: int | None = None
    closed_at: datetime | None = None
    agent: str = ""
    """Who of the desk has it in hand."""
    merged_into: str = ""
    """Protocol of the ticket that this one was joined to, empty for a ticket of its own."""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An effect that waits in the outbox. ``payload`` holds ids, never secrets."""

    key: str
    kind: str
    call_sid: str
    payload: Mapping[str, Any]
    state: JobState = "queued"
    attempts: int = 0
    run_at: datetime | None = None
    created_at: datetime | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try of a proof. It is written before the secret is compared."""

    call_sid: str
    turn: int
    factor: str
    account: str
    """Keyed hash of the identifier that was keyed, known or not."""
    caller: str
    """Keyed hash of the caller number, or empty."""
    at: datetime
    passed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """A one-time code. Neither it nor a hash of it is stored: it derives from ``salt`` and the
    service's key; erasing ``salt`` kills it."""

    id: str
    call_sid: str
    account: str
    destination: str
    """Keyed hash of the number it went to."""
    salt: bytes = field(repr=False)
    sent_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A one-time link to the page where the owner sets a password, or says it was not them."""

    id: str
    purpose: Literal["password", "not_me"]
    call_sid: str
    service: str
    directory: str
    uid: str
    salt: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    job: str = ""


class Calls(Protocol):
    def add(self, call: CallRow) -> bool:
        """False when the call is already there (its first webhook came twice)."""

    def view(self, sid: str, turn: int) -> TurnView | None:
        """Call, stored reply and claim of ``turn`` in one read."""

    def claim(self, sid: str, turn: int, *, now: datetime, stale_before: datetime) -> bool:
        """Take the turn for working on it; False when somebody else holds a fresh claim."""

    def advance(
        self,
        *,
        call: CallRow,
        turn: int,
        reply: bytes,
        now: datetime,
    ) -> bool:
        """Keep reply and new state, move to turn + 1. False when the turn was already taken."""

    def open_stream(self, sid: str, turn: int) -> bool:
        """Note that the stream of the answer to ``turn`` came. False when it came before, when the
        call waits for another turn, or when it ended."""

    def end(self, sid: str, *, at: datetime, by: str, outcome: str) -> bool:
        """Mark the call ended and erase its replies, state and caller. False if it was."""

    def live(self, *, started_before: datetime, limit: int = 100) -> Sequence[str]:
        """Sids of calls not ended that began before a time, oldest first."""


class Journal(Protocol):
    def add(self, sid: str, entries: Sequence[JournalEntry]) -> None: ...
    def of(self, sid: str) -> Sequence[JournalEntry]: ...


class Tickets(Protocol):
    def next_sequence(self, year: int) -> int:
        """Next number of the year's protocol sequence, never given twice."""

    def add(self, ticket: TicketRow) -> None: ...
    def by_protocol(self, protocol: str) -> TicketRow | None: ...
    def change(self, protocol: str, *, by: str = "system", **changes: Any) -> None:
        """Set columns of :class:`TicketRow` by name; a change of status, agent, rating or
        joining becomes a line of the ticket's history, done ``by``. A joined one stays closed."""

    def add_recording(self, recording: RecordingRow) -> None: ...
    def recordings(self, protocol: str) -> Sequence[RecordingRow]: ...
    def add_callback(self, callback: CallbackRow) -> bool:
        """False when a callback to that number already waits (one live callback a person)."""

    def callbacks(self, *, state: str = "waiting") -> Sequence[CallbackRow]: ...


class Outbox(Protocol):
    def add(self, job: Job) -> bool:
        """False when a job with that key exists."""

    def get(self, key: str) -> Job | None: ...
    def claim(self, *, now: datetime, lease_until: datetime, lane: Lane = "calls") -> Job | None:
        """Lease the next due job of a lane (SKIP LOCKED on PostgreSQL, conditional update else)."""

    def settle(
        self,
        key: str,
        *,
        state: JobState,
        outcome: Mapping[str, Any],
        run_at: datetime | None = None,
    ) -> None:
        """End the job, or (state ``queued``) put it back until ``run_at``."""

    def counts(self) -> Mapping[str, int]:
        """Jobs by state."""


class Proofs(Protocol):
    def reserve(self, attempt: Attempt) -> bool:
        """Write a try before it is evaluated. False when this turn already has one."""

    def settle(self, *, call_sid: str, turn: int, passed: bool) -> None: ...
    def passed(self, *, call_sid: str, turn: int) -> bool | None:
        """How the try of a turn ended; None when it is not settled."""

    def failures(self, *, account: str, since: datetime) -> int:
        """Tries of the account that failed or whose end is unknown."""

    def failing_calls(self, *, account: str, since: datetime) -> int:
        """Calls that hold such tries of the account."""

    def failures_everywhere(self, *, since: datetime) -> int: ...
    def failures_of_caller(self, *, caller: str, since: datetime) -> int:
        """The same by the keyed hash of the caller's number."""

    def tries_in_call(self, call_sid: str, factor: str) -> int: ...
    def lock(self, account: str) -> None:
        """Hold other transactions that lock the same account until this one ends."""

    def add_code(self, code: CodeRow) -> None: ...
    def code(self, call_sid: str) -> CodeRow | None:
        """The newest code of the call."""

    def code_by_id(self, code_id: str) -> CodeRow | None: ...
    def use_code(self, code_id: str, *, at: datetime) -> bool:
        """Mark used and erase the salt; False when it was used already."""

    def count_try(self, code_id: str) -> int:
        """Add one to the tries of a code, return the new count."""

    def sends(self, *, account: str = "", destination: str = "", since: datetime) -> int: ...
    def last_send(self, *, account: str) -> datetime | None: ...
    def pin_hash(self, account: str) -> str | None: ...
    def set_pin(self, account: str, pin_hash: str) -> None: ...


class Resets(Protocol):
    def add_link(self, link: LinkRow) -> None: ...
    def link(self, link_id: str) -> LinkRow | None: ...
    def use_link(self, link_id: str, *, at: datetime) -> bool:
        """Mark used and erase the salt; False when it was used already."""

    def completed(self, *, account: str, since: datetime) -> int:
        """Self-service resets of an account since a time."""

    def record(self, *, account: str, service: str, job: str, at: datetime) -> None: ...
    def add_secret(self, job: str, salt: bytes, *, expires_at: datetime) -> None:
        """Salt from which a spoken temporary password derives."""

    def secret(self, job: str, *, now: datetime) -> bytes | None: ...
    def erase_secret(self, job: str) -> None: ...
    def freeze(self, account: str, *, until: datetime) -> None:
        """No telephone reset of the account until then ("não fui eu")."""

    def frozen(self, account: str, *, now: datetime) -> bool: ...


class Flows(Protocol):
    def save(self, revision: str, files: str, *, at: datetime) -> None:
        """Keep the flow files (JSON) of a revision; idempotent."""

    def get(self, revision: str) -> str | None: ...


class Transaction(Protocol):
    """One transaction."""

    admin_views: AdminViews
    blocked: Blocked
    call_search: CallSearch
    callbacks: Callbacks
    calls: Calls
    journal: Journal
    kept_rules: KeptRules
    tickets: Tickets
    outbox: Outbox
    proofs: Proofs
    resets: Resets
    queues: Queues
    recordings: Recordings
    transcripts: Transcripts
    retention: Retention
    flows: Flows
    owner: Owners
    alarms: Alarms
    metrics: Metrics
    switches: Switches
    desk: Desk
    desk_views: DeskViews
    supervisions: Supervisions
    outside: Outside
    staff: Staff
    audit: Audit
    privacy: Privacy
    vitals: Vitals
    changes: Changes
    ticket_log: TicketLog
    ticket_lists: TicketLists
    webhook_targets: WebhookTargets
    api_tokens: ApiTokens

    def now(self) -> datetime:
        """The database's clock: what decides whether a code or a lease is still good."""


class Store(Protocol):
    """May raise :class:`StoreUnavailableError` anywhere."""

    def begin(self, *, write: bool = True) -> AbstractContextManager[Transaction]: ...
    def ping(self) -> None: ...
