"""One-time values that are derived when needed and stored nowhere.

Each value is a function of the service's key (kept out of the database), a context that names
what the value is for, and a random salt that the row holds; erasing the salt ends the value.
HMAC-SHA256 in counter mode gives the bytes (the form of NIST SP 800-108r1 §4.1); a byte that
would favour some symbols is thrown away, so every symbol is equally likely.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterator
from math import log2

KEY_BYTES_MIN = 32
SALT_BYTES_MIN = 16
CODE_DIGITS_MIN = 6
"""NIST SP 800-63B-4 §3.1.3: at least six digits."""
CODE_DIGITS_MAX = 12

TOKEN_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0, 1, i, l or o; one case, so that a message in capitals can still be typed."""
TOKEN_LENGTH = 26
TOKEN_BITS = TOKEN_LENGTH * log2(len(TOKEN_ALPHABET))

PASSWORD_UPPER = "BCDFGHJKLMNPQRSTVWXYZ"
PASSWORD_LOWER = "bcdfghjkmnpqrstvwxyz"
PASSWORD_DIGITS = "23456789"
"""No vowels, so that no word can come up; no l, 0, 1, I or O."""
_PASSWORD_GROUP = (PASSWORD_UPPER, *(PASSWORD_LOWER,) * 4, *(PASSWORD_DIGITS,) * 2)
_PASSWORD_PATTERN = _PASSWORD_GROUP * 2
PASSWORD_GROUP_LENGTH = len(_PASSWORD_GROUP)
"""Characters of one group, for reading out in two parts."""
PASSWORD_BITS = sum(log2(len(alphabet)) for alphabet in _PASSWORD_PATTERN)


def numeric_code(key: bytes, context: str, salt: bytes, digits: int = 6) -> str:
    """A one-time code of 6 to 12 digits. Raises ValueError for short key, salt or code."""
    if not CODE_DIGITS_MIN <= digits <= CODE_DIGITS_MAX:
        raise ValueError("a one-time code has 6 to 12 digits")
    stream = _stream(key, f"code{digits}", context, salt)
    return "".join(_pick(stream, "0123456789") for _ in range(digits))


def link_token(key: bytes, context: str, salt: bytes) -> str:
    """A token for a one-time link, at least 128 bits, plain letters and digits."""
    stream = _stream(key, "link", context, salt)
    return "".join(_pick(stream, TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))


def temporary_password(key: bytes, context: str, salt: bytes) -> str:
    """A first password of 14 characters, like ``Kmtrw47Hpqsz93``: two groups alike.

    Each group is a capital, four small letters and two digits, so that three classes of
    characters are always there (the complexity rule of Active Directory) and the change from
    letters to digits falls where the listener expects it.
    """
    stream = _stream(key, "password", context, salt)
    return "".join(_pick(stream, alphabet) for alphabet in _PASSWORD_PATTERN)


def numeric_code_bits(digits: int = 6) -> float:
    """Entropy of a code."""
    return digits * log2(10)


def same(expected: str, given: str) -> bool:
    """Compare in a time that does not tell how much was right."""
    return hmac.compare_digest(expected.encode(), given.encode())


def _stream(key: bytes, purpose: str, context: str, salt: bytes) -> Iterator[int]:
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"the key needs {KEY_BYTES_MIN} bytes or more")
    if len(salt) < SALT_BYTES_MIN:
        raise ValueError(f"the salt needs {SALT_BYTES_MIN} bytes or more")
    parts = (purpose.encode(), context.encode(), salt)
    label = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return _blocks(key, label)


def _blocks(key: bytes, label: bytes) -> Iterator[int]:
    counter = 0
    while True:
        yield from hmac.digest(key, struct.pack(">I", counter) + label, "sha256")
        counter += 1


def _pick(stream: Iterator[int], alphabet: str) -> str:
    size = len(alphabet)
    fair = 256 - 256 % size
    return next(alphabet[byte % size] for byte in stream if byte < fair)
