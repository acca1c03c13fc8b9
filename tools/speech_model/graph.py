"""The vocabulary of an existing model: words and how they sound, into its ``graph`` folder.

The sounds ("phones") are the ones that the model learned; their ids are in ``phones.txt``, each
in four variants by its place in a word (``_B`` begin, ``_I`` inside, ``_E`` end, ``_S`` alone)
that share what was learned. With one emitting state a phone, transition 2·id enters it and
2·id - 1 stays in it.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.speech_model.kaldi_graph import Graph

Sounds = Sequence[tuple[Sequence[str], float]]
"""Ways to say a word: phones, and the cost of the way (0 for the usual one)."""

SILENCE = "SIL"
UNKNOWN = "[unk]"
HALF = -math.log(0.5)
SILENCE_COST = 0.7
UNKNOWN_COST = 4.5
"""A phone of an unknown word. At 1 such words swallow digits; above 4.5 too few are rejected."""
_PLACES = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}


class LexiconError(Exception):
    """A word that cannot be said with the model's phones."""


def vocabulary_graph(
    lexicon: Mapping[str, Sounds], *, phones: Mapping[str, int], words: Mapping[str, int]
) -> Graph:
    """From transitions of phones to words; between two words a silence may stand."""
    graph = Graph()
    start, loop = graph.state(), graph.state()
    graph.final[loop] = 0.0
    direct = -math.log(1 - math.exp(-SILENCE_COST))

    def phone(source: int, name: str, word: int, cost: float) -> int:
        entered = graph.state()
        graph.arc(source, 2 * phones[name], word, cost + HALF, entered)
        graph.arc(entered, 2 * phones[name] - 1, 0, HALF, entered)
        return entered

    def maybe_silence(source: int) -> None:
        graph.arc(source, 0, 0, direct, loop)
        graph.arc(phone(source, SILENCE, 0, SILENCE_COST), 0, 0, 0.0, loop)

    maybe_silence(start)
    after = graph.state()
    maybe_silence(after)
    for word, ways in lexicon.items():
        for sounds, cost in ways:
            at = loop
            for place, name in enumerate(sounds):
                variant = f"{name}_{_place(place, len(sounds))}"
                first = place == 0
                at = phone(at, variant, words[word] if first else 0, cost if first else 0.0)
            graph.arc(at, 0, 0, 0.0, after)
    hub = graph.state()
    for name in _names(phones)[1:]:
        graph.arc(phone(loop, f"{name}_B", words[UNKNOWN], UNKNOWN_COST), 0, 0, 0.0, hub)
        graph.arc(phone(hub, f"{name}_I", 0, UNKNOWN_COST), 0, 0, 0.0, hub)
        graph.arc(phone(hub, f"{name}_E", 0, UNKNOWN_COST), 0, 0, 0.0, after)
    return graph


def any_words_graph(words: Mapping[str, int]) -> Graph:
    """Any known words in any order: the grammar when none is given."""
    graph = Graph()
    only = graph.state()
    graph.final[only] = 1.0
    for word, number in words.items():
        if word != UNKNOWN:
            graph.arc(only, number, number, math.log(len(words)), only)
    return graph


def rebuild(model: Path, lexicon: Mapping[str, Sounds]) -> None:
    """Write the graph folder of a model whose ``phones.txt`` is there. Raises LexiconError."""
    folder = model / "graph"
    phones = read_phones(folder / "phones.txt")
    known = frozenset(_names(phones))
    usable: dict[str, Sounds] = {}
    for word, ways in lexicon.items():
        usable[word] = [(sounds, cost) for sounds, cost in ways if known.issuperset(sounds)]
        if not usable[word]:
            raise LexiconError(f"{word}: none of its sounds were learned")
    words = {word: number for number, word in enumerate([*sorted(usable), UNKNOWN], 1)}
    vocabulary_graph(usable, phones=phones, words=words).save(folder / "HCLr.fst", by="write")
    any_words_graph(words).save(folder / "Gr.fst", by="read")
    listed = [f"{word} {number}" for word, number in {"<eps>": 0, **words}.items()]
    (folder / "words.txt").write_text("\n".join([*listed, ""]), "utf-8")
    (folder / "disambig_tid.int").write_text("", "utf-8")
    (folder / "phones").mkdir(exist_ok=True)
    bounds = [
        f"{number} {'nonword' if name == SILENCE else _PLACES[name[-1]]}"
        for name, number in phones.items()
    ]
    (folder / "phones" / "word_boundary.int").write_text("\n".join([*bounds, ""]), "utf-8")


def read_phones(file: Path) -> dict[str, int]:
    """Phones with their ids, in order, without the empty one."""
    pairs = (line.split() for line in file.read_text("utf-8").splitlines())
    return {name: int(number) for name, number in pairs if name != "<eps>"}


def read_lexicon(file: Path) -> dict[str, Sounds]:
    """A file of :mod:`tools.speech_model.lexicon`."""
    found = json.loads(file.read_text("utf-8"))
    return {
        word: [(tuple(sounds), float(cost)) for sounds, cost in ways]
        for word, ways in found.items()
    }


def _names(phones: Mapping[str, int]) -> list[str]:
    """Phones without their place in a word, silence first."""
    return list(dict.fromkeys(name if name == SILENCE else name[:-2] for name in phones))


def _place(place: int, size: int) -> str:
    if size == 1:
        return "S"
    return "B" if place == 0 else "E" if place == size - 1 else "I"


def main() -> int:
    """Rebuild the vocabulary of a model."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("lexicon", type=Path)
    given = arguments.parse_args()
    rebuild(given.model, read_lexicon(given.lexicon))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
