"""Recorded voices, which win over synthesis: ``<piece>.wav`` in the folder of the supervisors'
uploads, then in ``prompts/pt-BR/``, then in ``prompts/``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

LANGUAGE = "pt-BR"


def recordings(folder: Path, *, uploaded: Path | None = None) -> dict[str, Path]:
    """Recorded file by piece id: an uploaded one, else the one in the language's own folder."""
    found: dict[str, Path] = {}
    for place in ((uploaded,) if uploaded else ()) + (folder / LANGUAGE, folder):
        for file in sorted(place.glob("*.wav")):
            found.setdefault(file.stem, file)
    return found


def without_piece(
    folder: Path, pieces: frozenset[str], *, uploaded: Path | None = None
) -> Iterator[str]:
    """Recordings that nothing plays, most often because the prompt has placeholders and is
    played in parts."""
    for name, file in recordings(folder, uploaded=uploaded).items():
        if name not in pieces:
            parts = sorted(piece for piece in pieces if piece.startswith(f"{name}~"))
            advice = f"record {', '.join(parts)} instead" if parts else "no prompt has this id"
            yield f"{file}: {advice}"


def recording_hash(file: Path) -> str:
    """SHA-256 of the recorded file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
