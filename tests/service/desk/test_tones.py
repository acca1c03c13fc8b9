"""Keys of a talk, sealed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.service.desk.tones import open_keys, seal_keys

KEY = b"k" * 32
KEYS = st.text(alphabet="0123456789*#", min_size=1, max_size=20)


@given(keys=KEYS, nonce=st.binary(min_size=8, max_size=8))
def test_sealed_keys_open_and_are_not_to_be_read(keys: str, nonce: bytes) -> None:
    token = seal_keys(KEY, keys, nonce=nonce)
    assert open_keys(KEY, token) == keys
    assert open_keys(b"x" * 32, token) == ""
    assert keys.encode().ljust(20, b"\0").hex() not in token


@given(text=st.text(max_size=120))
def test_what_was_not_sealed_here_opens_to_nothing(text: str) -> None:
    assert open_keys(KEY, text) == ""


@pytest.mark.parametrize("keys", ["", "1" * 21, "12a", "senha"])
def test_what_are_no_keys_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="keys"):
        seal_keys(KEY, keys, nonce=b"n" * 8)
