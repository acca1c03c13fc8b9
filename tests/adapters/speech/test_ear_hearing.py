"""The ear test on the shipped prompts and flows, with the model of the tests. All of it runs by
``flask prompts hear``; here, all seconds and texts, and a sample of what is listened to.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from ivr.adapters.speech.ear.budget import Budget, read_budget
from ivr.adapters.speech.ear.callers import CALLERS
from ivr.adapters.speech.ear.choices import choices, digits_alone
from ivr.adapters.speech.ear.findings import HearingReport, findings
from ivr.adapters.speech.ear.hearing import DIGITS, hear_all
from ivr.adapters.speech.prompt_files import load_catalogue, load_manifest
from ivr.adapters.speech.recogniser import open_vosk
from ivr.cli.flows import shipped_book
from ivr.cli.prompts_hear import as_json, table
from ivr.domain.prompts.catalogue import parse
from ivr.settings import ROOT

MODEL = ROOT / "tests" / "fixtures" / "speech" / "model-pt-8k-test-only"
AUDIO = ROOT / "var" / "prompts"
SAMPLE = frozenset({"main.menu", "identify.ask", "error.sorry", "service.network", DIGITS})
CHOICES = frozenset({"main.menu", "access.action", "algarismos"})


@cache
def budget() -> Budget:
    whole = read_budget(ROOT / "prompts" / "budget.toml")
    return whole.model_copy(update={"lines": (whole.lines[0], whole.lines[2])})


@cache
def report() -> HearingReport:
    return hear_all(
        catalogue=load_catalogue(ROOT / "prompts" / "pt-BR.toml"),
        audio=load_manifest(AUDIO),
        folder=AUDIO,
        book=shipped_book()[0],
        budget=budget(),
        ear=open_vosk(MODEL, demo=True),
        callers=CALLERS[:2],
        wanted=lambda name: name in SAMPLE | CHOICES,
    )


def test_shipped_prompts_keep_every_budget() -> None:
    assert findings(report(), budget()) == ()


def test_every_choice_of_the_flows_is_measured() -> None:
    told = {each.choice.where: each for each in report().choices}
    assert {choice.where for choice in choices(shipped_book()[0])} <= told.keys()
    menu = told["main.menu"]
    assert list(menu.seconds) == ["1", "2", "3", "4"]
    seconds = [s for s in menu.seconds.values() if s is not None]
    assert seconds == sorted(seconds) and len(seconds) == 4
    assert menu.person is not None and seconds[-1] < menu.person


def test_digits_and_words_of_the_sample_are_listened_to() -> None:
    line = budget().lines[0].name
    heard = {each.prompt: each.scores[line] for each in report().prompts if each.scores}
    assert heard.keys() >= SAMPLE
    assert heard[DIGITS].said == 10 and heard[DIGITS].wrong == 0
    assert heard["main.menu"].said >= 15
    words = sum(len(told) for told in digits_alone().words.values())
    assert (
        next(c for c in report().choices if c.choice.where == "algarismos").parted[line].tries
        == 2 * words
    )


def test_table_and_json_tell_the_same() -> None:
    told = "\n".join(table(report(), budget(), ()))
    machine = as_json(report(), budget(), ())
    assert "main.menu" in told and "do começo da ligação" in told
    assert machine["listened"] and machine["broken"] == []
    assert {each["prompt"] for each in machine["prompts"]} >= SAMPLE
    assert machine["lines"].keys() == {line.name for line in budget().lines}


# Negative controls: a text, an option or a word that is bad must be found.


def bad_report(change: dict[str, str]) -> HearingReport:
    tables = {
        name: {"text": change.get(name, prompt.text)}
        for name, prompt in load_catalogue(ROOT / "prompts" / "pt-BR.toml").prompts.items()
    }
    return hear_all(
        catalogue=parse(tables, file="pt-BR.toml"),
        audio=load_manifest(AUDIO),
        folder=AUDIO,
        book=shipped_book()[0],
        budget=budget(),
        ear=None,
        measure=len,
    )


@pytest.mark.parametrize(
    ("prompt", "text", "what"),
    [
        ("main.menu", "Senha, 1. Chamado, 2. Outro, 3. Uma pessoa, zero.", "a tecla 4 não é dita"),
        ("main.menu", f"{'Muito bem. ' * 40}Senha, 1. 2. 3. 4. Pessoa, zero.", "primeira opção"),
        ("main.menu", "Senha, 1. 2. 3. 4.", "ninguém oferece uma pessoa"),
        (
            "keys.again",
            "Disponibilizaremos posteriormente informações complementares acerca das "
            "impossibilidades operacionais identificadas institucionalmente, oportunamente.",
            "leitura difícil",
        ),
    ],
)
def test_bad_text_is_found(prompt: str, text: str, what: str) -> None:
    found = findings(bad_report({prompt: text}), budget())
    assert any(what in each.what for each in found), found


def test_confused_words_of_one_menu_are_found() -> None:
    whole = report()
    line = budget().lines[0].name
    bad = []
    for each in whole.choices:
        if each.choice.where == "main.menu":
            part = each.parted[line]
            part = type(part)(tries=part.tries, missed=part.missed.copy())
            part.confused["senha", "2"] = part.tries
            each = replace(each, parted={**each.parted, line: part})
        bad.append(each)
    found = findings(replace(whole, choices=tuple(bad)), budget())
    assert any("escolhas trocadas" in each.what for each in found)
    assert any(
        "“senha” tomado por 2" in told
        for told in table(replace(whole, choices=tuple(bad)), budget(), found)
    )


def test_swapped_words_are_heard_as_the_other_option() -> None:
    """The ear itself, not the counting: a menu whose words are swapped is a menu of confusions."""
    from ivr.adapters.speech.ear.callers import said_by
    from ivr.adapters.speech.ear.listening import part_words

    ear = open_vosk(MODEL, demo=True)
    menu = next(c for c in choices(shipped_book()[0]) if c.where == "main.menu")
    swapped = replace(menu, words={"1": menu.words["4"], "4": menu.words["1"]})
    words = [word for told in swapped.words.values() for word in told]
    voices = said_by(CALLERS[:1], words)
    parted = part_words(ear, swapped, voices, [budget().lines[0].line])
    (part,) = parted.values()
    assert part.confused.total() + part.missed.total() == part.tries > 4
    assert part.confused["reclamação", "4"] == 1
