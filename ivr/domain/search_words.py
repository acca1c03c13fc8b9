"""What a text in the search box of the call log may mean.

A text may mean several things at once: eleven digits may be a CPF and a mobile number.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from ivr.domain.identifier import Identifier, IdentifierKind, parse_identifier
from ivr.domain.phone_number import normalise_phone
from ivr.domain.protocol_number import Protocol, parse_protocol

SearchKind = Literal["protocol", "sid", "cpf", "matricula", "phone", "service", "name"]
LONGEST = 80
"""Letters of a search."""
SHORTEST_NAME = 2
SID = re.compile(r"CA[0-9A-Za-z]{1,40}")
"""A call at the carrier (https://www.twilio.com/docs/glossary/what-is-a-sid), or one of ours."""
_CODE = re.compile(r"[0-9]{1,4}")
_NUMBERS: tuple[tuple[IdentifierKind, SearchKind], ...] = (
    (IdentifierKind.CPF, "cpf"),
    (IdentifierKind.MATRICULA, "matricula"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchWord:
    """One meaning. ``value``: digits, E.164 number, CallSid, code or folded name."""

    kind: SearchKind
    value: str = field(repr=False)


def meanings(text: str) -> tuple[SearchWord, ...]:
    """All that a text may mean, surest first; empty when it means nothing that can be sought.

    A protocol and a CallSid hold proofs of their own and exclude the rest.
    """
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKC", text) if letter.isprintable()
    ).strip()
    if not plain or len(plain) > LONGEST:
        return ()
    protocol = parse_protocol(plain) if plain.isascii() else None
    if isinstance(protocol, Protocol):
        return (SearchWord(kind="protocol", value=protocol.digits),)
    if SID.fullmatch(plain) and any(letter.isdigit() for letter in plain):
        return (SearchWord(kind="sid", value=plain),)
    found: list[SearchWord] = []
    digits = re.sub(r"[.\-/ ]", "", plain)
    if digits.isascii() and digits.isdigit():
        for kind, word in _NUMBERS:
            number = parse_identifier(kind, digits)
            if isinstance(number, Identifier):
                found.append(SearchWord(kind=word, value=number.digits))
        if _CODE.fullmatch(digits):
            found.append(SearchWord(kind="service", value=digits))
    phone = normalise_phone(plain) if plain.isascii() else None
    if phone is not None:
        found.append(SearchWord(kind="phone", value=phone))
    name = folded(plain)
    if not found and len(name) >= SHORTEST_NAME and any(letter.isalpha() for letter in name):
        found.append(SearchWord(kind="name", value=name))
    return tuple(found)


def folded(text: str) -> str:
    """Lower case without accents, single spaces: ``José  Ávila`` is ``jose avila``."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return " ".join(bare.split())


def names_match(sought: str, *names: str) -> bool:
    """Whether each word that is sought begins a word of a name (both folded here)."""
    words = [word for name in names for word in re.split(r"[\s.@_-]+", folded(name)) if word]
    return all(any(word.startswith(part) for word in words) for part in folded(sought).split())
