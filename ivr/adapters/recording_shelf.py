"""Sounds in a folder, sealed in pieces so that any part of a long one is read alone.

A file is pieces of equal length, each sealed with its number and the file's name, so that no
piece can be left out, doubled, moved or taken from another file; then a last piece with size and
digest, whose sealed length stands in the last four bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ivr.ports.recordings import KeptSound, SpoiltError, TooLongError
from ivr.ports.sealing import Seal

PIECE = 256 * 1024
"""Bytes of sound in a piece."""
MOST_BYTES = 512 * 1024 * 1024
"""Four hours, the carrier's longest call, of two channels of 8 kHz and 16 bits are 461 MB."""
_NAME = re.compile(r"[0-9a-f]{32}")
_HEAD = 24
_END = "end"


class FolderShelf:
    """:class:`ivr.ports.recordings.RecordingShelf` over a folder."""

    def __init__(self, folder: Path, *, seal: Seal, most: int = MOST_BYTES) -> None:
        self._folder = folder
        self._seal = seal
        self._most = most
        self._sealed = len(seal.close(bytes(_HEAD + PIECE)))

    def put(self, name: str, sound: bytes) -> KeptSound:
        """Written beside, then moved into its place: a crash leaves nothing half."""
        if len(sound) > self._most:
            raise TooLongError
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = KeptSound(name=name, size=len(sound), sha256=hashlib.sha256(sound).hexdigest())
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            with open(part, "wb", opener=_private) as file:
                for number, start in enumerate(range(0, len(sound), PIECE)):
                    piece = sound[start : start + PIECE].ljust(PIECE, b"\0")
                    file.write(self._seal.close(_head(name, number) + piece))
                end = json.dumps({"size": kept.size, "sha256": kept.sha256}).encode()
                sealed = self._seal.close(_head(name, _END) + end)
                file.write(sealed + len(sealed).to_bytes(4, "big"))
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return kept

    def find(self, name: str) -> KeptSound | None:
        path = self._path(name)
        if not path.is_file():
            return None
        try:
            with path.open("rb") as file:
                file.seek(-4, os.SEEK_END)
                length = int.from_bytes(file.read(4), "big")
                file.seek(-4 - length, os.SEEK_END)
                told = json.loads(self._open(file.read(length), name, _END))
        except (OSError, ValueError) as error:
            raise SpoiltError from error
        return KeptSound(name=name, size=told["size"], sha256=told["sha256"])

    def check(self, name: str) -> KeptSound:
        kept = self.find(name)
        if kept is None:
            raise SpoiltError
        digest = hashlib.sha256()
        for part in self.read(name):
            digest.update(part)
        if digest.hexdigest() != kept.sha256:
            raise SpoiltError
        return kept

    def read(self, name: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        kept = self.find(name)
        if kept is None:
            raise SpoiltError
        stop = kept.size if stop is None else min(stop, kept.size)
        with self._path(name).open("rb") as file:
            while start < stop:
                number, skip = divmod(start, PIECE)
                file.seek(number * self._sealed)
                piece = self._open(file.read(self._sealed), name, number)
                part = piece[skip : skip + stop - start]
                yield part
                start += len(part)

    def erase(self, name: str) -> bool:
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def _open(self, sealed: bytes, name: str, number: int | str) -> bytes:
        try:
            plain = self._seal.open(sealed)
        except ValueError as error:
            raise SpoiltError from error
        if plain[:_HEAD] != _head(name, number):
            raise SpoiltError
        return plain[_HEAD:]

    def _path(self, name: str) -> Path:
        """Raises ValueError on a name that is not of ours: nothing leads out of the folder."""
        if _NAME.fullmatch(name) is None:
            raise ValueError("not the name of a kept sound")
        return self._folder / name[:2] / f"{name}.sealed"


def _head(name: str, number: int | str) -> bytes:
    """Which piece of which sound this is, in :data:`_HEAD` bytes."""
    return hashlib.sha256(f"{name}/{number}".encode()).digest()[:_HEAD]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
