"""Seconds that a caller hears, from the length of the real audio (``flask prompts build``)."""

from __future__ import annotations

import pytest

from ivr.adapters.speech.prompt_files import load_catalogue, load_manifest
from ivr.domain.prompts.manifest import Manifest
from ivr.flow.verbs import Utterance
from ivr.settings import ROOT

CATALOGUE = load_catalogue(ROOT / "prompts" / "pt-BR.toml")


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest(ROOT / "var" / "prompts")


def seconds(manifest: Manifest, prompt: str, **values: str) -> float:
    pieces = CATALOGUE.speak(Utterance(prompt=prompt, values=values))
    return sum(manifest[piece.piece_id].seconds for piece in pieces)


@pytest.mark.parametrize("protocol", ["202600000012", "202712345678", "202688888884"])
def test_protocol_is_told_within_ten_seconds(manifest: Manifest, protocol: str) -> None:
    told = seconds(manifest, "greeting.welcome")
    told += seconds(manifest, "greeting.protocol", protocol=protocol)
    assert told <= 10.0, f"{told:.1f} s"


def test_no_prompt_lasts_over_twenty_seconds(manifest: Manifest) -> None:
    long = {piece: audio.seconds for piece, audio in manifest.items() if audio.seconds > 20}
    assert long == {}


def test_filler_leaves_no_silence_of_four_seconds(manifest: Manifest) -> None:
    """Fillers follow each other without a pause; each says something."""
    for prompt in ("reset.working", "reset.still_working", "unlock.working"):
        assert 1.5 <= seconds(manifest, prompt) <= 6.0
