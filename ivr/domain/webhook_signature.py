"""Signature of an outgoing webhook (https://www.standardwebhooks.com, symmetric scheme ``v1``).

Signed is ``<id>.<timestamp>.<body>`` with HMAC-SHA256; the receiver compares in constant time and
refuses a timestamp more than five minutes off.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def spoken(secret: bytes) -> str:
    """A secret as people pass it on."""
    return PREFIX + b64encode(secret).decode()


def secret_of(text: str) -> bytes:
    """The bytes of :func:`spoken`. Raises ValueError."""
    if not text.startswith(PREFIX):
        raise ValueError("a webhook secret begins with whsec_")
    return b64decode(text.removeprefix(PREFIX), validate=True)


def headers(message: str, *, timestamp: int, body: bytes, secret: bytes) -> dict[str, str]:
    """The three headers of a message. ``timestamp``: seconds since 1970, of this try."""
    signed = f"{message}.{timestamp}.".encode() + body
    mac = b64encode(hmac.digest(secret, signed, sha256)).decode()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{mac}",
    }
