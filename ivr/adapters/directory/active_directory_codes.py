"""What Active Directory means by the numbers inside its LDAP error texts.

Two kinds stand there: a Win32 error in front (``0000052D: …``), and in a refused bind
``AcceptSecurityContext error, data 773`` (MS-ERREF; the same in Samba).
"""

from __future__ import annotations

import re
from typing import Literal

BindVerdict = Literal[
    "ok",
    "no_account",
    "wrong_password",
    "not_at_this_time",
    "not_on_this_machine",
    "password_expired",
    "disabled",
    "account_expired",
    "must_change",
    "locked",
    "unknown",
]

BIND_DATA: dict[str, BindVerdict] = {
    "525": "no_account",
    "52e": "wrong_password",
    "530": "not_at_this_time",
    "531": "not_on_this_machine",
    "532": "password_expired",
    "533": "disabled",
    "701": "account_expired",
    "773": "must_change",
    "775": "locked",
}
"""``data`` code of a refused bind → word. 773 and 532 are answered to the right password only."""

PASSWORD_RESTRICTION = "0000052D"
"""ERROR_PASSWORD_RESTRICTION: length, complexity or history. It comes with LDAP result 19 or 53."""

_DATA = re.compile(r"\bdata ([0-9a-fA-F]+)\b")
_WIN32 = re.compile(r"^\s*([0-9A-Fa-f]{8}):")


def error_text(error: Exception) -> str:
    """The server's diagnostic message (RFC 4511 §4.1.9) in an ``ldap.LDAPError``."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return str(details.get("info") or "")


def bind_verdict(text: str) -> BindVerdict:
    """Why a bind was refused, from the diagnostic message of result 49."""
    found = _DATA.search(text)
    return BIND_DATA.get(found[1].lower(), "unknown") if found else "unknown"


def win32_code(text: str) -> str | None:
    """The eight hexadecimal digits in front of a diagnostic message, upper case."""
    found = _WIN32.match(text)
    return found[1].upper() if found else None
