"""Recorded voices: ``prompts/pt-BR/<piece>.wav`` or ``prompts/<piece>.wav`` wins over synthesis."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

LANGUAGE = "pt-BR"


def recordings(folder: Path) -> dict[str, Path]:
    """Recorded file by piece id; the one in the language's own folder comes first."""
    found: dict[str, Path] = {}
    for place in (folder / LANGUAGE, folder):
        for file in sorted(place.glob("*.wav")):
            found.setdefault(file.stem, file)
    return found


def without_piece(folder: Path, pieces: frozenset[str]) -> Iterator[str]:
    """Recordings that nothing plays, most often because the prompt has placeholders and is
    played in parts."""
    for name, file in recordings(folder).items():
        if name not in pieces:
            parts = sorted(piece for piece in pieces if piece.startswith(f"{name}~"))
            advice = f"record {', '.join(parts)} instead" if parts else "no prompt has this id"
            yield f"{file}: {advice}"


def recording_hash(file: Path) -> str:
    """SHA-256 of the recorded file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
