"""What the directories over HTTPS have in common: one PATCH that holds a change and its marker.

A connector says how its service names things; when a marker makes a change needless, what is
locked meanwhile and what a failure after the change means is the same for all, and stands here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import structlog

from ivr.adapters.directory.change_markers import ChangeMarkers
from ivr.adapters.directory.cloud_check import findings_of
from ivr.adapters.directory.cloud_fields import is_uid, uid_at
from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.http_directory import AccountLocks, Answer, HttpsDirectory, Tokens
from ivr.ports.directory import Account
from ivr.ports.errors import PortError

log = structlog.get_logger("ivr.directory")

User = Mapping[str, Any]
"""One account, as the service's JSON tells it."""


class CloudDirectory(ABC):
    """``revoke_sessions``: end the account's open sessions after a reset.

    Neither service shows or takes away a lock, so :meth:`unlock` writes the marker and nothing
    else.
    """

    kept_markers: ClassVar[int]
    """How many of the newest markers the service's field holds."""
    sign_out: ClassVar[str]
    """Below the account's path: what ends its sessions."""

    def __init__(
        self, *, name: str, https: HttpsDirectory, tokens: Tokens, revoke_sessions: bool
    ) -> None:
        self.name = name
        self._https = https
        self._tokens = tokens
        self._revoke_sessions = revoke_sessions
        self._locks = AccountLocks()

    def check(self) -> Iterator[Finding]:
        """For the operator: credentials, right to read, numbers of some accounts."""
        return findings_of(self._tokens, self._sample)

    def get(self, uid: str) -> Account | None:
        user = self._user(uid)
        return None if user is None else self._account(user)

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        values = self._password(password, must_change=must_change)
        if self._change(uid=uid, marker=marker, values=values) and self._revoke_sessions:
            self._end_sessions(uid)

    def unlock(self, *, uid: str, marker: str) -> None:
        self._change(uid=uid, marker=marker, values={})

    def applied(self, *, uid: str, marker: str) -> bool:
        user = self._user(uid)
        return user is not None and marker in self._kept(user)

    def _change(self, *, uid: str, marker: str, values: Mapping[str, Any]) -> bool:
        """One PATCH that holds the values and the marker. Returns whether it was needed."""
        with self._locks.of(uid):
            user = self._user(uid)
            if user is None:
                raise PortError("no_account", permanent=True)
            kept = self._kept(user)
            if marker in kept:
                return False
            if self._lives_elsewhere(user):
                raise PortError("mastered_on_premises", permanent=True)
            marked = self._marked(kept.with_marker(marker, keep=self.kept_markers).text)
            self._accepted(self._https.change("PATCH", self._path(uid), body={**values, **marked}))
            return True

    def _user(self, uid: str) -> User | None:
        if not is_uid(uid):
            return None
        answer = self._https.ask(self._path(uid), params=self._wanted())
        if answer.status == 404:
            return None
        user = self._accepted(answer).body
        if uid_at(user) != uid:
            raise PortError("answer_unreadable")
        return user

    def _end_sessions(self, uid: str) -> None:
        """The password is changed by now: a failure here is told to the log and to nobody else."""
        try:
            self._accepted(self._https.change("POST", f"{self._path(uid)}/{self.sign_out}"))
        except PortError as error:
            log.warning("sessions_not_revoked", directory=self.name, reason=error.reason)

    def _kept(self, user: User) -> ChangeMarkers:
        return ChangeMarkers(text=self._marker_text(user))

    def _lives_elsewhere(self, user: User) -> bool:
        """Whether another directory is the master of the account's password."""
        return False

    @abstractmethod
    def _path(self, uid: str) -> str: ...

    @abstractmethod
    def _wanted(self) -> Mapping[str, str]:
        """Parameters of a read that returns every field that is looked at."""

    @abstractmethod
    def _accepted(self, answer: Answer) -> Answer:
        """The answer, if the service did what was asked. Raises PortError otherwise."""

    @abstractmethod
    def _password(self, password: str, *, must_change: bool) -> Mapping[str, Any]: ...

    @abstractmethod
    def _marked(self, text: str) -> Mapping[str, Any]:
        """The field of the markers, as a PATCH writes it."""

    @abstractmethod
    def _marker_text(self, user: User) -> str: ...

    @abstractmethod
    def _account(self, user: User) -> Account:
        """Raises PortError ``no_person_key`` for an account without a CPF."""

    @abstractmethod
    def _sample(self) -> list[tuple[str, str]]:
        """CPF and matrícula of some accounts."""
