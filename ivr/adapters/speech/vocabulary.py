"""From what a node listens for to the phrases of a recogniser, by words that it knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ivr.flow.heard_words import NUMBER_WORDS
from ivr.flow.verbs import Gather
from ivr.ports.speech import Grammar, SpeechError

Knows = Callable[[str], bool]
"""Whether a model has a word, as it writes it."""

UNKNOWN = "[unk]"
"""The word that stands for all others."""
MOST_PHRASES = 500
EVERYWHERE = (
    *("atendente", "pessoa", "humano", "falar com atendente", "repetir", "repete", "de novo"),
    *("voltar", "mais devagar"),
)
YES_NO = (
    *("sim", "isso", "certo", "correto", "confirmo", "confirma", "positivo", "é", "pode"),
    *("não", "errado", "corrigir", "negativo", "cancelar"),
)
DIGIT_WORDS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A phrase that somebody listens for. ``where`` names the menu or the prompt, in pt-BR."""

    phrase: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """A phrase that cannot be recognised, with the words that the model lacks."""

    need: Need
    words: tuple[str, ...]

    def __str__(self) -> str:
        lacking = ", ".join(self.words) or "nenhuma palavra"
        return f"{self.need.where}: “{self.need.phrase}” ({lacking})"


def grammar_of(gather: Gather) -> Grammar | None:
    """What a Gather listens for; None when it takes keys only."""
    if gather.mode == "keys" or (gather.secret and not gather.own_ears):
        return None
    if {"sim", "não"} <= set(gather.hints):
        return Grammar(kind="yes_no", phrases=gather.hints)
    if gather.hints:
        return Grammar(kind="words", length=gather.digits, phrases=gather.hints)
    return Grammar(kind="digits", length=gather.digits)


def phrases_of(grammar: Grammar, knows: Knows) -> tuple[str, ...] | None:
    """Phrases for the engine, each word known to the model; None for free speech.

    Numbers go without the word for all others: their check digit rejects better, and the word
    swallows digits (measured: CPF 96.7 % against 93.7 %). Raises SpeechError when nothing of what
    is listened for can be recognised: an empty grammar ends the engine's process.
    """
    if grammar.kind == "free":
        return None
    own = {"digits": (), "yes_no": YES_NO, "words": ()}[grammar.kind]
    wanted = (
        *own,
        *grammar.phrases,
        *(NUMBER_WORDS if grammar.kind != "yes_no" else ("um", "dois")),
    )
    spoken = list(_spoken(wanted, knows))
    if not spoken:
        raise SpeechError("no known phrase", permanent=True)
    everywhere = _spoken(EVERYWHERE, knows)
    others = (UNKNOWN,) if grammar.kind != "digits" and knows(UNKNOWN) else ()
    phrases = tuple(dict.fromkeys((*spoken, *everywhere)))[:MOST_PHRASES]
    return (*phrases, *others)


def unmet(needs: Iterable[Need], knows: Knows) -> tuple[Unmet, ...]:
    """The needs that the model cannot meet, in the order given."""
    found: list[Unmet] = []
    for need in needs:
        if spoken_form(need.phrase, knows) is None:
            lacking = dict.fromkeys(w for w in words_of(need.phrase) if not _known(w, knows))
            found.append(Unmet(need=need, words=tuple(lacking)))
    return tuple(found)


def unsayable(needs: Iterable[Need], lacking: Iterable[Unmet]) -> tuple[str, ...]:
    """Where nothing at all can be recognised, so that only keys are left."""
    gone = dict.fromkeys(each.need for each in lacking)
    met = {need.where for need in needs if need not in gone}
    return tuple(w for w in dict.fromkeys(need.where for need in gone) if w not in met)


def standing_needs() -> tuple[Need, ...]:
    """What is listened for in every flow."""
    yes, no = YES_NO[: YES_NO.index("não")], YES_NO[YES_NO.index("não") :]
    return (
        *(Need(phrase=p, where="em qualquer ponto") for p in EVERYWHERE),
        *(Need(phrase=p, where="sim") for p in yes),
        *(Need(phrase=p, where="não") for p in no),
        *(
            Need(phrase=p, where=f"dígito {p}" if p in DIGIT_WORDS else "outros números")
            for p in NUMBER_WORDS
        ),
    )


def spoken_form(phrase: str, knows: Knows) -> str | None:
    """The phrase as the model writes it; None when a word of it is unknown."""
    forms = [_known(word, knows) for word in words_of(phrase)]
    return " ".join(forms) if forms and all(forms) else None


def words_of(phrase: str) -> tuple[str, ...]:
    """Words in small letters with their accents; a hyphen stays within its word."""
    return tuple(_WORD.findall(unicodedata.normalize("NFC", phrase).lower()))


def _spoken(phrases: Iterable[str], knows: Knows) -> Iterator[str]:
    for phrase in phrases:
        form = spoken_form(phrase, knows)
        if form is not None:
            yield form


def _known(word: str, knows: Knows) -> str:
    """The word as the model has it: as it is, joined ("email") or parted ("e mail")."""
    for form in dict.fromkeys((word, word.replace("-", ""), word.replace("-", " "))):
        if all(knows(part) for part in form.split()):
            return form
    return ""
