"""The second factor: codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds)."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime

import pyotp

from ivr.ports.sealing import KeyedHash

PERIOD = 30
SECRET_BYTES = 20
"""RFC 4226 §4 R6 recommends 160 bits."""
_LATE = 1
"""Steps that a slow or fast telephone may be away (RFC 6238 §5.2)."""
_CODE = re.compile(r"[0-9]{6}")


def step_of(secret: str, code: str, *, at: datetime) -> int:
    """The time step whose code this is, 0 for none. The caller takes care that it serves once."""
    text = "".join(code.split())
    if not secret or not _CODE.fullmatch(text):
        return 0
    generator = pyotp.TOTP(secret)
    now = int(at.timestamp()) // PERIOD
    found = 0
    for step in range(now - _LATE, now + _LATE + 1):
        if hmac.compare_digest(generator.generate_otp(step), text):
            found = max(found, step)
    return found


def secret_for(keyed_hash: KeyedHash, token: str) -> str:
    """The secret that is offered to the holder of a session's token, in base 32. It is made of the
    token and the service's key, so that it need not be kept before it is confirmed."""
    text = "".join(keyed_hash("staff-totp-offer", f"{part}:{token}") for part in (1, 2))
    return base64.b32encode(bytes.fromhex(text)[:SECRET_BYTES]).decode()


def address_of(secret: str, *, login: str, issuer: str) -> str:
    """The ``otpauth:`` address that a QR code shows to an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
