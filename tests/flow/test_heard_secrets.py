"""Secrets do not stay among words, however they are said; other speech stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from ivr.flow.heard_secrets import BLOT, blotted, secret_spans

ONES = ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"]
OTHERS = {"1": "uma", "2": "duas", "6": "meia"}
BEFORE = ["", "meu cpf", "o pin do cartão", "preciso de ajuda com isto", "código", "veja bem"]
AFTER = ["", "por favor", "obrigado", "aguardo resposta", "não funciona", "horas depois"]
PAUSES = ["", "", "", "ponto", "hum", "traço", "depois", "aí", "tipo"]


def say(digits: str) -> str:
    """One group of up to three digits, as one number where it can be."""
    return str(num2words(int(digits), lang="pt_BR"))


@st.composite
def spoken(draw: st.DrawFn) -> tuple[str, str]:
    """Digits of a secret and words for them."""
    secret = draw(st.text("0123456789", min_size=4, max_size=12))
    words, at = [], 0
    while at < len(secret):
        size = draw(st.integers(1, 3))
        group = secret[at : at + size]
        whole = group[0] != "0" and len(group) > 1 and draw(st.booleans())
        if whole:
            words.append(say(group))
        else:
            other = draw(st.booleans())
            words += [OTHERS.get(d, ONES[int(d)]) if other else ONES[int(d)] for d in group]
        at += len(group)
        if at < len(secret):
            words.append(draw(st.sampled_from(PAUSES)))
    return secret, " ".join(" ".join(words).split())


def keeps_nothing(blot: Callable[[str], str], before: str, said: str, after: str) -> bool:
    sentence = " ".join(f"{before} {said} {after}".split())
    return blot(sentence) == " ".join(f"{before} {BLOT} {after}".split())


def by_the_house(text: str) -> str:
    return blotted(text)[0]


def by_written_digits_only(text: str) -> str:
    """What a rule for written digits would do."""
    return " ".join(BLOT if sum(c.isdigit() for c in w) >= 4 else w for w in text.split())


@given(spoken(), st.sampled_from(BEFORE), st.sampled_from(AFTER))
def test_digits_of_a_secret_never_stay_however_they_are_said(
    said: tuple[str, str], before: str, after: str
) -> None:
    assert keeps_nothing(by_the_house, before, said[1], after)


def test_a_rule_for_written_digits_would_let_spoken_ones_through() -> None:
    assert keeps_nothing(by_written_digits_only, "código", "1234", "obrigado")
    assert not keeps_nothing(by_written_digits_only, "código", "um dois três quatro", "obrigado")
    assert not keeps_nothing(lambda text: text, "código", "1234", "obrigado")


@given(
    st.text("0123456789", min_size=4, max_size=16), st.sampled_from(["", " ", "-", ".", "\u200b"])
)
def test_written_digits_of_a_secret_never_stay(secret: str, between: str) -> None:
    text, count = blotted(f"anote {between.join(secret)} obrigado")
    assert (text, count) == (f"anote {BLOT} obrigado", 1)


@given(spoken(), st.integers(0, 11))
def test_one_word_misheard_among_the_digits_does_not_save_the_others(
    said: tuple[str, str], at: int
) -> None:
    words = said[1].split()
    if len(words) < 6:
        return
    at = 3 + at % (len(words) - 5)
    kept = by_the_house(" ".join([*words[:at], "sais", *words[at:]])).split()
    assert not set(kept) - {BLOT, "sais"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a senha é gato preto e não funciona", f"a senha é {BLOT} e não funciona"),
        ("minha senha do e-mail é bola123", f"minha senha do e-mail é {BLOT}"),
        ("a senha que eu uso é Girassol!", f"a senha que eu uso é {BLOT}"),
        ("senha: Gato@24", f"senha: {BLOT}"),
        ("a senha é gê a tê o zero obrigado", f"a senha {BLOT} obrigado"),
        ("a senha é bola, código do chamado", f"a senha é {BLOT} código do chamado"),
        ("senha um dois três", f"senha {BLOT}"),
        ("a senha é a seguinte azul", f"a senha é a seguinte {BLOT}"),
        ("o token era abacaxi obrigado", f"o token era {BLOT} obrigado"),
        ("jota erre esse quatro dois obrigado", f"{BLOT} obrigado"),
        ("g t h k por favor", f"{BLOT} por favor"),
        ("doze meia três zeros", BLOT),
        ("nove três vezes o zero", BLOT),
        ("duplo zero meia sete", BLOT),
        ("dois mil e vinte e seis", BLOT),
        ("１２３４", BLOT),
        ("١٢٣٤", BLOT),
        ("1 2 3 4 5 6 7 8 9 0 " * 40, BLOT + " "),
        (f"um dois {BLOT} três quatro", f"um dois {BLOT} três quatro"),
    ],
)
def test_what_looks_like_a_secret_goes(text: str, left: str) -> None:
    assert blotted(text)[0] == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "preciso redefinir senha do e-mail",
        "já liguei três vezes e ninguém resolveu",
        "sala cento e vinte e três do prédio novo",
        "tenho dois computadores e três impressoras e quatro mesas",
        "o computador um travou e deu um problema",
        "o que é que ele e o que eu faço",
        "trabalho das oito às dezoito horas",
        "esqueci a senha do sistema e do portal",
        "me liguem no telefone 67 99912-3456 obrigado",
        "meu celular é meia sete nove nove nove um dois três quatro cinco meia",
        "retorno no fixo três três um oito três meia zero zero por favor",
    ],
)
def test_other_speech_stays_as_it_was(text: str) -> None:
    assert blotted(text) == (text, 0)


@pytest.mark.parametrize(
    "text",
    [
        "telefone um dois três quatro",
        "meu telefone e minha senha 67 99912 3456",
        "telefone cinco dois nove nove oito dois dois quatro sete dois cinco",
        "telefone 00 99912 3456",
        "anote aí 67 99912 3456",
    ],
)
def test_a_number_is_no_telephone_only_because_somebody_says_so(text: str) -> None:
    assert BLOT in blotted(text)[0]


@given(st.lists(st.text(max_size=8), max_size=40))
def test_spans_are_in_order_and_within_the_words(words: Sequence[str]) -> None:
    spans = secret_spans(words)
    flat = [place for span in spans for place in span]
    assert flat == sorted(set(flat))
    assert all(0 <= place <= len(words) for place in flat)


@given(spoken())
def test_a_text_that_was_blotted_stays_as_it_is(said: tuple[str, str]) -> None:
    once = blotted(f"anote {said[1]} obrigado")[0]
    assert blotted(once) == (once, 0)
