"""Requests of data subjects, and everything that is kept of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

RequestKind = Literal["access", "correction", "deletion"]
RequestState = Literal["open", "done", "refused"]
Whose = Literal["call_sid", "protocol", "account"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """What somebody asked under LGPD art. 18. ``person``: keyed hash. ``text`` (what is wrong,
    what to erase) is sealed at rest. ``reason``: of a refusal, or what was done."""

    id: str
    person: str
    kind: RequestKind
    text: str = field(default="", repr=False)
    asked_at: datetime
    due: date
    state: RequestState = "open"
    reason: str = ""
    taken_by: str
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of one table, without hashes, salts and what only the machine needs; sealed texts are
    open here."""

    table: str
    rows: Sequence[Mapping[str, Any]] = field(repr=False)


class Privacy(Protocol):
    def add_request(self, request: DataRequest) -> None: ...
    def request(self, request_id: str) -> DataRequest | None: ...
    def requests_of(self, person: str) -> list[DataRequest]:
        """Oldest first."""

    def open_requests(self) -> list[DataRequest]:
        """The most urgent first."""

    def decide(
        self, request_id: str, *, state: RequestState, reason: str, by: str, at: datetime
    ) -> bool:
        """False when there is none that is open."""

    def tickets_of(self, person: str) -> list[tuple[str, str]]:
        """Protocol and call of every ticket about the person, and of every call that gave their
        number; oldest first."""

    def rows_of_call(self, protocol: str, call_sid: str) -> list[Section]:
        """Everything that names a call or its ticket, table by table."""

    def rows_of_person(self, person: str) -> list[Section]:
        """Everything that names the person and no call."""

    def erase_person(self, person: str, *, at: datetime) -> Mapping[str, int]:
        """Cut the person off their records, which stay without them: what names them is erased
        or emptied; rows by table. The audit log stays as it is."""
