"""A Vosk model's folder: is it whole, at which rate does it hear, may it serve.

Nothing here loads the engine. An incomplete folder may end the process that loads it, and a
wrong rate fails only when audio comes ("Sampling frequency mismatch", vosk-api#1726).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TEST_MARK = "TEST-ONLY.txt"
"""A model with this file serves the demonstration only."""
DESCRIPTION = "model.json"
STOCK_RATE = 16000.0
"""Kaldi's own, when the configuration names none."""
_GRAPHS = (("HCLr.fst", "Gr.fst"), ("HCLG.fst",))
_BINARY = b"\0B"


class ModelError(Exception):
    """A model that cannot serve; the text says why, in pt-BR, with the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoskModelFolder:
    """What is known of a model without loading it."""

    path: Path
    name: str
    rate: int
    licence: str
    """Empty when nobody wrote it down."""
    words: int
    """How many it lists; 0 when the list lies within its graph."""
    closed_grammars: bool
    """Whether a grammar may be given for each question; a one-piece graph takes none."""
    test_only: bool


def read_folder(path: Path, *, demo: bool) -> VoskModelFolder:
    """Examine a model. ``demo``: whether invented people only are served.

    Raises ModelError for a folder that is absent, partial, or a test model that would serve
    people.
    """
    if not path.is_dir():
        raise ModelError(f"{path}: não há modelo de voz aqui; rode: flask speech fetch")
    acoustic = _first(path, "am/final.mdl", "final.mdl")
    with acoustic.open("rb") as file:
        if file.read(2) != _BINARY:
            raise ModelError(f"{acoustic.name}: não é um modelo acústico do Kaldi")
    config = _first(path, "conf/mfcc.conf", "mfcc.conf").read_text("utf-8", errors="replace")
    graph = path / "graph" if (path / "graph").is_dir() else path
    pieces = next((g for g in _GRAPHS if all(_holds(graph / piece) for piece in g)), None)
    if pieces is None:
        raise ModelError(f"{path.name}: falta o grafo (graph/HCLr.fst e graph/Gr.fst)")
    if not any((graph / "phones" / f"word_boundary.{end}").exists() for end in ("int", "inf")) and (
        not (graph / "phones" / "align_lexicon.int").exists()
        and not (path / "word_boundary.int").exists()
    ):
        raise ModelError(f"{path.name}: falta graph/phones/word_boundary.int")
    test_only = (path / TEST_MARK).exists()
    if test_only and not demo:
        raise ModelError(
            f"{path.name}: modelo de teste, só para IVR_DIRECTORY=demo; "
            "para atender pessoas: flask speech fetch"
        )
    described = _described(path)
    listed = graph / "words.txt"
    return VoskModelFolder(
        path=path,
        name=described.get("name") or path.name,
        rate=_rate(config, path.name),
        licence=described.get("licence", ""),
        words=_count_words(listed) if listed.exists() else 0,
        closed_grammars=len(pieces) == 2,
        test_only=test_only,
    )


def _first(path: Path, *names: str) -> Path:
    for name in names:
        if _holds(path / name):
            return path / name
    raise ModelError(f"{path.name}: falta {names[0]}, ou está vazio")


def _holds(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _rate(config: str, name: str) -> int:
    rate = STOCK_RATE
    for line in config.splitlines():
        option, _, value = line.split("#", 1)[0].strip().partition("=")
        if option == "--sample-frequency":
            try:
                rate = float(value)
            except ValueError:
                rate = 0.0
    if not 4000 <= rate <= 48000 or rate != int(rate):
        raise ModelError(f"{name}: conf/mfcc.conf tem --sample-frequency que não serve")
    return int(rate)


def _count_words(listed: Path) -> int:
    """Without the symbols of the engine: ``<eps>``, ``[unk]``, ``#0``, ``!SIL``."""
    lines = listed.read_text("utf-8", errors="replace").splitlines()
    return sum(1 for line in lines if line and line[0] not in "<[#!")


def _described(path: Path) -> dict[str, str]:
    try:
        found = json.loads((path / DESCRIPTION).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
