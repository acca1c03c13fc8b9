"""Microsoft 365: the users of a Microsoft Entra tenant, over Microsoft Graph v1.0.

Pages: learn.microsoft.com/graph/api — user-list, user-get, user-update,
user-list-transitivememberof, user-revokesigninsessions, resources/extensionproperty;
learn.microsoft.com/graph/aad-advanced-queries.
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
from ivr.adapters.directory.http_directory import Answer, HttpsDirectory, Tokens
from ivr.adapters.directory.microsoft365_config import Microsoft365Config, read_config
from ivr.adapters.directory.microsoft365_tokens import EntraTokens
from ivr.domain.phone_number import normalise_phone
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError
from ivr.ports.errors import PortError

KEPT = 10
"""10 hashes of 24 digits, commas and the prefix are 254 characters; a directory extension holds
256."""
PAGES = 20
"""Pages of 999 memberships that are read before the answer is given up as unusable."""
BASIC = (
    "id",
    "displayName",
    "mail",
    "userPrincipalName",
    "mobilePhone",
    "accountEnabled",
    "onPremisesSyncEnabled",
)
ROLE = "#microsoft.graph.directoryRole"


class Microsoft365Directory(CloudDirectory):
    """The :class:`ivr.ports.directory.Directory` of a Microsoft Entra tenant.

    Graph shows no lock of an account (smart lockout ends by itself), so ``locked`` is always
    False. A disabled account stays
    disabled. The password of an account that is synchronised from a directory on premises belongs
    to that directory: a change of it is refused here, and ``active_directory`` makes it there.
    """

    kept_markers = KEPT
    sign_out = "revokeSignInSessions"

    def __init__(self, *, name: str, config: Microsoft365Config, tokens: Tokens) -> None:
        super().__init__(
            name=name,
            https=HttpsDirectory(config.graph_url, tokens=tokens, ca_file=config.ca_file),
            tokens=tokens,
            revoke_sessions=config.revoke_sessions,
        )
        self._config = config
        columns = {
            attribute.split("/")[0]
            for attribute in (
                config.matricula_attribute,
                config.cpf_attribute,
                config.marker_attribute,
                config.mobile_changed_attribute,
            )
            if attribute
        }
        self._select = ",".join([*BASIC, *sorted(columns - set(BASIC))])

    @classmethod
    def from_config(cls, name: str, config: Mapping[str, object], *, clock: Clock) -> Self:
        """Raises ValueError that names the keys that are wrong, without their values."""
        read = read_config(name, config)
        return cls(name=name, config=read, tokens=EntraTokens(read))

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        attribute = {
            "cpf": self._config.cpf_attribute,
            "matricula": self._config.matricula_attribute,
        }[kind]
        if not is_number(number):
            return None
        answer = self._https.ask(
            "/users",
            params={
                "$filter": f"{attribute} eq {_literal(number)}",
                "$select": "id",
                "$top": "2",
                "$count": "true",
            },
            headers={"ConsistencyLevel": "eventual"},
        )
        rows = entries_at(_accepted(answer).body, "value", required=True)
        if len(rows) > 1:
            raise PortError("ambiguous", permanent=True)
        if not rows:
            return None
        user = self._user(uid_at(rows[0]))
        if user is None or _value(user, attribute) != number:
            return None
        return self._account(user)

    def _password(self, password: str, *, must_change: bool) -> Mapping[str, Any]:
        profile = {"password": password, "forceChangePasswordNextSignIn": must_change}
        return {"passwordProfile": profile}

    def _marked(self, text: str) -> Mapping[str, Any]:
        return {self._config.marker_attribute: text}

    def _marker_text(self, user: User) -> str:
        return _value(user, self._config.marker_attribute)

    def _lives_elsewhere(self, user: User) -> bool:
        return user.get("onPremisesSyncEnabled") is True

    def _path(self, uid: str) -> str:
        return _path(uid)

    def _wanted(self) -> Mapping[str, str]:
        return {"$select": self._select}

    def _accepted(self, answer: Answer) -> Answer:
        return _accepted(answer)

    def _sample(self) -> list[tuple[str, str]]:
        params = {"$select": self._select, "$top": str(SAMPLE)}
        page = _accepted(self._https.ask("/users", params=params)).body
        cpf, matricula = self._config.cpf_attribute, self._config.matricula_attribute
        return [
            (_value(user, cpf), _value(user, matricula))
            for user in entries_at(page, "value", required=True)
        ]

    def _account(self, user: Mapping[str, Any]) -> Account:
        cpf = _value(user, self._config.cpf_attribute)
        if not is_number(cpf):
            raise PortError("no_person_key", permanent=True)
        uid = uid_at(user)
        changed_at = self._config.mobile_changed_attribute
        return Account(
            uid=uid,
            person_key=cpf,
            name=text_at(user, "displayName"),
            mail=text_at(user, "mail") or text_at(user, "userPrincipalName"),
            mobile=normalise_phone(text_at(user, "mobilePhone")),
            group=self._config.group,
            disabled=user.get("accountEnabled") is not True,
            privileged=self._is_privileged(uid),
            matricula=_value(user, self._config.matricula_attribute),
            mobile_changed_at=moment(_value(user, changed_at)) if changed_at else None,
        )

    def _is_privileged(self, uid: str) -> bool:
        """Holds any directory role, or is in a group of the configuration, directly or not."""
        path, params = f"{_path(uid)}/transitiveMemberOf", {"$select": "id", "$top": "999"}
        for _ in range(PAGES):
            page = _accepted(self._https.ask(path, params=params)).body
            for entry in entries_at(page, "value", required=True):
                if entry.get("@odata.type") == ROLE:
                    return True
                if entry.get("id") in self._config.privileged_groups:
                    return True
            link = text_at(page, "@odata.nextLink")
            if not link:
                return False
            if not link.startswith(self._config.graph_url.rstrip("/") + "/"):
                raise PortError("answer_unexpected", permanent=True)
            path, params = link[len(self._config.graph_url.rstrip("/")) :], {}
        raise PortError("too_many_groups", permanent=True)


def _path(uid: str) -> str:
    return f"/users/{quote(uid, safe='')}"


def _literal(text: str) -> str:
    """An OData string: single quotes around it, those inside doubled (OData 4.01 ABNF)."""
    return "'" + text.replace("'", "''") + "'"


def _value(user: Mapping[str, Any], attribute: str) -> str:
    """The text of an attribute that may stand inside another one, ``outer/inner``."""
    return text_at(user, *attribute.split("/"))


def _accepted(answer: Answer) -> Answer:
    """The answer, if Graph did what was asked. Raises PortError in words of ours otherwise.

    Graph has one code for everything that is wrong with a request, ``Request_BadRequest``; that
    it was the password can be read only from the message or from the target of the detail.
    """
    if answer.status < 300:
        return answer
    if answer.status == 404:
        raise PortError("no_account", permanent=True)
    if answer.status == 403:
        raise PortError("forbidden", permanent=True)
    message = text_at(answer.body, "error", "message").lower()
    if "password" in message and any(
        word in message for word in ("comply", "complexity", "banned", "history", "weak")
    ):
        raise PolicyRefusalError("password_policy")
    if text_at(answer.body, "error", "code") == "Directory_ConcurrencyViolation":
        raise PortError("overtaken")
    raise PortError("request_refused", permanent=True)
