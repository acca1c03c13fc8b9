"""The shelf of recordings: whole, sealed, any part of it, and nothing that was tampered with."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.adapters import recording_shelf
from ivr.adapters.recording_shelf import PIECE, FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.ports.recordings import SpoiltError, TooLongError

NAME, OTHER = "a" * 32, "b" * 32
SEAL = AesGcmSeal(b"key of the tests")


@pytest.fixture
def shelf(tmp_path: Path) -> FolderShelf:
    return FolderShelf(tmp_path, seal=SEAL)


def file_of(tmp_path: Path, name: str = NAME) -> Path:
    return tmp_path / name[:2] / f"{name}.sealed"


def test_sound_comes_back_whole_and_is_not_to_be_read_in_the_file(
    shelf: FolderShelf, tmp_path: Path
) -> None:
    sound = b"RIFF" + b"words of a caller" * 40_000
    kept = shelf.put(NAME, sound)
    assert shelf.find(NAME) == shelf.check(NAME) == kept
    assert b"".join(shelf.read(NAME)) == sound
    assert b"words of a caller" not in file_of(tmp_path).read_bytes()
    assert file_of(tmp_path).stat().st_mode & 0o077 == 0


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(size=st.integers(0, 70), start=st.integers(0, 80), length=st.integers(0, 80))
def test_any_part_is_that_part(tmp_path: Path, size: int, start: int, length: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording_shelf, "PIECE", 16)
        shelf = FolderShelf(tmp_path, seal=SEAL)
        sound = bytes(range(size))
        shelf.put(NAME, sound)
        part = b"".join(shelf.read(NAME, start=start, stop=start + length))
        assert part == sound[start : start + length]


def test_piece_that_was_changed_moved_or_cut_off_is_refused(
    shelf: FolderShelf, tmp_path: Path
) -> None:
    shelf.put(NAME, b"1" * PIECE + b"2" * PIECE)
    shelf.put(OTHER, b"3" * PIECE + b"4" * PIECE)
    good, other = file_of(tmp_path).read_bytes(), file_of(tmp_path, OTHER).read_bytes()
    length = len(SEAL.close(bytes(24 + PIECE)))
    spoilt = (
        good[:-10],
        good[:50] + bytes([good[50] ^ 1]) + good[51:],
        good[length : 2 * length] + good[:length] + good[2 * length :],
        other[:length] + good[length:],
        good[length:],
        b"",
    )
    for bad in spoilt:
        file_of(tmp_path).write_bytes(bad)
        with pytest.raises(SpoiltError):
            shelf.check(NAME)
    file_of(tmp_path).write_bytes(good)
    assert shelf.check(NAME).size == 2 * PIECE


def test_erased_sound_is_gone(shelf: FolderShelf) -> None:
    shelf.put(NAME, b"RIFF")
    assert shelf.erase(NAME)
    assert not shelf.erase(NAME)
    assert shelf.find(NAME) is None


def test_sound_that_is_too_long_leaves_nothing(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path, seal=SEAL, most=10)
    with pytest.raises(TooLongError):
        shelf.put(NAME, b"12345678901")
    assert list(tmp_path.rglob("*.*")) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 32, "a" * 31, ""])
def test_name_that_is_not_ours_opens_nothing(shelf: FolderShelf, name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        shelf.find(name)
