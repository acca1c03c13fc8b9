"""Words of a recogniser into keys, digits, yes or no. Deterministic, no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

_DIGITS = {
    "zero": "0",
    "um": "1",
    "uma": "1",
    "primeiro": "1",
    "primeira": "1",
    "dois": "2",
    "duas": "2",
    "tres": "3",
    "quatro": "4",
    "cinco": "5",
    "seis": "6",
    "meia": "6",
    "sete": "7",
    "oito": "8",
    "nove": "9",
}
_YES = ("sim", "isso", "certo", "correto", "confirmo", "exato", "positivo", "pode")
_NO = ("nao", "errado", "incorreto", "negativo", "corrigir")
_GLOBAL = {
    "0": ("atendente", "pessoa", "falar com alguem", "humano", "telefonista"),
    "*": ("voltar", "volta"),
    "9": ("repetir", "repita", "de novo", "nao entendi"),
    "8": ("mais devagar", "devagar"),
}
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
    """Digits named one by one ("meia" is 6) or written by the recogniser; "" if others stand
    between them."""
    found: list[str] = []
    for word in plain(text).split():
        if word.isdigit():
            found.append(word)
        elif word in _DIGITS:
            found.append(_DIGITS[word])
        elif word not in ("e", "ponto", "traco", "barra", "digito", "eh", "ah", "hum"):
            return ""
    return "".join(found)


def yes_or_no(text: str) -> bool | None:
    """True, False, or None when it is neither. A no beats a yes ("não está certo")."""
    no = says(text, _NO)
    yes = says(text, _YES) and not no
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
    number = digits(text)
    return number if len(number) == 1 and not hits else ""
