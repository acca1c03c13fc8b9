"""Sealed is unreadable and unchangeable; hashed is the same word for the same number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.sealing import AesGcmSeal, FernetSeal, HmacHash

KEY = b"a secret key that only the tests know"
OTHER = b"another secret key of the tests"


Kind = type[FernetSeal] | type[AesGcmSeal]
kinds = pytest.mark.parametrize("kind", [FernetSeal, AesGcmSeal])


@kinds
@given(plain=st.binary(max_size=2000))
def test_what_is_sealed_opens_to_the_same_bytes(kind: Kind, plain: bytes) -> None:
    assert kind(KEY).open(kind(KEY).close(plain)) == plain


@kinds
def test_same_words_are_sealed_differently_each_time(kind: Kind) -> None:
    seal = kind(KEY)
    assert seal.close(b"x") != seal.close(b"x")


@kinds
def test_sealed_words_cannot_be_read(kind: Kind) -> None:
    assert b"5567999990001" not in kind(KEY).close(b"+5567999990001" * 20)


@kinds
@given(junk=st.binary(max_size=300))
def test_bytes_from_elsewhere_do_not_open(kind: Kind, junk: bytes) -> None:
    for bytes_ in (junk, b"\x01" + junk):
        with pytest.raises(ValueError):
            kind(KEY).open(bytes_)


@kinds
@given(data=st.data())
def test_one_changed_byte_does_not_open(kind: Kind, data: st.DataObject) -> None:
    sealed = bytearray(kind(KEY).close(b"+5567999990001"))
    # The last bytes of Fernet's base64 text may only pad it.
    place = data.draw(st.integers(0, len(sealed) - 5))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError):
        kind(KEY).open(bytes(sealed))


@kinds
def test_cut_bytes_do_not_open(kind: Kind) -> None:
    sealed = kind(KEY).close(b"+5567999990001")
    for length in range(len(sealed) - 4):
        with pytest.raises(ValueError):
            kind(KEY).open(sealed[:length])


@kinds
def test_other_key_does_not_open(kind: Kind) -> None:
    with pytest.raises(ValueError):
        kind(OTHER).open(kind(KEY).close(b"x"))


@kinds
def test_previous_key_opens_and_the_new_one_closes(kind: Kind) -> None:
    rotated = kind(OTHER, previous=[KEY])
    assert rotated.open(kind(KEY).close(b"old")) == b"old"
    assert kind(OTHER).open(rotated.close(b"new")) == b"new"
    with pytest.raises(ValueError):
        rotated.open(kind(b"a third key").close(b"x"))


@pytest.mark.parametrize("make", [FernetSeal, AesGcmSeal, HmacHash])
def test_empty_key_is_refused(make: Kind | type[HmacHash]) -> None:
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
