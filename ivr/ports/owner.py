"""Rows behind the owner's page ``/meu-acesso``: log-ins, sessions, events, printed codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginTry:
    """A try of a password. It is written before the directory is asked.

    ``account``: keyed hash of the person, or of what was typed. ``address``: keyed hash of the
    network address.
    """

    id: str
    account: str
    address: str
    at: datetime
    passed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSession:
    """A log-in that lasts. ``id``: keyed hash of the token that only the browser holds."""

    id: str
    account: str
    directory: str
    uid: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerEvent:
    """One line of what happened on the page. ``data`` holds no personal data."""

    account: str
    at: datetime
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCode:
    """A one-time telephone code on the owner's paper, by its place on it (1, 2, 3 …)."""

    number: int
    code_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerCall:
    """A call in which the person's number was given, by whoever called."""

    call_sid: str
    protocol: str
    at: datetime


class Owners(Protocol):
    """What the owner's page keeps."""

    def reserve_login(self, login: LoginTry) -> None: ...
    def settle_login(self, login_id: str, *, passed: bool) -> None: ...
    def release_login(self, login_id: str) -> None:
        """Forget a try that the directory did not answer."""

    def login_failures(self, *, account: str, since: datetime) -> int:
        """Tries that failed or whose end is unknown."""

    def login_failures_of_address(self, *, address: str, since: datetime) -> int: ...
    def open_session(self, session: OwnerSession) -> None: ...
    def session(self, session_id: str) -> OwnerSession | None:
        """A session that was not ended, however old."""

    def touch_session(self, session_id: str, *, at: datetime) -> None: ...
    def end_session(self, session_id: str, *, at: datetime) -> bool:
        """False when it was ended or is unknown."""

    def note(self, event: OwnerEvent) -> None: ...
    def events(self, account: str, *, limit: int) -> Sequence[OwnerEvent]:
        """Newest first."""

    def last_event(self, account: str, kind: str) -> OwnerEvent | None: ...
    def drop_pin(self, account: str) -> bool:
        """Remove the telephone PIN; False when there was none."""

    def put_codes(self, account: str, codes: Sequence[PrintedCode], *, at: datetime) -> None:
        """Put new printed codes in the place of all older ones."""

    def codes_left(self, account: str) -> int: ...
    def next_code(self, account: str) -> PrintedCode | None:
        """The first unused code: the one to ask a caller for, by its number."""

    def use_code(self, account: str, number: int, *, at: datetime) -> bool:
        """Mark a printed code used; False when it was used already."""

    def frozen_until(self, account: str) -> datetime | None: ...
    def lift_freeze(self, account: str) -> bool:
        """Remove the freeze of telephone resets; False when there was none."""

    def calls_of(self, account: str, *, limit: int) -> Sequence[OwnerCall]:
        """Newest first."""
