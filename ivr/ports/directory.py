"""The directory behind a service: who has an account, and the two changes a call may make."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from ivr.ports.errors import PortError

IdKind = Literal["cpf", "matricula"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as the directory knows it.

    ``uid``: the directory's own key. ``person_key``: the person's CPF, digits only, which ties
    accounts of several directories together; keep it out of rows (store a keyed hash).
    """

    uid: str
    person_key: str = field(repr=False)
    name: str = field(repr=False)
    mail: str = field(repr=False)
    mobile: str | None = field(default=None, repr=False)
    """E.164, or None when no mobile is registered."""
    group: str = "servidores"
    locked: bool = False
    disabled: bool = False
    privileged: bool = False
    mobile_changed_at: datetime | None = None
    matricula: str = field(default="", repr=False)
    """Digits only; empty when the directory does not tell."""


class PolicyRefusalError(PortError):
    """The directory's password policy refused this password; another password may do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


class Directory(Protocol):
    """One directory. Every method may raise :class:`ivr.ports.errors.PortError`."""

    name: str

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        """Look up by CPF or matrícula, digits only. More than one match is a PortError."""

    def get(self, uid: str) -> Account | None:
        """Read one account by the directory's own key."""

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        """Set the password and unlock, once for each ``marker``, in one atomic change.

        A second call with the same marker changes nothing and succeeds. Raises
        :class:`PolicyRefusalError`, or PortError (``unknown_outcome`` after a lost answer).
        """

    def unlock(self, *, uid: str, marker: str) -> None:
        """Unlock without touching the password, once for each ``marker``."""

    def applied(self, *, uid: str, marker: str) -> bool:
        """Whether the change with ``marker`` is in the directory (read back, same server)."""


@runtime_checkable
class Authenticator(Protocol):
    """A directory that can try a password, for the owner's page. May raise PortError."""

    def authenticate(self, uid: str, password: str) -> bool:
        """Whether the password opens the account now (not locked, not disabled).

        An unknown ``uid`` takes the work of a wrong password.
        """


@runtime_checkable
class TellsMustChange(Protocol):
    """A directory that knows who has to choose another password first. May raise PortError."""

    def must_change(self, uid: str) -> bool: ...
