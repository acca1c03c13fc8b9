"""Phrases for the engine come from known words only; what cannot be said is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.speech.vocabulary import (
    MOST_PHRASES,
    UNKNOWN,
    Need,
    grammar_of,
    phrases_of,
    spoken_form,
    standing_needs,
    unmet,
    unsayable,
)
from ivr.adapters.speech.vocabulary_needs import needs_of
from ivr.cli.flows import shipped_book
from ivr.flow.nodes.confirm import YES_NO
from ivr.flow.verbs import Gather
from ivr.ports.speech import Grammar, SpeechError


def knows(*words: str) -> Callable[[str], bool]:
    return frozenset(words).__contains__


SMALL = knows("um", "dois", "três", "sim", "não", "senha", "email", "atendente", "voltar", UNKNOWN)


def test_digits_are_listened_for_without_the_word_for_all_others() -> None:
    phrases = phrases_of(Grammar(kind="digits", length=11), SMALL)
    assert phrases == ("um", "dois", "três", "atendente", "voltar")


def test_words_come_with_numbers_with_what_holds_everywhere_and_with_all_others() -> None:
    grammar = Grammar(kind="words", phrases=("Senha!", "e-mail", "geladeira"))
    phrases = phrases_of(grammar, SMALL)
    assert phrases == ("senha", "email", "um", "dois", "três", "atendente", "voltar", UNKNOWN)


def test_yes_and_no_take_the_two_keys_by_name() -> None:
    phrases = phrases_of(Grammar(kind="yes_no"), SMALL)
    assert phrases == ("sim", "não", "um", "dois", "atendente", "voltar", UNKNOWN)


def test_free_speech_has_no_phrases() -> None:
    assert phrases_of(Grammar(kind="free"), knows()) is None


@pytest.mark.parametrize("kind", ["digits", "yes_no", "words"])
def test_an_empty_grammar_is_refused_before_the_engine(kind: str) -> None:
    grammar = Grammar(kind=kind, phrases=("geladeira", "", "[]"))  # type: ignore[arg-type]
    with pytest.raises(SpeechError, match="no known phrase"):
        phrases_of(grammar, knows("atendente", UNKNOWN))


def test_a_long_list_of_phrases_is_bounded() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [a + b for a in letters for b in letters]
    phrases = phrases_of(Grammar(kind="words", phrases=tuple(words)), lambda word: True)
    assert phrases is not None and len(phrases) == MOST_PHRASES + 1


@given(st.lists(st.text(max_size=30), max_size=8), st.booleans())
def test_no_phrase_carries_anything_but_known_words(texts: list[str], everything: bool) -> None:
    known = (lambda word: True) if everything else SMALL
    phrases = phrases_of(Grammar(kind="words", phrases=tuple(texts)), known)
    assert phrases and phrases[-1] == UNKNOWN
    for phrase in phrases[:-1]:
        assert phrase == phrase.strip().lower() and '"' not in phrase and "[" not in phrase
        assert all(known(word) for word in phrase.split())


@pytest.mark.parametrize(
    ("phrase", "form"),
    [
        ("E-mail", "email"),
        ("Senha do e-mail", None),
        ("não", "não"),
        ("na\u0303o", "não"),
        ("NÃO!", "não"),
        ("", None),
        ("42", None),
    ],
)
def test_a_phrase_is_written_as_the_model_writes_it(phrase: str, form: str | None) -> None:
    assert spoken_form(phrase, SMALL) == form


def test_unknown_words_are_named_with_the_place_that_needs_them() -> None:
    needs = [
        Need(phrase="senha", where="main.menu words.1"),
        Need(phrase="redefinir senha", where="main.menu words.1"),
        Need(phrase="VPN", where="serviço 1002 (network)"),
    ]
    lacking = unmet(needs, SMALL)
    assert [str(each) for each in lacking] == [
        "main.menu words.1: “redefinir senha” (redefinir)",
        "serviço 1002 (network): “VPN” (vpn)",
    ]
    assert unsayable(needs, lacking) == ("serviço 1002 (network)",)


def test_every_word_of_the_shipped_flows_and_services_is_needed_somewhere() -> None:
    book, _ = shipped_book()
    needs = needs_of(book)
    places = {need.phrase: need.where for need in needs}
    assert places["reclamação"] == "main.menu words.4"
    assert places["VPN"] == "serviço 1002 (network)"
    assert places["todos"].endswith(" words_all")
    assert places["zero"] == "dígito zero"
    assert unmet(needs, lambda word: True) == ()
    assert len(unmet(needs, lambda word: False)) == len(needs)
    assert set(standing_needs()) <= set(needs)


@pytest.mark.parametrize(
    ("gather", "kind"),
    [
        (Gather(speech=(), mode="keys", digits=11), None),
        (Gather(speech=(), mode="both", digits=8, secret=True), None),
        (Gather(speech=(), mode="both", digits=11), "digits"),
        (Gather(speech=(), mode="both", digits=1, hints=YES_NO), "yes_no"),
        (Gather(speech=(), mode="both", digits=1, hints=("senha", "voltar")), "words"),
        (Gather(speech=(), mode="speech", digits=0), "digits"),
    ],
)
def test_a_gather_tells_what_is_listened_for(gather: Gather, kind: str | None) -> None:
    grammar = grammar_of(gather)
    assert (grammar.kind if grammar else None) == kind
    if grammar:
        assert grammar.length == (0 if kind == "yes_no" else gather.digits)
