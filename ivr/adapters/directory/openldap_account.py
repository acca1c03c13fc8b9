"""An OpenLDAP entry as an :class:`ivr.ports.directory.Account`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ivr.adapters.directory.ldap_connection import Entry
from ivr.adapters.directory.openldap_config import OpenLdapConfig
from ivr.ports.directory import Account
from ivr.ports.errors import PortError

ADMINISTRATIVE_LOCK = "000001010000Z"
"""``pwdAccountLockedTime`` of an account that an administrator locked for good
(draft-behera-ldap-password-policy §5.3.3); a call never lifts it."""
GENERALIZED = re.compile(r"^(\d{14})(?:[.,]\d+)?Z$")


def account_of(
    entry: Entry, *, config: OpenLdapConfig, now: datetime, disabled: bool, privileged: bool
) -> Account:
    """Raises PortError when the entry lacks the CPF or the key that an account must have."""
    names = config.attributes
    uid, cpf = entry.first(names.uid), only_digits(entry.first(names.cpf) or "")
    if not uid or len(cpf) != 11:
        raise PortError("account_without_cpf", permanent=True)
    lock = entry.first("pwdAccountLockedTime")
    return Account(
        uid=uid,
        person_key=cpf,
        name=entry.first(names.name) or "",
        mail=entry.first(names.mail) or "",
        mobile=e164(entry.first(names.mobile) or "") if names.mobile else None,
        group=(entry.first(names.group) if names.group else None) or config.default_group,
        locked=is_locked(lock, now=now, lockout_seconds=config.lockout_seconds),
        disabled=disabled or lock == ADMINISTRATIVE_LOCK,
        privileged=privileged,
        mobile_changed_at=(
            generalized_time(entry.first(names.mobile_changed_at) or "")
            if names.mobile_changed_at
            else None
        ),
        matricula=only_digits(entry.first(names.matricula) or "") if names.matricula else "",
    )


def is_locked(lock: str | None, *, now: datetime, lockout_seconds: int) -> bool:
    """Whether ``pwdAccountLockedTime`` still locks: for ever, or for ``lockout_seconds``."""
    if not lock:
        return False
    since = generalized_time(lock)
    if not lockout_seconds or since is None:
        return True
    return now < since + timedelta(seconds=lockout_seconds)


def generalized_time(text: str) -> datetime | None:
    """A time in LDAP's generalized form, UTC (RFC 4517 §3.3.13), or None."""
    match = GENERALIZED.match(text)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def e164(text: str) -> str | None:
    """A mobile in E.164; ten or eleven digits without a country are Brazilian; else None."""
    digits = only_digits(text)
    if text.strip().startswith("+"):
        return f"+{digits}" if 8 <= len(digits) <= 15 and digits[0] != "0" else None
    digits = digits.removeprefix("0")
    return f"+55{digits}" if len(digits) in (10, 11) else None


def only_digits(text: str) -> str:
    """The ASCII digits of a text."""
    return "".join(c for c in text if c in "0123456789")
