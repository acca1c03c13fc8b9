"""People who work at the desk: accounts, log-ins, sessions, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from ivr.domain.audit_chain import ChainedLine, Head

Role = Literal["agent", "supervisor", "manager", "auditor", "admin"]
ROLES: tuple[Role, ...] = ("agent", "supervisor", "manager", "auditor", "admin")
Audio = Literal["navegador", "ramal", "sip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """An account. ``subject``: issuer and subject of its OIDC identity, empty for none.

    ``skills``: names of the queues it serves. ``line``: E.164 number or SIP URI of its telephone
    (sealed at rest). ``totp``: secret of the second factor (sealed at rest). ``totp_used``: last
    time step that was accepted (RFC 6238 §5.2).
    """

    id: str
    login: str
    name: str
    password_hash: str = field(default="", repr=False)
    totp: str = field(default="", repr=False)
    totp_used: int = 0
    subject: str = ""
    roles: tuple[Role, ...] = ("agent",)
    skills: tuple[str, ...] = ("atendimento",)
    audio: Audio = "ramal"
    line: str = field(default="", repr=False)
    ring_seconds: int = 20
    active: bool = True
    version: int = 1
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A log-in that lasts. ``id``: keyed hash of the token that only the browser holds."""

    id: str
    staff: str
    way: Literal["local", "oidc"]
    second_factor: bool
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who did what to which object. ``data`` holds no personal data."""

    at: datetime
    actor: str
    action: str
    object: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffTry:
    """A try of a password, of a second factor or of an OIDC log-in, written before its end.

    ``account`` and ``address``: keyed hashes of whom and from where.
    """

    id: str
    account: str
    address: str
    at: datetime
    passed: bool | None = None


class Staff(Protocol):
    """Accounts, sessions, tries of log-in."""

    def get(self, staff_id: str) -> StaffRow | None: ...
    def by_login(self, login: str) -> StaffRow | None: ...
    def by_subject(self, subject: str) -> StaffRow | None: ...
    def everyone(self) -> list[StaffRow]:
        """Active or not, by name."""

    def add(self, row: StaffRow) -> bool:
        """False when the id or the login is taken."""

    def save(self, row: StaffRow) -> bool:
        """Write everything but ``totp_used`` if the stored version is still ``row.version``,
        which grows by one; False when it is another."""

    def use_totp(self, staff_id: str, step: int) -> bool:
        """Take a time step; False when it or a later one was taken (RFC 6238 §5.2)."""

    def in_talk(self, staff_id: str) -> bool:
        """Whether the agent's telephone rings or a talk goes on."""

    def open_session(self, session: StaffSession) -> None: ...
    def session(self, session_id: str) -> StaffSession | None:
        """A session that was not ended, however old."""

    def sessions_of(self, staff_id: str) -> list[StaffSession]:
        """Those that were not ended."""

    def touch_session(self, session_id: str, *, at: datetime) -> None: ...
    def end_session(self, session_id: str, *, at: datetime) -> bool:
        """False when it was ended or is unknown."""

    def reserve_try(self, one: StaffTry) -> None: ...
    def settle_try(self, try_id: str, *, passed: bool) -> bool:
        """Write how a try ended, once; False when it has ended before or is unknown."""

    def try_of(self, try_id: str) -> StaffTry | None: ...
    def failures(self, *, account: str, since: datetime) -> int:
        """Tries that failed or whose end is unknown."""

    def failures_of_address(self, *, address: str, since: datetime) -> int: ...


class Audit(Protocol):
    """The audit log: rows that only grow, each chained to the one before by its digest."""

    def add(self, line: AuditLine) -> None:
        """Write a line; it gets its place when the transaction commits."""

    def of(self, object: str, *, limit: int = 100) -> list[AuditLine]:
        """Newest first."""

    def head(self) -> Head:
        """Place and digest of the newest committed row."""

    def chain(self, *, after: int = 0, limit: int = 1000) -> list[ChainedLine]:
        """Rows with a place above ``after``, in the order of their places."""
