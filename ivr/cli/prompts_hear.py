"""``flask prompts hear``: the ear test as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ivr.adapters.speech.ear.budget import Budget
from ivr.adapters.speech.ear.findings import ChoiceHeard, Finding, HearingReport
from ivr.adapters.speech.ear.listening import Parted
from ivr.adapters.speech.ear.reading import band

_WORST = 12


def table(report: HearingReport, budget: Budget, broken: tuple[Finding, ...]) -> Iterator[str]:
    """Lines for people."""
    yield f"{'escolha':<24}{'1ª opção':>9}{'pessoa':>8}  segundos até cada tecla"
    for each in report.choices:
        if each.choice.prompts:
            yield _choice(each)
    opening = report.opening
    yield (
        f"do começo da ligação: primeira opção {_seconds(opening.option)}, "
        f"pessoa {_seconds(opening.person)}"
    )
    long = sorted(report.prompts, key=lambda each: each.seconds, reverse=True)[:3]
    told = ", ".join(f"{each.prompt} {_seconds(each.seconds)}" for each in long)
    yield f"falas mais longas: {told}"
    yield f"leitura de todas as falas: {report.ease:.0f} ({band(report.ease)})"
    hard = sorted((each.ease, each.prompt) for each in report.prompts if each.ease is not None)
    yield "mais difíceis: " + ", ".join(f"{name} {value:.0f}" for value, name in hard[:3])
    if report.listened:
        yield ""
        for line in budget.lines:
            yield from _line(report, line.name)
    yield ""
    yield from (f"acima do limite: {found.where}: {found.what}" for found in broken)


def as_json(report: HearingReport, budget: Budget, broken: tuple[Finding, ...]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "listened": report.listened,
        "ease": round(report.ease, 1),
        "opening": {
            "option": _rounded(report.opening.option),
            "person": _rounded(report.opening.person),
        },
        "choices": [
            {
                "where": each.choice.where,
                "seconds": {key: _rounded(s) for key, s in each.seconds.items()},
                "person": _rounded(each.person),
                "lines": {name: _parted(part) for name, part in each.parted.items()},
            }
            for each in report.choices
        ],
        "prompts": [
            {
                "prompt": each.prompt,
                "seconds": round(each.seconds, 2),
                "ease": None if each.ease is None else round(each.ease, 1),
                "lines": {
                    name: {"words": score.said, "wrong": score.wrong, "misheard": score.misheard}
                    for name, score in each.scores.items()
                },
            }
            for each in report.prompts
        ],
        "lines": {
            line.name: {
                "word_error": round(report.score(line.name).error, 4),
                **_parted(report.parted(line.name)),
            }
            for line in budget.lines
            if report.listened
        },
        "broken": [{"where": found.where, "what": found.what} for found in broken],
    }


def _choice(each: ChoiceHeard) -> str:
    keys = "  ".join(f"{key}: {_seconds(s)}" for key, s in each.seconds.items())
    return f"{each.choice.where:<24}{_seconds(each.first):>9}{_seconds(each.person):>8}  {keys}"


def _line(report: HearingReport, name: str) -> Iterator[str]:
    score, parted = report.score(name), report.parted(name)
    tries = max(1, parted.tries)
    yield (
        f"linha {name}: {score.error:.1%} de erro em {score.said} palavras das falas; "
        f"{parted.tries} escolhas faladas: {parted.confused.total() / tries:.1%} trocadas, "
        f"{parted.missed.total() / tries:.1%} não entendidas"
    )
    pairs = [
        (times, each.choice.where, word, taken)
        for each in report.choices
        for (word, taken), times in each.parted.get(name, Parted()).confused.items()
    ]
    for times, where, word, taken in sorted(pairs, reverse=True)[:_WORST]:
        yield f"  {where}: “{word}” tomado por {taken}, {times} vez(es)"


def _parted(parted: Parted) -> dict[str, Any]:
    return {
        "tries": parted.tries,
        "confused": [
            {"said": word, "taken": taken, "times": times}
            for (word, taken), times in parted.confused.most_common()
        ],
        "missed": dict(parted.missed.most_common()),
    }


def _seconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} s".replace(".", ",")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
