"""What a domain controller's refusal of a change means to the service."""

from __future__ import annotations

import ldap  # type: ignore[import-untyped]

from ivr.adapters.directory.active_directory_codes import (
    PASSWORD_RESTRICTION,
    error_text,
    win32_code,
)
from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

OVERTAKEN: tuple[type[Exception], ...] = (ldap.NO_SUCH_ATTRIBUTE, ldap.TYPE_OR_VALUE_EXISTS)
"""16 and 20: the marker attribute is no longer what was read; nothing was changed."""

_REFUSALS: tuple[tuple[type[Exception], str, bool], ...] = (
    (ldap.NO_SUCH_OBJECT, "no_account", True),
    (ldap.INSUFFICIENT_ACCESS, "no_rights", True),
    (ldap.REFERRAL, "read_only_server", False),
    (ldap.STRONG_AUTH_REQUIRED, "tls_needed", False),
    (ldap.CONFIDENTIALITY_REQUIRED, "tls_needed", False),
    (ldap.OPERATIONS_ERROR, "directory_failed", False),
    (ldap.OTHER, "directory_failed", False),
)
"""LDAP result, reason, whether another try is of no use."""


def is_policy_refusal(error: ldap.LDAPError) -> bool:
    """19 (Samba, and a change by the owner) or 53 (Windows, a reset) with 0000052D."""
    expected = isinstance(error, (ldap.CONSTRAINT_VIOLATION, ldap.UNWILLING_TO_PERFORM))
    return expected and win32_code(error_text(error)) == PASSWORD_RESTRICTION


def refusal(
    error: ldap.LDAPError, *, password: str | None = None, min_length: int = 0
) -> PortError:
    """The error to raise. ``min_length``: characters that the domain's policy asks for."""
    if password is not None and is_policy_refusal(error):
        too_short = len(password) < min_length
        return PolicyRefusalError("too_short" if too_short else "policy")
    for kind, reason, permanent in _REFUSALS:
        if isinstance(error, kind):
            return PortError(reason, permanent=permanent)
    return PortError(f"ldap_{type(error).__name__.lower()}", permanent=True)
