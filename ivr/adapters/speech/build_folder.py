"""The folder that a build writes to: its list, its files, one build at a time."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ivr.adapters.speech.prompt_files import load_manifest
from ivr.domain.prompts.manifest import Manifest, ManifestError, PieceAudio


def manifest_json(entries: Mapping[str, PieceAudio]) -> bytes:
    """The list as it is written: by piece id."""
    table = {piece: entries[piece].model_dump() for piece in sorted(entries)}
    return (json.dumps(table, ensure_ascii=False, indent=1) + "\n").encode()


def stored_manifest(folder: Path) -> Manifest | None:
    """What an earlier build left; None when it cannot be read."""
    try:
        return load_manifest(folder)
    except ManifestError:
        return None


def remove_others(folder: Path, pieces: frozenset[str]) -> Iterator[str]:
    """Delete the audio of other pieces, and what a build that died left half-written; their ids."""
    for file in sorted(folder.glob("*.wav")):
        if file.stem not in pieces:
            file.unlink()
            yield file.stem
    for part in folder.glob("*.part"):
        part.unlink()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two builds in one folder wait for each other."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
