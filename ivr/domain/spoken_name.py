"""Comparing what was said with what is written: no accents, capitals or punctuation."""

from __future__ import annotations

import re
import unicodedata


def plain_words(text: str) -> tuple[str, ...]:
    """Words of a text in plain letters and digits; a hyphen joins: "E-mail" is ``email``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    joined = re.sub(r"(?<=[a-z0-9])-(?=[a-z0-9])", "", letters)
    return tuple(re.findall(r"[a-z0-9]+", joined))


def says(spoken: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether the wanted words stand in the spoken ones, whole, together and in order."""
    size = len(wanted)
    return size > 0 and any(
        spoken[start : start + size] == wanted for start in range(len(spoken) - size + 1)
    )
