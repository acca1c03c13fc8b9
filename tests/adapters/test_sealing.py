"""Sealed is unreadable and unchangeable; hashed is the same word for the same number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.sealing import AesGcmSeal, HmacHash

KEY = b"a secret key that only the tests know"
OTHER = b"another secret key of the tests"


@given(plain=st.binary(max_size=2000))
def test_what_is_sealed_opens_to_the_same_bytes(plain: bytes) -> None:
    assert AesGcmSeal(KEY).open(AesGcmSeal(KEY).close(plain)) == plain


def test_same_words_are_sealed_differently_each_time() -> None:
    seal = AesGcmSeal(KEY)
    assert seal.close(b"x") != seal.close(b"x")


def test_sealed_words_cannot_be_read() -> None:
    assert b"5567999990001" not in AesGcmSeal(KEY).close(b"+5567999990001" * 20)


@given(junk=st.binary(max_size=300))
def test_bytes_from_elsewhere_do_not_open(junk: bytes) -> None:
    for bytes_ in (junk, b"\x01" + junk):
        with pytest.raises(ValueError):
            AesGcmSeal(KEY).open(bytes_)


@given(data=st.data())
def test_one_changed_byte_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(AesGcmSeal(KEY).close(b"+5567999990001"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError):
        AesGcmSeal(KEY).open(bytes(sealed))


def test_cut_bytes_do_not_open() -> None:
    sealed = AesGcmSeal(KEY).close(b"+5567999990001")
    for length in range(len(sealed)):
        with pytest.raises(ValueError):
            AesGcmSeal(KEY).open(sealed[:length])


def test_other_key_does_not_open() -> None:
    with pytest.raises(ValueError):
        AesGcmSeal(OTHER).open(AesGcmSeal(KEY).close(b"x"))


def test_previous_key_opens_and_the_new_one_closes() -> None:
    rotated = AesGcmSeal(OTHER, previous=[KEY])
    assert rotated.open(AesGcmSeal(KEY).close(b"old")) == b"old"
    assert AesGcmSeal(OTHER).open(rotated.close(b"new")) == b"new"
    with pytest.raises(ValueError):
        rotated.open(AesGcmSeal(b"a third key").close(b"x"))


@pytest.mark.parametrize("make", [AesGcmSeal, HmacHash])
def test_empty_key_is_refused(make: type[AesGcmSeal] | type[HmacHash]) -> None:
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
