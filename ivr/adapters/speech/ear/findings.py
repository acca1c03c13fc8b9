"""The ear test as a whole, measured against its budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.adapters.speech.ear.budget import Budget, LineBudget
from ivr.adapters.speech.ear.choices import Choice
from ivr.adapters.speech.ear.listening import Parted
from ivr.adapters.speech.ear.words import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptHeard:
    """``ease`` is None for a text too short to be judged alone. ``scores`` by name of the line."""

    prompt: str
    seconds: float
    ease: float | None
    scores: Mapping[str, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceHeard:
    """``seconds`` to each key, None when the prompts do not tell it; ``person``: to the offer of
    one, None without. ``parted`` by name of the line."""

    choice: Choice
    seconds: Mapping[str, float | None]
    person: float | None
    parted: Mapping[str, Parted] = field(default_factory=dict)

    @property
    def first(self) -> float | None:
        """Seconds to the first option that is told."""
        return min((s for s in self.seconds.values() if s is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Seconds from the first word of the call to the first option, and to the offer of a person."""

    option: float | None
    person: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingReport:
    """``ease``: of all texts together. ``listened``: whether a recogniser took part."""

    prompts: tuple[PromptHeard, ...]
    choices: tuple[ChoiceHeard, ...]
    opening: Opening
    ease: float
    listened: bool

    def score(self, line: str) -> Score:
        """Of all prompts on a line."""
        return sum((p.scores[line] for p in self.prompts if line in p.scores), Score())

    def parted(self, line: str) -> Parted:
        """Of all choices on a line."""
        whole = Parted()
        for each in self.choices:
            part = each.parted.get(line)
            if part is not None:
                whole.tries += part.tries
                whole.confused += part.confused
                whole.missed += part.missed
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A budget that is broken. ``what`` is pt-BR, for the writer of the texts."""

    where: str
    what: str


def findings(report: HearingReport, budget: Budget) -> tuple[Finding, ...]:
    """Every budget that is broken, the call's opening first."""
    return (
        *_opening(report.opening, budget),
        *_choices(report.choices, budget),
        *_prompts(report.prompts, budget),
        *_reading(report, budget),
        *(found for line in budget.lines for found in _line(report, line)),
    )


def _opening(opening: Opening, budget: Budget) -> Iterator[Finding]:
    if opening.option is None:
        yield Finding(where="começo da ligação", what="nenhuma opção é dita")
    elif opening.option > budget.seconds.opening:
        yield _over("começo da ligação", "primeira opção", opening.option, budget.seconds.opening)
    if opening.person is None:
        yield Finding(where="começo da ligação", what="ninguém oferece uma pessoa")


def _choices(choices: Sequence[ChoiceHeard], budget: Budget) -> Iterator[Finding]:
    for each in choices:
        where = each.choice.where
        for key, seconds in each.seconds.items():
            if seconds is None:
                yield Finding(where=where, what=f"a tecla {key} não é dita em nenhuma fala")
        if each.first is not None and each.first > budget.seconds.first_option:
            yield _over(where, "primeira opção", each.first, budget.seconds.first_option)
        if each.person is not None and each.person > budget.seconds.person:
            yield _over(where, "oferta de uma pessoa", each.person, budget.seconds.person)


def _prompts(prompts: Sequence[PromptHeard], budget: Budget) -> Iterator[Finding]:
    for each in prompts:
        if each.seconds > budget.seconds.prompt:
            yield _over(each.prompt, "duração", each.seconds, budget.seconds.prompt)


def _reading(report: HearingReport, budget: Budget) -> Iterator[Finding]:
    least = budget.reading.all
    if report.ease < least:
        yield Finding(where="todas as falas", what=_hard(report.ease, least))
    for each in report.prompts:
        if each.ease is not None and each.ease < budget.reading.each:
            yield Finding(where=each.prompt, what=_hard(each.ease, budget.reading.each))


def _line(report: HearingReport, line: LineBudget) -> Iterator[Finding]:
    if not report.listened:
        return
    where = f"linha {line.name}"
    score, parted = report.score(line.name), report.parted(line.name)
    for what, share, most in (
        ("palavras das falas com erro", score.error, line.word_error),
        ("escolhas trocadas", _share(parted.confused.total(), parted.tries), line.confused),
        ("escolhas não entendidas", _share(parted.missed.total(), parted.tries), line.missed),
    ):
        if share > most:
            yield Finding(where=where, what=f"{what}: {share:.1%}, no máximo {most:.1%}")


def _share(count: int, tries: int) -> float:
    return count / tries if tries else 0.0


def _over(where: str, what: str, seconds: float, most: float) -> Finding:
    return Finding(where=where, what=f"{what}: {seconds:.1f} s, no máximo {most:g} s")


def _hard(value: float, least: float) -> str:
    return f"leitura difícil: {value:.0f}, no mínimo {least:g}"
