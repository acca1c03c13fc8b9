"""Reading the texts and the rendered audio, and proving the audio at start-up."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ivr.adapters.speech.telephone_wav import NotTelephoneAudio, mulaw_of
from ivr.domain.prompts.catalogue import Catalogue, parse
from ivr.domain.prompts.errors import CatalogueError
from ivr.domain.prompts.manifest import Manifest, ManifestError, parse_manifest

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioProblem:
    """A piece that cannot be played. ``old`` audio plays, but says an earlier text."""

    piece: str
    reason: Literal["not-built", "file-missing", "file-damaged", "old"]


def audio_file(folder: Path, piece: str) -> Path:
    """Where the audio of a piece is."""
    return folder / f"{piece}.wav"


def load_catalogue(file: Path) -> Catalogue:
    """Catalogue of a TOML file. Raises CatalogueError, also for a file that is no TOML."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError((f"{file}: {error}",)) from error
    return parse(tables, file=str(file))


def load_manifest(folder: Path) -> Manifest:
    """What the build wrote. Raises ManifestError."""
    try:
        return parse_manifest((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise ManifestError(f"cannot read {MANIFEST}: {error.strerror}") from error


def audio_problems(
    folder: Path, manifest: Manifest, pieces: Mapping[str, str]
) -> list[AudioProblem]:
    """Pieces of the catalogue (id -> text) whose audio is missing, damaged or old, by reading and
    hashing every file. The caller plays no piece in the list but lets the carrier's voice say its
    text; an ``old`` one too."""
    problems: list[AudioProblem] = []
    for piece, text in pieces.items():
        audio = manifest.get(piece)
        if audio is None:
            problems.append(AudioProblem(piece=piece, reason="not-built"))
            continue
        try:
            content = audio_file(folder, piece).read_bytes()
        except OSError:
            problems.append(AudioProblem(piece=piece, reason="file-missing"))
            continue
        if not is_intact(content, audio.sha256):
            problems.append(AudioProblem(piece=piece, reason="file-damaged"))
        elif audio.text != text:
            problems.append(AudioProblem(piece=piece, reason="old"))
    return problems


def is_intact(content: bytes, sha256: str) -> bool:
    """Whether it is the telephone audio that the manifest names."""
    if hashlib.sha256(content).hexdigest() != sha256:
        return False
    try:
        return bool(mulaw_of(content))
    except NotTelephoneAudio:
        return False


def write_whole(file: Path, content: bytes) -> None:
    """Write so that a reader sees the old file or the new one, never a part."""
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
