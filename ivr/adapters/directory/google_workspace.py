"""Google Workspace: the users of a customer, over the Directory API of the Admin SDK.

Pages: developers.google.com/workspace/admin/directory — reference/rest/v1/users (list, get,
patch, signOut), v1/guides/search-users, v1/guides/manage-schemas, v1/limits.
Rights and set-up: ``docs/directories-clouds.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote

from ivr.adapters.directory.cloud_check import SAMPLE
from ivr.adapters.directory.cloud_directory import CloudDirectory, User
from ivr.adapters.directory.cloud_fields import (
    entries_at,
    is_number,
    moment,
    text_at,
    uid_at,
)
from ivr.adapters.directory.google_workspace_config import GoogleWorkspaceConfig, read_config
from ivr.adapters.directory.google_workspace_tokens import DelegatedTokens
from ivr.adapters.directory.http_directory import Answer, HttpsDirectory, Tokens
from ivr.domain.phone_number import normalise_phone
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError
from ivr.ports.errors import PortError

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


class GoogleWorkspaceDirectory(CloudDirectory):
    """The :class:`ivr.ports.directory.Directory` of a Google Workspace customer.

    The API shows no lock of an account other than a suspension, which an administrator made or
    must look at: ``locked`` is always False, a suspended or archived account is ``disabled`` and
    stays so, and :meth:`unlock` writes the marker and nothing else.
    """

    kept_markers = KEPT
    sign_out = "signOut"

    def __init__(self, *, name: str, config: GoogleWorkspaceConfig, tokens: Tokens) -> None:
        super().__init__(
            name=name,
            https=HttpsDirectory(config.api_url, tokens=tokens, ca_file=config.ca_file),
            tokens=tokens,
            revoke_sessions=config.revoke_sessions,
        )
        self._config = config

    @classmethod
    def from_config(cls, name: str, config: Mapping[str, object], *, clock: Clock) -> Self:
        """Raises ValueError that names the keys that are wrong, without their values."""
        read = read_config(name, config)
        return cls(name=name, config=read, tokens=DelegatedTokens(read))

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        field = {"cpf": self._config.cpf_field, "matricula": self._config.matricula_field}[kind]
        if not is_number(number):
            return None
        searched = EXTERNAL[:-1] if field.startswith(EXTERNAL) else field
        answer = self._https.ask(
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

    def _password(self, password: str, *, must_change: bool) -> Mapping[str, Any]:
        return {"password": password, "changePasswordAtNextLogin": must_change}

    def _marked(self, text: str) -> Mapping[str, Any]:
        schema, field = self._config.marker_field.split(".")
        return {"customSchemas": {schema: {field: text}}}

    def _marker_text(self, user: User) -> str:
        return _custom(user, self._config.marker_field)

    def _path(self, uid: str) -> str:
        return _path(uid)

    def _wanted(self) -> Mapping[str, str]:
        return {"projection": "full"}

    def _accepted(self, answer: Answer) -> Answer:
        return _accepted(answer)

    def _sample(self) -> list[tuple[str, str]]:
        params = {
            "customer": self._config.customer,
            "projection": "full",
            "maxResults": str(SAMPLE),
        }
        page = _accepted(self._https.ask(USERS, params=params)).body
        fields = self._config.cpf_field, self._config.matricula_field
        return [
            (_only(_numbers(user, fields[0])), _only(_numbers(user, fields[1])))
            for user in entries_at(page, "users")
        ]

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
