"""Google Workspace: the users of a customer, over the Directory API of the Admin SDK.

Pages: developers.google.com/workspace/admin/directory — reference/rest/v1/users (list, get,
patch, signOut), v1/guides/search-users, v1/guides/manage-schemas, v1/limits.
Rights and set-up: ``docs/directories-clouds.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import quote

import structlog

from ivr.adapters.directory.change_markers import ChangeMarkers
from ivr.adapters.directory.cloud_check import SAMPLE, findings_of
from ivr.adapters.directory.cloud_fields import (
    entries_at,
    is_number,
    is_uid,
    moment,
    text_at,
    uid_at,
)
from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.google_workspace_config import GoogleWorkspaceConfig, read_config
from ivr.adapters.directory.google_workspace_tokens import DelegatedTokens
from ivr.adapters.directory.http_directory import AccountLocks, Answer, HttpsDirectory, Tokens
from ivr.domain.phone_number import normalise_phone
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError
from ivr.ports.errors import PortError

log = structlog.get_logger("ivr.directory")

KEPT = 18
"""18 hashes of 24 digits, commas and the prefix are 454 characters; a text field holds 500."""
ADMIN_FLAGS = ("isAdmin", "isDelegatedAdmin")
"""Super administrators, and holders of any other administrator role. Missing counts as yes."""
USERS = "/admin/directory/v1/users"
EXTERNAL = "externalId:"
PAGE = 50
"""Users in one answer. A number of one kind may be somebody's number of another kind, so more
than one row can be right; more than a page cannot."""
THROTTLED = frozenset({"quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded"})


class GoogleWorkspaceDirectory:
    """The :class:`ivr.ports.directory.Directory` of a Google Workspace customer.

    The API shows no lock of an account other than a suspension, which an administrator made or
    must look at: ``locked`` is always False, a suspended or archived account is ``disabled`` and
    stays so, and :meth:`unlock` writes the marker and nothing else.
    """

    def __init__(self, *, name: str, config: GoogleWorkspaceConfig, tokens: Tokens) -> None:
        self.name = name
        self._config = config
        self._tokens = tokens
        self._api = HttpsDirectory(config.api_url, tokens=tokens, ca_file=config.ca_file)
        self._locks = AccountLocks()

    @classmethod
    def from_config(cls, name: str, config: Mapping[str, object], *, clock: Clock) -> Self:
        """Raises ValueError that names the keys that are wrong, without their values."""
        read = read_config(name, config)
        return cls(name=name, config=read, tokens=DelegatedTokens(read))

    def check(self) -> Iterator[Finding]:
        """For the operator: credentials, right to read, numbers of some accounts."""
        return findings_of(self._tokens, self._sample)

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        field = {"cpf": self._config.cpf_field, "matricula": self._config.matricula_field}[kind]
        if not is_number(number):
            return None
        searched = EXTERNAL[:-1] if field.startswith(EXTERNAL) else field
        answer = self._api.ask(
            USERS,
            params={
                "customer": self._config.customer,
                "query": f"{searched}={_literal(number)}",
                "projection": "full",
                "maxResults": str(PAGE),
            },
        )
        body = _accepted(answer).body
        if body.get("nextPageToken"):
            raise PortError("ambiguous", permanent=True)
        rows = [user for user in entries_at(body, "users") if number in _numbers(user, field)]
        if len(rows) > 1:
            raise PortError("ambiguous", permanent=True)
        if not rows:
            return None
        user = self._user(uid_at(rows[0]))
        if user is None or number not in _numbers(user, field):
            return None
        return self._account(user)

    def get(self, uid: str) -> Account | None:
        user = self._user(uid)
        return None if user is None else self._account(user)

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        values = {"password": password, "changePasswordAtNextLogin": must_change}
        changed = self._change(uid=uid, marker=marker, values=values)
        if changed and self._config.revoke_sessions:
            self._sign_out(uid)

    def unlock(self, *, uid: str, marker: str) -> None:
        self._change(uid=uid, marker=marker, values={})

    def applied(self, *, uid: str, marker: str) -> bool:
        user = self._user(uid)
        return user is not None and marker in self._kept(user)

    def _change(self, *, uid: str, marker: str, values: Mapping[str, Any]) -> bool:
        """One PATCH that holds the values and the marker. Returns whether it was needed."""
        schema, field = self._config.marker_field.split(".")
        with self._locks.of(uid):
            user = self._user(uid)
            if user is None:
                raise PortError("no_account", permanent=True)
            kept = self._kept(user)
            if marker in kept:
                return False
            marked = {"customSchemas": {schema: {field: kept.with_marker(marker, keep=KEPT).text}}}
            _accepted(self._api.change("PATCH", _path(uid), body={**values, **marked}))
            return True

    def _sample(self) -> list[tuple[str, str]]:
        params = {
            "customer": self._config.customer,
            "projection": "full",
            "maxResults": str(SAMPLE),
        }
        page = _accepted(self._api.ask(USERS, params=params)).body
        fields = self._config.cpf_field, self._config.matricula_field
        return [
            (_only(_numbers(user, fields[0])), _only(_numbers(user, fields[1])))
            for user in entries_at(page, "users")
        ]

    def _sign_out(self, uid: str) -> None:
        """The password is changed by now: a failure here is told to the log and to nobody else."""
        try:
            _accepted(self._api.change("POST", f"{_path(uid)}/signOut"))
        except PortError as error:
            log.warning("sessions_not_revoked", directory=self.name, reason=error.reason)

    def _kept(self, user: Mapping[str, Any]) -> ChangeMarkers:
        return ChangeMarkers(text=_custom(user, self._config.marker_field))

    def _user(self, uid: str) -> Mapping[str, Any] | None:
        if not is_uid(uid):
            return None
        answer = self._api.ask(_path(uid), params={"projection": "full"})
        if answer.status == 404:
            return None
        user = _accepted(answer).body
        if uid_at(user) != uid:
            raise PortError("answer_unreadable")
        return user

    def _account(self, user: Mapping[str, Any]) -> Account:
        keys = sorted({key for key in _numbers(user, self._config.cpf_field) if is_number(key)})
        if len(keys) != 1:
            raise PortError("no_person_key", permanent=True)
        changed_at = self._config.mobile_changed_field
        return Account(
            uid=uid_at(user),
            person_key=keys[0],
            name=text_at(user, "name", "fullName"),
            mail=text_at(user, "primaryEmail"),
            mobile=normalise_phone(self._mobile(user)),
            group=self._config.group,
            disabled=user.get("suspended") is not False or bool(user.get("archived")),
            privileged=any(user.get(flag) is not False for flag in ADMIN_FLAGS),
            matricula=_only(_numbers(user, self._config.matricula_field)),
            mobile_changed_at=moment(_custom(user, changed_at)) if changed_at else None,
        )

    def _mobile(self, user: Mapping[str, Any]) -> str:
        if self._config.mobile_from == "recovery_phone":
            return text_at(user, "recoveryPhone")
        phones = [p for p in entries_at(user, "phones") if p.get("type") == "mobile"]
        phones.sort(key=lambda phone: not phone.get("primary"))
        return text_at(phones[0], "value") if phones else ""


def _path(uid: str) -> str:
    return f"{USERS}/{quote(uid, safe='')}"


def _literal(text: str) -> str:
    """A value of a search clause: single quotes around it, those inside escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _numbers(user: Mapping[str, Any], field: str) -> list[str]:
    """The values of one kind of number; ``externalId`` searches all kinds at once."""
    if not field.startswith(EXTERNAL):
        value = _custom(user, field)
        return [value] if value else []
    kind = field.removeprefix(EXTERNAL)
    return [
        text_at(entry, "value")
        for entry in entries_at(user, "externalIds")
        if kind == (entry.get("customType") if entry.get("type") == "custom" else entry.get("type"))
    ]


def _only(numbers: list[str]) -> str:
    """The number of a person who has one, or ""."""
    return numbers[0] if len(numbers) == 1 else ""


def _custom(user: Mapping[str, Any], field: str) -> str:
    """The text of a custom field, ``Schema.field``."""
    return text_at(user, "customSchemas", *field.split("."))


def _accepted(answer: Answer) -> Answer:
    """The answer, if the API did what was asked. Raises PortError in words of ours otherwise.

    ``error.errors[].reason`` tells a quota (403) from a right that is missing (403); that it was
    the password can be read only from the message of an ``invalid``.
    """
    if answer.status < 300:
        return answer
    if answer.status == 404:
        raise PortError("no_account", permanent=True)
    error = answer.body.get("error")
    error = error if isinstance(error, Mapping) else {}
    reasons = {text_at(entry, "reason") for entry in entries_at(error, "errors")}
    if reasons & THROTTLED:
        raise PortError("throttled")
    if answer.status == 403:
        raise PortError("forbidden", permanent=True)
    if "password" in text_at(error, "message").lower() and "invalid" in reasons:
        raise PolicyRefusalError("password_policy")
    raise PortError("request_refused", permanent=True)
