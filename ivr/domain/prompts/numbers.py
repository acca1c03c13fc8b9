"""Numbers 0–999 in words, and the pieces that say them.

0–100 and the full hundreds are one piece each; the rest is "cento e" + "vinte e um".
Masculine only: "vinte e um minutos", never "vinte e uma".
"""

from __future__ import annotations

from functools import cache

from ivr.domain.prompts.errors import Unspeakable

LARGEST = 999


@cache
def number_words(number: int) -> str:
    """Brazilian words of a number. num2words is imported by the first call."""
    from num2words import num2words

    return str(num2words(number, lang="pt_BR"))


def number_pieces(number: int) -> tuple[str, ...]:
    """Pieces that say 0–999. Raises Unspeakable outside."""
    if not 0 <= number <= LARGEST:
        raise Unspeakable
    hundreds, rest = divmod(number, 100)
    if number <= 100 or not rest:
        return (f"v.number.{number}",)
    return (f"v.hundred.{hundreds}", f"v.number.{rest}")


def whole_number(value: str, *, most: int) -> int:
    """An unsigned decimal number of at most ``most``. Raises Unspeakable."""
    if not (value.isascii() and value.isdigit()) or len(value) > len(str(most)):
        raise Unspeakable
    number = int(value)
    if number > most:
        raise Unspeakable
    return number


def table() -> dict[str, str]:
    """All pieces of this file with their words."""
    singles = {f"v.number.{n}": number_words(n) for n in (*range(101), *range(200, 1000, 100))}
    stems = {n: "cento" if n == 1 else number_words(n * 100) for n in range(1, 10)}
    return singles | {f"v.hundred.{n}": f"{stem} e" for n, stem in stems.items()}
