"""Plain words: what a caller who knows nothing of computers must not have to hear.

Brazilian law asks public services for plain language without jargon, foreign words and
unexplained acronyms (Lei 13.460/2017, art. 5, XIV; Decreto 9.094/2017).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ACRONYM = re.compile(r"\b[A-ZÀ-Ý]{2,}[0-9]*\b")
_WORD = re.compile(r"[\w-]+")
_SENTENCE_END = re.compile(r"[.!?…]+(?:\s+|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainWords:
    """What is allowed. ``acronyms`` are those that everyone knows; ``jargon`` is small letters."""

    acronyms: frozenset[str] = frozenset({"CPF"})
    jargon: frozenset[str] = frozenset(
        {
            "autenticação",
            "autenticar",
            "feedback",
            "help",
            "desk",
            "link",
            "log-in",
            "login",
            "logon",
            "reset",
            "resetar",
            "sla",
            "ticket",
            "token",
            "tíquete",
            "ura",
        }
    )
    words_a_sentence: int = 25


def jargon_in(text: str, rules: PlainWords) -> Iterator[str]:
    """Acronyms and jargon words of a text, as written."""
    for match in _ACRONYM.finditer(text):
        if match[0] not in rules.acronyms:
            yield match[0]
    for match in _WORD.finditer(text):
        if match[0].lower() in rules.jargon and not _ACRONYM.fullmatch(match[0]):
            yield match[0]


def long_sentences(text: str, rules: PlainWords) -> Iterator[int]:
    """Word counts of the sentences that are too long to be kept in mind."""
    for sentence in _SENTENCE_END.split(text):
        count = len(_WORD.findall(sentence))
        if count > rules.words_a_sentence:
            yield count
