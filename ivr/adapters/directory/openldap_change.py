"""What a change of an OpenLDAP account consists of, however it is made to happen only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ldap.controls.libldap import AssertionControl  # type: ignore[import-untyped]
from ldap.filter import filter_format  # type: ignore[import-untyped]

from ivr.adapters.directory.ldap_connection import Entry
from ivr.adapters.directory.openldap_account import ADMINISTRATIVE_LOCK
from ivr.ports.errors import PortError

Modification = tuple[int, str, list[bytes] | None]
ROUNDS = 12
"""How often a change is tried anew when another change came between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``compute``: what to modify on the entry as it was read. ``password``: the one that it
    sets, empty when it sets none."""

    uid: str = field(repr=False)
    marker: str
    compute: Callable[[Entry], list[Modification]]
    password: str = field(default="", repr=False)


class Changes(Protocol):
    """One way of making changes once for each marker. Methods may raise PortError."""

    def make(self, change: Change) -> None: ...
    def made(self, *, uid: str, marker: str) -> bool: ...


def unchanged_since(csn: str) -> AssertionControl:
    """The control by which a Modify is refused when the entry is not as it was read
    (RFC 4528; entryCSN changes with every change of an entry)."""
    wanted = filter_format("(entryCSN=%s)", [csn])
    return AssertionControl(criticality=True, filterstr=wanted)


def modifications(change: Change, entry: Entry) -> list[Modification]:
    """Raises PortError for an account that an administrator locked."""
    if entry.first("pwdAccountLockedTime") == ADMINISTRATIVE_LOCK:
        raise PortError("administrative_lock", permanent=True)
    return change.compute(entry)
