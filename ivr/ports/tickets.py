"""What surrounds a ticket: its events, the person it is about, and other desks that are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ivr.ports.store import Job, TicketRow

WEBHOOK_EVENTS = (
    "ticket.opened",
    "ticket.changed",
    "ticket.closed",
    "call.started",
    "call.answered",
    "call.ended",
)
"""What another desk may ask to be told of."""
DELIVERY = "webhook.deliver"
"""Kind of the outbox jobs that tell other desks."""

SCOPES = ("tickets:read", "tickets:write", "transcripts:read")
"""What a token of the API may be good for. ``transcripts:read``: also what callers said in what
they left recorded, in the tickets that ``tickets:read`` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One line of a ticket's history. ``text`` (a note) is sealed at rest; ``data`` holds no
    personal data. ``actor``: ``agent:<id>``, ``api:<id>``, ``caller``, ``system``.

    Kinds: opened, status, assigned, joined, rated, note, action (see ``ivr.service.desk.actions``),
    call.started, call.answered, call.ended, webhook.ordered.
    """

    number: int = 0
    protocol: str
    at: datetime
    kind: str
    actor: str
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the directory told of the person when the call identified them (sealed at rest)."""

    name: str = field(default="", repr=False)
    cpf_masked: str = field(default="", repr=False)
    """Middle six digits only: ``***.456.789-**``."""
    matricula: str = field(default="", repr=False)
    mail: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    uid: str = field(default="", repr=False)
    mobile_changed_at: str = ""
    locked: bool = False
    disabled: bool = False
    privileged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who is behind a call. ``person``, ``matricula`` and ``caller_hash`` are keyed hashes;
    ``caller_end``: the last four digits of the number that called.

    ``directory`` is empty while the number that was keyed belongs to nobody. ``erased``: what
    was known was erased because its time was over.
    """

    call_sid: str
    protocol: str
    person: str = ""
    matricula: str = ""
    caller_hash: str = ""
    caller_end: str = ""
    group: str = ""
    directory: str = ""
    known: Known = field(default_factory=Known, repr=False)
    erased: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedProof:
    """A try of a proof in a call, as the system wrote it down. ``passed`` None: never settled."""

    factor: str
    account: str
    at: datetime
    passed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A talk of an agent with a caller, as the ticket shows it."""

    call_sid: str
    agent: str
    started_at: datetime
    ended_at: datetime | None
    disposition: str
    contact_class: str
    notes: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """Which tickets, newest first; an empty field does not filter.

    ``ended``: only of calls that are over. ``before``: key (opened_at, protocol) of the last
    ticket of the page before.
    """

    protocol: str = ""
    person: str = ""
    matricula: str = ""
    caller: str = ""
    agent: str = ""
    status: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    service: str = ""
    since: datetime | None = None
    ended: bool = False
    before: tuple[datetime, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """A desk of others that is told. ``secret`` (32 bytes) is sealed at rest."""

    id: str
    name: str
    url: str
    secret: bytes = field(repr=False)
    events: tuple[str, ...]
    active: bool = True
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A bearer token of ``/api/v1``; only its keyed hash is stored."""

    id: str
    name: str
    token_hash: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class TicketLog(Protocol):
    """Events and contacts of tickets."""

    def note(self, event: TicketEvent) -> int:
        """Write a line, order its delivery to every desk that listens; the line's number.

        ``text`` and ``actor`` never leave the house.
        """

    def events(self, protocol: str) -> list[TicketEvent]:
        """Newest first."""

    def put_contact(self, contact: Contact) -> None:
        """One a call; a later one replaces it."""

    def contact(self, call_sid: str) -> Contact | None: ...
    def erase_known(self, *, before: datetime) -> int:
        """Erase what was known of people whose call was before; how many contacts."""

    def proofs(self, call_sid: str) -> list[RecordedProof]:
        """Tries of proofs in a call, oldest first."""

    def ordered_again(self, protocol: str, job: Job, *, key: str) -> None:
        """Write that a delivery was ordered once more, as the job ``key``."""

    def deliveries(self, protocol: str) -> list[Job]:
        """Jobs of kind :data:`DELIVERY` about a ticket, newest first."""


class TicketLists(Protocol):
    """Tickets by what they have in common."""

    def hold(self, *protocols: str) -> dict[str, TicketRow]:
        """Rows as they are now, by protocol; nobody else changes them until this transaction
        ends (locked in the order of their numbers)."""

    def find(self, wanted: TicketFilter) -> list[TicketRow]:
        """Newest first; tickets that were joined to another are left out unless asked for by
        ``protocol``."""

    def joined_to(self, protocol: str) -> list[TicketRow]:
        """Tickets that were joined to this one, newest first."""

    def talks(self, call_sid: str) -> list[Talk]:
        """Talks of a call with agents, oldest first."""

    def calls_of(self, caller_hash: str, *, since: datetime) -> int:
        """Calls of one number since a time."""


class WebhookTargets(Protocol):
    """Other desks that are told."""

    def add(self, target: WebhookTarget) -> None: ...
    def get(self, target_id: str) -> WebhookTarget | None: ...
    def everyone(self) -> list[WebhookTarget]:
        """By name, the inactive too."""

    def remove(self, target_id: str) -> bool:
        """False when there is none."""


class ApiTokens(Protocol):
    """Tokens of the API."""

    def add(self, token: ApiToken) -> None: ...
    def by_hash(self, token_hash: str) -> ApiToken | None: ...
    def everyone(self) -> list[ApiToken]:
        """Oldest first, revoked ones too."""

    def used(self, token_id: str, *, at: datetime) -> None: ...
    def revoke(self, token_id: str, *, at: datetime) -> bool:
        """False when there is none that is good."""
