from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.otp import temporary_password
from ivr.domain.password_policy import (
    PasswordFault,
    PasswordOwner,
    PasswordRules,
    check_password,
)

OWNER = PasswordOwner(
    name="João da Silva Exemplo",
    mail="joao.exemplo@ms.gov.br",
    cpf="529.982.247-25",
    matricula="123455",
)


def faults(password: str, rules: PasswordRules | None = None) -> set[PasswordFault]:
    return {problem.fault for problem in check_password(password, owner=OWNER, rules=rules)}


@pytest.mark.parametrize(
    "password",
    [
        "cavalo bateria grampo correto",
        "campo grande tem araras azuis",
        "9283746510293",
        "Kmtrw47Hpqsz93",
        "çãéíõ üâêô ÇÃÉÍÕ",
        "tuiuiú ñandú 河流 dourado",
        "zqkvx wpmtr bgjhd " * 7,
    ],
)
def test_a_good_password_needs_no_kinds_of_characters(password: str) -> None:
    assert faults(password) == set()


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", PasswordFault.TOO_SHORT),
        ("qzkvxwpmtrb", PasswordFault.TOO_SHORT),
        ("x" * 129, PasswordFault.TOO_LONG),
        ("cavalo bateria\0grampo", PasswordFault.BAD_CHARACTER),
        ("cavalo bateria\ngrampo", PasswordFault.BAD_CHARACTER),
        ("JoaoSilva2026!", PasswordFault.OWN_DATA),
        ("J0@o.Ex3mpl0.2026", PasswordFault.OWN_DATA),
        ("joao.exemplo@ms", PasswordFault.OWN_DATA),
        ("52998224725-abc", PasswordFault.OWN_DATA),
        ("senha 82247 1234", PasswordFault.KNOWN_WORDS),
        ("123455 123455 123455", PasswordFault.OWN_DATA),
        ("CampoGrande@2026", PasswordFault.KNOWN_WORDS),
        ("C4mp0 Gr4nd3 2026", PasswordFault.KNOWN_WORDS),
        ("MatoGrossoDoSul1", PasswordFault.KNOWN_WORDS),
        ("senhasenhasenha", PasswordFault.KNOWN_WORDS),
        ("SuporteMS123456", PasswordFault.KNOWN_WORDS),
        ("joaosuporte2026", PasswordFault.KNOWN_WORDS),
        ("aaaaaaaaaaaaaaaa", PasswordFault.GUESSABLE),
        ("12345678901234", PasswordFault.GUESSABLE),
        ("abcabcabcabcabc", PasswordFault.GUESSABLE),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, fault: PasswordFault) -> None:
    assert fault in faults(password)


def test_length_counts_characters_not_bytes_or_combining_marks() -> None:
    eleven = "çãéíõüâêôàñ"
    assert PasswordFault.TOO_SHORT in faults(eleven)
    import unicodedata

    assert PasswordFault.TOO_SHORT in faults(unicodedata.normalize("NFD", eleven))
    assert PasswordFault.TOO_SHORT not in faults(eleven + "z")


def test_the_shortest_length_is_a_setting() -> None:
    assert faults("qzkvxwpm", PasswordRules(min_length=8, min_score=2)) == set()


def test_somebody_elses_name_is_only_a_word() -> None:
    stranger = PasswordOwner(name="Maria Souza")
    found = check_password("joao exemplo dourado pintado", owner=stranger)
    assert found == ()


def test_a_person_with_nothing_on_record_is_checked_like_any_other() -> None:
    assert check_password("cavalo bateria grampo", owner=PasswordOwner()) == ()
    assert check_password("senhasenhasenha", owner=PasswordOwner()) != ()


def test_a_reason_is_in_portuguese_for_its_field_and_never_holds_the_password() -> None:
    for password in ("JoaoSilva2026!", "senhasenhasenha", "zq", "y" * 200):
        for problem in check_password(password, owner=OWNER):
            assert problem.field == "password"
            assert problem.message.endswith(".") and password not in problem.message


def test_the_repr_of_the_owner_shows_no_personal_data() -> None:
    assert repr(OWNER) == "PasswordOwner()"


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=140))
def test_any_text_gets_an_answer(password: str) -> None:
    found = check_password(password, owner=OWNER)
    if len(password) < 6:
        assert PasswordFault.TOO_SHORT in {problem.fault for problem in found}


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_a_derived_temporary_password_would_pass_too(salt: bytes) -> None:
    assert faults(temporary_password(b"k" * 32, "reset", salt)) == set()
