"""What is asked of a password that a person chooses.

NIST SP 800-63B-4 §3.1.1.2: length, a blocklist, and a reason for each refusal; no rule on the
kinds of characters and no forced change with time. The blocklist is applied to the password as a
whole: a password is refused when, without the listed words, fewer than eight letters or digits
of its own are left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

KNOWN_WORDS = (
    "mato grosso do sul",
    "mato grosso",
    "campo grande",
    "pantanal",
    "governo",
    "estado",
    "servidor",
    "servidora",
    "suporte",
    "suportems",
    "govms",
    "msgov",
    "email",
    "correio",
    "senha",
    "password",
    "mudar",
    "trocar",
    "acesso",
    "brasil",
    "bemvindo",
    "abcdef",
    "qwerty",
    "asdfgh",
    "123456",
)
"""Words of the state and of this service, and the usual fillers."""

_OWN_LENGTH = 8
_SHORTEST_WORD = 3
_CPF_RUN = 5
_SCORED_LENGTH = 72
_LOOKALIKES = str.maketrans("0134578@$!", "oieastbasi")


class PasswordFault(StrEnum):
    """What is wrong with a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    BAD_CHARACTER = "bad_character"
    OWN_DATA = "own_data"
    KNOWN_WORDS = "known_words"
    GUESSABLE = "guessable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProblem:
    """One reason for refusing, in words for the person. It never holds the password."""

    fault: PasswordFault
    message: str
    field: str = "password"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """The figures. Length is in characters (Unicode code points after NFC)."""

    min_length: int = 12
    max_length: int = 128
    min_score: int = 3
    """zxcvbn's scale, 0 to 4; 3 is beyond 10^8 guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordOwner:
    """What is known of the person and must not make up the password."""

    name: str = field(default="", repr=False)
    mail: str = field(default="", repr=False)
    cpf: str = field(default="", repr=False)
    matricula: str = field(default="", repr=False)

    def words(self) -> tuple[str, ...]:
        """Names, parts of the mail address, and runs of the numbers, in plain letters."""
        parts = re.findall(r"[a-z0-9]+", f"{_plain(self.name)} {_plain(self.mail)}")
        number = re.sub(r"[^0-9]", "", self.cpf)
        parts += [number[n : n + _CPF_RUN] for n in range(len(number) - _CPF_RUN + 1)]
        parts += [number, self.matricula]
        return tuple(dict.fromkeys(part for part in parts if len(part) >= _SHORTEST_WORD))


def check_password(
    password: str,
    *,
    owner: PasswordOwner,
    rules: PasswordRules | None = None,
) -> tuple[PasswordProblem, ...]:
    """Every reason to refuse a password; empty when it is good."""
    rules = rules or PasswordRules()
    text = unicodedata.normalize("NFC", password)
    if len(text) > rules.max_length:
        return (_problem(PasswordFault.TOO_LONG, f"Use no máximo {rules.max_length} caracteres."),)
    problems = []
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        problems.append(
            _problem(PasswordFault.BAD_CHARACTER, "Há um caractere que não pode ser usado.")
        )
    if len(text) < rules.min_length:
        problems.append(
            _problem(
                PasswordFault.TOO_SHORT,
                f"Use pelo menos {rules.min_length} caracteres. Uma frase é uma boa senha.",
            )
        )
    if _is_made_of(text, owner.words()):
        problems.append(
            _problem(
                PasswordFault.OWN_DATA,
                "A senha é quase só o seu nome, e-mail ou número. Use outras palavras.",
            )
        )
    elif _is_made_of(text, (*owner.words(), *map(_joined, KNOWN_WORDS))):
        problems.append(
            _problem(
                PasswordFault.KNOWN_WORDS,
                "A senha é quase só palavras muito usadas. Use outras palavras.",
            )
        )
    if not problems and _score(text, owner) < rules.min_score:
        problems.append(
            _problem(
                PasswordFault.GUESSABLE,
                "Esta senha é fácil de adivinhar. Junte quatro palavras sem ligação entre si.",
            )
        )
    return tuple(problems)


def _problem(fault: PasswordFault, message: str) -> PasswordProblem:
    return PasswordProblem(fault=fault, message=message)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _joined(text: str) -> str:
    return "".join(re.findall(r"[a-z0-9]+", _plain(text)))


def _is_made_of(password: str, words: Iterable[str]) -> bool:
    """Whether listed words, plain or written with look-alike signs, are most of the password."""
    listed = sorted(words, key=len, reverse=True)
    plain = _plain(password)
    return any(
        _own_part(version, listed) < _OWN_LENGTH
        for version in (_joined(plain), _joined(plain.translate(_LOOKALIKES)))
    )


def _own_part(text: str, words: Iterable[str]) -> int:
    """Letters and digits left without the words; all of a text that holds none of them."""
    rest = text
    for word in words:
        rest = rest.replace(word, "\0")
    return len(rest.replace("\0", "")) if "\0" in rest else _OWN_LENGTH


def _score(password: str, owner: PasswordOwner) -> int:
    from zxcvbn import zxcvbn

    inputs = [*owner.words(), *map(_joined, KNOWN_WORDS)]
    return int(zxcvbn(password[:_SCORED_LENGTH], user_inputs=inputs)["score"])
