from __future__ import annotations

import hashlib
import hmac
import struct
from collections import Counter
from collections.abc import Iterable
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.otp import (
    PASSWORD_BITS,
    PASSWORD_DIGITS,
    PASSWORD_GROUP_LENGTH,
    PASSWORD_LOWER,
    PASSWORD_UPPER,
    TOKEN_ALPHABET,
    TOKEN_BITS,
    TOKEN_LENGTH,
    link_token,
    numeric_code,
    numeric_code_bits,
    same,
    temporary_password,
)

KEY = b"k" * 32
SALT = b"s" * 16
keys = st.binary(min_size=32, max_size=64)
salts = st.binary(min_size=16, max_size=32)
contexts = st.text(max_size=30)
CRITICAL = {9: 33.72, 30: 72.0, 20: 54.0, 19: 52.4, 7: 29.9}
"""Chi-square above which one fair sample in about 10,000 lies, by degrees of freedom."""


def chi_square(symbols: Iterable[str], alphabet: str) -> float:
    counts = Counter(symbols)
    expected = counts.total() / len(alphabet)
    assert set(counts) <= set(alphabet)
    return sum((counts[symbol] - expected) ** 2 / expected for symbol in alphabet)


def salt_of(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_a_code_is_made_by_hmac_sha256_in_counter_mode() -> None:
    parts = (b"code6", b"call:CA1", SALT)
    label = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    block = hmac.new(KEY, b"\0\0\0\0" + label, hashlib.sha256).digest()
    expected = "".join(str(byte % 10) for byte in block if byte < 250)[:6]
    assert numeric_code(KEY, "call:CA1", SALT) == expected


@given(keys, contexts, salts, st.integers(6, 12))
def test_a_code_has_its_length_and_comes_out_the_same_again(
    key: bytes, context: str, salt: bytes, digits: int
) -> None:
    code = numeric_code(key, context, salt, digits)
    assert len(code) == digits and code.isascii() and code.isdigit()
    assert numeric_code(key, context, salt, digits) == code


@given(keys, contexts, salts)
def test_a_link_token_is_url_safe_and_unambiguous(key: bytes, context: str, salt: bytes) -> None:
    token = link_token(key, context, salt)
    assert len(token) == TOKEN_LENGTH
    assert set(token) <= set(TOKEN_ALPHABET)
    assert not set(TOKEN_ALPHABET) & set("01loi") and TOKEN_ALPHABET.islower()


@given(keys, contexts, salts)
def test_a_temporary_password_has_three_classes_and_nothing_ambiguous(
    key: bytes, context: str, salt: bytes
) -> None:
    password = temporary_password(key, context, salt)
    assert len(password) == 2 * PASSWORD_GROUP_LENGTH >= 12
    for group in (password[:PASSWORD_GROUP_LENGTH], password[PASSWORD_GROUP_LENGTH:]):
        assert group[0].isupper() and group[1:5].islower() and group[5:].isdigit()
    assert not set(password) & set("l1IO0oiaeuAEU")


def test_entropy_is_what_the_alphabets_give() -> None:
    group = len(PASSWORD_UPPER) * len(PASSWORD_LOWER) ** 4 * len(PASSWORD_DIGITS) ** 2
    assert pytest.approx(2 * log2(group)) == PASSWORD_BITS
    assert pytest.approx(log2(31**26)) == TOKEN_BITS
    assert PASSWORD_BITS >= 50
    assert TOKEN_BITS >= 128
    assert numeric_code_bits(6) == pytest.approx(log2(10**6))
    for alphabet in (PASSWORD_UPPER, PASSWORD_LOWER, PASSWORD_DIGITS, TOKEN_ALPHABET):
        assert len(set(alphabet)) == len(alphabet)


def test_digits_of_codes_are_evenly_spread_and_the_test_would_see_modulo_bias() -> None:
    codes = [numeric_code(KEY, "chi", salt_of(n)) for n in range(34_000)]
    assert chi_square("".join(codes), "0123456789") < CRITICAL[9]
    for place in range(6):
        assert chi_square((code[place] for code in codes), "0123456789") < CRITICAL[9]
    blocks = (hmac.digest(KEY, salt_of(n), "sha256") for n in range(6_400))
    biased = (str(byte % 10) for block in blocks for byte in block)
    assert chi_square(biased, "0123456789") > CRITICAL[9]


def test_symbols_of_tokens_and_passwords_are_evenly_spread() -> None:
    tokens = "".join(link_token(KEY, "chi", salt_of(n)) for n in range(4_000))
    assert chi_square(tokens, TOKEN_ALPHABET) < CRITICAL[30]
    passwords = [temporary_password(KEY, "chi", salt_of(n)) for n in range(4_000)]
    together = "".join(passwords)
    for alphabet in (PASSWORD_UPPER, PASSWORD_LOWER, PASSWORD_DIGITS):
        found = (symbol for symbol in together if symbol in alphabet)
        assert chi_square(found, alphabet) < CRITICAL[len(alphabet) - 1]


def test_key_context_salt_and_purpose_each_change_the_value() -> None:
    base = link_token(KEY, "a", SALT)
    others = [
        link_token(b"x" * 32, "a", SALT),
        link_token(KEY, "b", SALT),
        link_token(KEY, "a", b"t" * 16),
    ]
    assert base not in others and len(set(others)) == 3
    assert numeric_code(KEY, "a", SALT, 6) != numeric_code(KEY, "a", SALT, 7)[:6]


def test_text_cannot_move_between_context_and_salt() -> None:
    salt = b"b" + SALT
    assert link_token(KEY, "ab", SALT) != link_token(KEY, "a", salt)


def test_ten_thousand_salts_give_ten_thousand_tokens_and_passwords() -> None:
    assert len({link_token(KEY, "x", salt_of(n)) for n in range(10_000)}) == 10_000
    assert len({temporary_password(KEY, "x", salt_of(n)) for n in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("key", "salt", "digits"),
    [(b"", SALT, 6), (b"k" * 31, SALT, 6), (KEY, b"", 6), (KEY, b"s" * 15, 6)]
    + [(KEY, SALT, digits) for digits in (0, 4, 5, 13)],
)
def test_short_keys_salts_and_codes_are_refused(key: bytes, salt: bytes, digits: int) -> None:
    with pytest.raises(ValueError) as caught:
        numeric_code(key, "x", salt, digits)
    assert "kkk" not in str(caught.value) and "sss" not in str(caught.value)


def test_comparing_takes_whole_and_equal_text_only() -> None:
    assert same("457891", "457891")
    for wrong in ("457892", "45789", "4578911", "", "４５７８９１"):
        assert not same("457891", wrong)
