"""Keys that an agent sends into a talk, sealed for the address that the carrier asks for.

They stand in no row and, in clear, in no address. The same keys look different every time.
"""

from __future__ import annotations

import hashlib
import hmac

MOST_KEYS = 20
KEYS = frozenset("0123456789*#")
_NONCE, _TAG = 8, 8


def seal_keys(secret_key: bytes, keys: str, *, nonce: bytes) -> str:
    """A token of lower-case hexadecimal digits. ``nonce``: 8 bytes, fresh.

    Raises ValueError on what are no 1 to 20 keys.
    """
    if not 1 <= len(keys) <= MOST_KEYS or not KEYS.issuperset(keys) or len(nonce) != _NONCE:
        raise ValueError("from 1 to 20 keys, 0-9, * and #")
    plain = keys.encode().ljust(MOST_KEYS, b"\0")
    body = nonce + _mask(secret_key, nonce, plain)
    return (body + _tag(secret_key, body)).hex()


def open_keys(secret_key: bytes, token: str) -> str:
    """The keys of a token, "" for one that is not ours."""
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return ""
    body, tag = raw[:-_TAG], raw[-_TAG:]
    if len(body) != _NONCE + MOST_KEYS or not hmac.compare_digest(tag, _tag(secret_key, body)):
        return ""
    return _mask(secret_key, body[:_NONCE], body[_NONCE:]).rstrip(b"\0").decode("ascii", "ignore")


def _mask(secret_key: bytes, nonce: bytes, text: bytes) -> bytes:
    stream = hmac.new(secret_key, b"ivr tones" + nonce, hashlib.sha256).digest()
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _tag(secret_key: bytes, body: bytes) -> bytes:
    return hmac.new(secret_key, b"ivr tones tag" + body, hashlib.sha256).digest()[:_TAG]
