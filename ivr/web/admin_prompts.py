"""Prompts on a page: the text, and which audio files say it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from ivr.adapters.speech.prompt_files import load_manifest
from ivr.domain.prompts.catalogue import Catalogue, Prompt
from ivr.domain.prompts.manifest import Manifest, ManifestError
from ivr.domain.prompts.segments import Static
from ivr.web.edge import edge
from ivr.web.headers import CONTENT_SECURITY_POLICY

POLICY = f"{CONTENT_SECURITY_POLICY}; media-src 'self'"
"""A page with players may load sounds of ours."""
SOURCES = {"tts": "voz sintética", "recorded": "gravada por uma pessoa"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece between two values. ``address`` empty: there is no audio, the carrier's voice
    says it."""

    text: str
    piece: str = ""
    address: str = ""
    sha256: str = ""
    seconds: float = 0.0
    source: str = ""
    kind: str = ""
    """``tts`` or ``recorded``."""
    stale: bool = False
    """The audio says an earlier text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A prompt; ``parts`` are its fixed pieces in order."""

    id: str
    text: str
    note: str = ""
    parts: tuple[Part, ...] = ()
    value: bool = False
    """One of the built-in pieces that say values."""


def manifest() -> Manifest:
    """What audio there is; none when nothing is built."""
    try:
        return load_manifest(edge().audio_dir)
    except ManifestError:
        return {}


def told(prompt_id: str, catalogue: Catalogue, audio: Manifest) -> Told:
    """A prompt by its id; one that is not in the catalogue has no parts."""
    prompt = catalogue.prompts.get(prompt_id)
    if prompt is None:
        return Told(id=prompt_id, text="")
    return Told(id=prompt_id, text=prompt.text, note=prompt.note, parts=_parts(prompt, audio))


def told_value(piece: str, text: str, audio: Manifest) -> Told:
    """A built-in piece of the values."""
    part = _part(Static(piece_id=piece, text=text), audio)
    return Told(id=piece, text=text, parts=(part,), value=True)


def _parts(prompt: Prompt, audio: Manifest) -> tuple[Part, ...]:
    return tuple(
        _part(segment, audio) for segment in prompt.segments if isinstance(segment, Static)
    )


def _part(segment: Static, audio: Manifest) -> Part:
    found = audio.get(segment.piece_id)
    if found is None:
        return Part(text=segment.text, piece=segment.piece_id)
    return Part(
        text=segment.text,
        piece=segment.piece_id,
        address=url_for("audio.prompt", piece=segment.piece_id, v=found.sha256[:10]),
        sha256=found.sha256,
        seconds=found.seconds,
        source=SOURCES[found.source],
        kind=found.source,
        stale=found.text != segment.text,
    )
