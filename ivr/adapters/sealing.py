"""Encryption and keyed hashes that hang on the service's secret key."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.ports.clock import Entropy

_KEY_BYTES = 32
_GCM_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HASH_HEX = 32
"""128 bits: no collision is to be expected below 2**64 identifiers."""


def _derive(secret_key: bytes, *, info: bytes) -> bytes:
    """RFC 5869: one secret, an independent key for each use."""
    if not secret_key:
        raise ValueError("the secret key is empty")
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret_key)


class AesGcmSeal:
    """:class:`ivr.ports.sealing.Seal` by AES-256-GCM.

    A sealed value is a version byte, a nonce of 96 random bits, then ciphertext and tag. NIST
    SP 800-38D §8.3 bounds one key to 2**32 values: a century of the service's calls.
    ``secret_key`` closes; ``previous`` keys only open what was closed before a rotation.
    Raises ValueError on an empty key.
    """

    def __init__(
        self,
        secret_key: bytes,
        *,
        previous: Sequence[bytes] = (),
        entropy: Entropy = token_bytes,
    ) -> None:
        self._keys = [
            AESGCM(_derive(key, info=b"ivr/seal/aes-gcm/1")) for key in (secret_key, *previous)
        ]
        self._entropy = entropy

    def close(self, plain: bytes) -> bytes:
        nonce = self._entropy(_NONCE_BYTES)
        return _GCM_VERSION + nonce + self._keys[0].encrypt(nonce, plain, _GCM_VERSION)

    def open(self, sealed: bytes) -> bytes:
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] == _GCM_VERSION and len(rest) >= _TAG_BYTES:
            for key in self._keys:
                try:
                    return key.decrypt(nonce, rest, _GCM_VERSION)
                except InvalidTag:
                    continue
        raise ValueError("not sealed with a key of this service")


class HmacHash:
    """:class:`ivr.ports.sealing.KeyedHash` by HMAC-SHA256, cut to 32 hex digits.

    The same value hashes differently for each purpose. Raises ValueError on an empty key and
    on a purpose that is empty or holds a NUL (it separates purpose from value).
    """

    def __init__(self, secret_key: bytes) -> None:
        self._key = _derive(secret_key, info=b"ivr/keyed-hash/1")

    def __call__(self, purpose: str, value: str, /) -> str:
        if not purpose or "\0" in purpose:
            raise ValueError("a purpose is a word")
        message = f"{purpose}\0{value}".encode()
        return hmac.digest(self._key, message, "sha256").hex()[:_HASH_HEX]
