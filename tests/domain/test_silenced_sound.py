"""Silence falls where it is asked for, and nowhere else in the file."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.silenced_sound import MARGIN, OtherSoundError, silenced

RATE = 8000
QUIET = {(1, 16): b"\0\0", (1, 8): b"\x80", (7, 8): b"\xff", (6, 8): b"\xd5"}


def wav(samples: bytes, *, tag: int = 1, channels: int = 1, bits: int = 16) -> bytes:
    block = channels * bits // 8
    shape = struct.pack("<HHIIHH", tag, channels, RATE, RATE * block, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + shape + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


@given(
    st.sampled_from(sorted(QUIET)),
    st.integers(1, 2),
    st.floats(0, 3),
    st.floats(0, 3),
)
def test_span_is_silent_on_every_channel_and_the_rest_is_as_it_was(
    shape: tuple[int, int], channels: int, one: float, other: float
) -> None:
    (tag, bits), (begin, end) = shape, sorted((one, other))
    quiet = QUIET[shape] * channels
    loud = bytes([1] * len(quiet))
    sound = wav(loud * RATE * 2, tag=tag, channels=channels, bits=bits)
    changed = silenced(sound, [(begin, end)])
    assert len(changed) == len(sound)
    head = len(sound) - RATE * 2 * len(loud)
    assert changed[:head] == sound[:head]
    blocks = [changed[at : at + len(loud)] for at in range(head, len(sound), len(loud))]
    first, last = (begin - MARGIN) * RATE, (end + MARGIN) * RATE
    for number in range(0, len(blocks), 997):
        inside = first + 1 <= number < last - 1
        outside = number < first - 1 or number > last + 1
        assert not inside or blocks[number] == quiet
        assert not outside or blocks[number] == loud


def test_no_span_changes_nothing() -> None:
    sound = wav(b"\1\2" * 100)
    assert silenced(sound, []) == sound


@pytest.mark.parametrize(
    "sound",
    [
        b"",
        b"RIFF\0\0\0\0WAVE",
        wav(b"\1\2" * 100)[:30],
        wav(b"\1\2" * 100, tag=3, bits=32),
        wav(b"\1\2" * 100, bits=24),
        b"ID3 no wave at all" * 10,
    ],
)
def test_what_cannot_be_silenced_is_told(sound: bytes) -> None:
    with pytest.raises(OtherSoundError):
        silenced(sound, [(0, 1)])


def test_a_file_that_claims_more_than_it_has_ends_with_its_bytes() -> None:
    sound = wav(b"\1\2" * 4000)[:-101]
    assert len(silenced(sound, [(0, 100)])) == len(sound)
