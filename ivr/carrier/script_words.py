"""What stands for what in a script: prompt ids from addresses, and the caller's own values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ivr.carrier.script import BadScript

_PIECE = re.compile(r"/prompts/(?P<piece>[a-z0-9_.~-]+)\.wav$")
_SECRET = re.compile(r"/audio/secret/")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
SECRET = "secret"
"""Stands for the one-time audio of a temporary password."""


def piece_of(url: str) -> str:
    """Piece id of a prompt's address, :data:`SECRET`, or empty for other sounds."""
    path = urlsplit(url).path
    if _SECRET.search(path):
        return SECRET
    found = _PIECE.search(path)
    return found["piece"] if found else ""


def prompt_of(piece: str) -> str:
    """Prompt id of a piece; empty for the pieces of values."""
    return "" if piece.startswith("v.") else piece.split("~", 1)[0]


def protocol_in(pieces: Sequence[str]) -> str:
    """The newest protocol number that was spoken, 12 digits, or empty."""
    found = ""
    for start, piece in enumerate(pieces):
        if piece.startswith("v.thousand."):
            rest = pieces[start + 1 :]
            year = int(piece.rsplit(".", 1)[1]) * 1000
            if rest and rest[0].startswith("v.number."):
                year, rest = year + int(rest[0].rsplit(".", 1)[1]), rest[1:]
            digits = ""
            for word in rest:
                if word.startswith("v.digit."):
                    digits += word.rsplit(".", 1)[1]
                elif word != "v.pause":
                    break
            if len(digits) == 8:
                found = f"{year}{digits}"
    return found


def newest_code(bodies: Sequence[str]) -> str:
    """The code in the newest message that holds one. Raises :class:`BadScript`."""
    for body in reversed(bodies):
        found = re.search(r"\b[0-9]{6}\b", body)
        if found:
            return found[0]
    raise BadScript("{sms_code}: no message with a code has come")


def fill(text: str, values: Mapping[str, Callable[[], str]]) -> str:
    """Put the caller's values in place. Raises :class:`BadScript` for one that is not there."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BadScript(f"{{{match[1]}}}: known are {', '.join(sorted(values))}")
        return values[match[1]]()

    return _PLACEHOLDER.sub(value, text)


def own_values(person: Mapping[str, Any]) -> dict[str, Callable[[], str]]:
    """What a person of the presets knows by heart, and the wrong ones beside it."""
    known = {
        name: str(person[name])
        for name in ("cpf", "matricula", "pin", "mobile", "password")
        if person.get(name)
    }
    if "mobile" in known:
        known["mobile_keys"] = known["mobile"].removeprefix("+55")
    cpf, pin = known.get("cpf", "12345678909"), known.get("pin", "19283746")
    known["bad_cpf"] = cpf[:-1] + str((int(cpf[-1]) + 1) % 10)
    known["wrong_pin"] = "".join(str((int(digit) + 1) % 10) for digit in pin)
    return {name: partial(str, text) for name, text in known.items()}
