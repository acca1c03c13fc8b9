"""What OpenLDAP's answers to a change mean, with the password policy's own error codes.

Codes: RFC 4511 §4.1.9; policy errors: draft-behera-ldap-password-policy §6.2.
"""

from __future__ import annotations

import ldap  # type: ignore[import-untyped]
from ldap.controls.ppolicy import (  # type: ignore[import-untyped]
    PasswordPolicyControl,
)

from ivr.adapters.directory.ldap_connection import response_control
from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

OVERTAKEN: tuple[type[Exception], ...] = (
    ldap.NO_SUCH_ATTRIBUTE,
    ldap.TYPE_OR_VALUE_EXISTS,
    ldap.ASSERTION_FAILED,
)
"""The entry is no longer what it was when it was read; nothing was changed."""

POLICY_REASONS = {5: "quality", 6: "too_short", 8: "in_history", 9: "too_long"}
"""Errors that another password may avoid."""
POLICY_OBSTACLES = {
    0: "password_expired",
    1: "account_locked",
    2: "change_after_reset",
    3: "change_not_allowed",
    4: "old_password_required",
    7: "too_young",
}
"""Errors that no other password avoids."""
PERMANENT: dict[type[Exception], str] = {
    ldap.NO_SUCH_OBJECT: "no_account",
    ldap.INSUFFICIENT_ACCESS: "no_rights",
    ldap.CONFIDENTIALITY_REQUIRED: "not_confidential",
    ldap.UNDEFINED_TYPE: "no_such_attribute_type",
    ldap.OBJECT_CLASS_VIOLATION: "marker_attribute_not_allowed",
    ldap.INVALID_SYNTAX: "invalid_syntax",
    ldap.UNAVAILABLE_CRITICAL_EXTENSION: "no_assertion_control",
    ldap.REFERRAL: "read_only_server",
}


def policy_error(error: ldap.LDAPError) -> int | None:
    """The policy's error code that came with a refusal, or None."""
    value = response_control(error, PasswordPolicyControl.controlType)
    if value is None:
        return None
    control = PasswordPolicyControl()
    try:
        control.decodeControlValue(value)
    except Exception:
        return None
    return None if control.error is None else int(control.error)


def meaning(error: ldap.LDAPError) -> PortError:
    """The refusal as an error of the port."""
    code = policy_error(error)
    if code in POLICY_REASONS:
        return PolicyRefusalError(POLICY_REASONS[code])
    if code in POLICY_OBSTACLES:
        return PortError(POLICY_OBSTACLES[code], permanent=True)
    if isinstance(error, ldap.CONSTRAINT_VIOLATION):
        return PolicyRefusalError("quality")
    for kind, reason in PERMANENT.items():
        if isinstance(error, kind):
            return PortError(reason, permanent=True)
    return PortError(f"ldap_{type(error).__name__.lower()}")
