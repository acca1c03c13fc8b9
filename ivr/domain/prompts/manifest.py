"""The list of rendered audio, as the build writes it and the web process reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


class PieceAudio(BaseModel):
    """Audio of one piece. ``key`` is the hash of all that the audio was made from, ``sha256``
    the hash of the file, ``seconds`` its length."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    key: str
    seconds: float = Field(gt=0)
    source: Literal["tts", "recorded"]


Manifest = Mapping[str, PieceAudio]
"""Audio by piece id."""


class ManifestError(ValueError):
    """The manifest is missing or cannot be read."""


_ADAPTER: TypeAdapter[dict[str, PieceAudio]] = TypeAdapter(dict[str, PieceAudio])


def parse_manifest(text: str | bytes) -> Manifest:
    """Manifest of a JSON text. Raises ManifestError."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise ManifestError(f"{error.error_count()} problems in the manifest") from None
