"""Sealed is unreadable and unchangeable; hashed is the same word for the same number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.sealing import FernetSeal, HmacHash

KEY = b"a secret key that only the tests know"
OTHER = b"another secret key of the tests"


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_to_the_same_bytes(plain: bytes) -> None:
    seal = FernetSeal(KEY)
    assert FernetSeal(KEY).open(seal.close(plain)) == plain


def test_same_words_are_sealed_differently_each_time() -> None:
    seal = FernetSeal(KEY)
    assert seal.close(b"x") != seal.close(b"x")


@given(st.binary(max_size=300))
def test_bytes_from_elsewhere_do_not_open(junk: bytes) -> None:
    with pytest.raises(ValueError):
        FernetSeal(KEY).open(junk)


@given(st.data())
def test_one_changed_byte_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(FernetSeal(KEY).close(b"+5567999990001"))
    # The last bytes only pad the base64 text.
    place = data.draw(st.integers(0, len(sealed) - 5))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError):
        FernetSeal(KEY).open(bytes(sealed))


def test_other_key_does_not_open() -> None:
    with pytest.raises(ValueError):
        FernetSeal(OTHER).open(FernetSeal(KEY).close(b"x"))


def test_previous_key_opens_and_the_new_one_closes() -> None:
    rotated = FernetSeal(OTHER, previous=[KEY])
    assert rotated.open(FernetSeal(KEY).close(b"old")) == b"old"
    assert FernetSeal(OTHER).open(rotated.close(b"new")) == b"new"
    with pytest.raises(ValueError):
        rotated.open(FernetSeal(b"a third key").close(b"x"))


@pytest.mark.parametrize("make", [FernetSeal, HmacHash])
def test_empty_key_is_refused(make: type[FernetSeal] | type[HmacHash]) -> None:
    with pytest.raises(ValueError):
        make(b"")


@given(st.text(max_size=50))
def test_hash_is_hex_of_one_length_and_stable(value: str) -> None:
    digest = HmacHash(KEY)("cpf", value)
    assert digest == HmacHash(KEY)("cpf", value)
    assert len(digest) == 32
    assert set(digest) <= set("0123456789abcdef")


def test_hash_hangs_on_value_purpose_and_key() -> None:
    hashes = {
        HmacHash(KEY)("cpf", "11122233396"),
        HmacHash(KEY)("cpf", "11122233397"),
        HmacHash(KEY)("phone", "11122233396"),
        HmacHash(OTHER)("cpf", "11122233396"),
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("purpose", ["", "a\0b"])
def test_purpose_cannot_run_into_the_value(purpose: str) -> None:
    with pytest.raises(ValueError):
        HmacHash(KEY)(purpose, "x")
