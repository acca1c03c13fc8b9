"""Words of a recogniser into keys, digits, yes or no. Deterministic, no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from ivr.flow.heard_numbers import Reading, choose, readings
from ivr.flow.heard_words import LEAD_IN

__all__ = [
    "LEAST_CONFIDENCE",
    "choose",
    "digits",
    "global_key",
    "identifier_readings",
    "named",
    "option",
    "plain",
    "says",
    "yes_or_no",
]

_YES = (
    *("sim", "isso", "certo", "correto", "confirmo", "confirma", "confirmado", "exato"),
    *("exatamente", "positivo", "afirmativo", "pode", "claro", "perfeito", "com certeza", "ok"),
    *("ta bom", "pois e", "uhum", "aham"),
)
_YES_ALONE = frozenset({"e", "e sim", "ta", "quero", "quero sim", "beleza", "okay"})
"""Yes only when nothing else was said: "é" is plain ``e``, which stands in many sentences."""
_NO = (
    *("nao", "errado", "errada", "incorreto", "incorreta", "negativo", "corrigir", "cancelar"),
    *("cancela", "nunca", "de jeito nenhum", "nada disso"),
)
_NEITHER = ("nao sei", "pois nao", "sei la", "talvez")
_GLOBAL = {
    "0": ("atendente", "pessoa", "falar com alguem", "humano", "telefonista"),
    "*": ("voltar", "volta"),
    "9": ("repetir", "repita", "de novo", "nao entendi"),
    "8": ("mais devagar", "devagar"),
}
_ORDINALS = {
    f"{word}{ending}": digit
    for word, digit in {
        **{"primeir": "1", "segund": "2", "terceir": "3", "quart": "4", "quint": "5"},
        **{"sext": "6", "setim": "7", "oitav": "8", "non": "9"},
    }.items()
    for ending in "oa"
} | {"o": "e", "a": "e"}
"""Words that point at an option by its place; an article before them says nothing."""
LEAST_CONFIDENCE = 0.35
"""Below this a result counts as not understood. Carriers may leave confidence out."""


def plain(text: str) -> str:
    """Lower case, no accents, single spaces, no punctuation; "e-mail" is ``email``."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    joined = re.sub(r"(?<=[a-z0-9])-(?=[a-z0-9])", "", letters)
    return " ".join(re.findall(r"[a-z0-9]+", joined))


@lru_cache(maxsize=4096)
def _phrase(text: str) -> str:
    """A phrase of a flow; never what a caller said, which must not stay in memory."""
    return plain(text)


def says(text: str, phrases: Iterable[str]) -> bool:
    """Whether any phrase stands in the text as whole words."""
    padded = f" {plain(text)} "
    return any(f" {_phrase(p)} " in padded for p in phrases if _phrase(p))


def digits(text: str) -> str:
    """Digits of a number as it was most likely meant: named one by one, in tens, hundreds and
    thousands, repeated ("dois noves"), or written by the recogniser; "" if other words stand
    between them."""
    ways = readings(plain(text).split())
    return ways[0].digits if ways else ""


def identifier_readings(text: str) -> tuple[Reading, ...]:
    """Every way to take a number that says what it is, the likeliest first: "meu CPF é …"."""
    words = plain(text).split()
    start = next((at for at, word in enumerate(words) if word not in LEAD_IN), len(words))
    return readings(words[start:])


def yes_or_no(text: str) -> bool | None:
    """True, False, or None when it is neither. A no beats a yes ("não está certo")."""
    if says(text, _NEITHER):
        return None
    no = says(text, _NO)
    yes = (says(text, _YES) or plain(text) in _YES_ALONE) and not no
    return True if yes else False if no else None


def global_key(text: str) -> str:
    """The global key that the words stand for, or empty."""
    for key, phrases in _GLOBAL.items():
        if says(text, phrases):
            return key
    return ""


def named(text: str, words: Mapping[str, Iterable[str]]) -> list[str]:
    """Keys of the options that were named. A phrase within a longer one that was said ("rede" in
    "ponto de rede") does not count."""
    said = {
        key: max((_phrase(p) for p in phrases if says(text, (p,))), key=len, default="")
        for key, phrases in words.items()
    }
    return [
        key
        for key, phrase in said.items()
        if phrase and not any(phrase != p and f" {phrase} " in f" {p} " for p in said.values())
    ]


def option(text: str, words: Mapping[str, Iterable[str]]) -> str:
    """Key of the menu option that was named; empty when none or more than one was."""
    hits = named(text, words)
    if len(hits) == 1:
        return hits[0]
    number = digits(" ".join(_ORDINALS.get(word, word) for word in plain(text).split()))
    return number if len(number) == 1 and not hits else ""
