"""Numbers read digit by digit: 6 is "meia", groups are parted by a short pause.

"meia" (half a dozen) is what Brazilian telephone diction says for 6, because "seis" and "três"
are easily confused on a narrow line.
"""

from __future__ import annotations

import re

from ivr.domain.prompts.errors import Unspeakable
from ivr.domain.prompts.numbers import number_words

PAUSE = "v.pause"
TWO_THOUSAND = "v.thousand.2"
LONGEST = 24

_SEPARATORS = re.compile(r"[ ./-]")
_GROUPED = re.compile(r"[0-9]+(?:[ ./-][0-9]+)*")


def _bare(value: str) -> str:
    if len(value) > 2 * LONGEST or not _GROUPED.fullmatch(value):
        raise Unspeakable
    bare = _SEPARATORS.sub("", value)
    if len(bare) > LONGEST:
        raise Unspeakable
    return bare


def _threes(digits: str) -> list[str]:
    """Groups of three; up to four stay whole, and no group of one is left over."""
    if len(digits) <= 4:
        return [digits]
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups[-1]) == 1:
        last = groups[-2] + groups[-1]
        groups[-2:] = [last[:2], last[2:]]
    return groups


def _spoken(groups: list[str]) -> tuple[str, ...]:
    pieces: list[str] = []
    for group in groups:
        if pieces:
            pieces.append(PAUSE)
        pieces.extend(f"v.digit.{digit}" for digit in group)
    return tuple(pieces)


def digit_pieces(value: str) -> tuple[str, ...]:
    """Any digits. The value's own separators (space, dot, dash, slash) part the groups, else
    groups of three."""
    bare = _bare(value)
    if bare == value:
        return _spoken(_threes(bare))
    return _spoken(_SEPARATORS.split(value))


def cpf_pieces(value: str) -> tuple[str, ...]:
    """Eleven digits in the diction of the document: 3-3-3-2. Check digits are not proved here."""
    bare = _bare(value)
    if len(bare) != 11:
        raise Unspeakable
    return _spoken([bare[:3], bare[3:6], bare[6:9], bare[9:]])


def matricula_pieces(value: str) -> tuple[str, ...]:
    """A servant's registration number, 3 to 12 digits, grouped as :func:`digit_pieces` does."""
    if not 3 <= len(_bare(value)) <= 12:
        raise Unspeakable
    return digit_pieces(value)


def protocol_pieces(value: str) -> tuple[str, ...]:
    """A protocol number: year (2001–2099) in words, then all that is keyed after it, in groups.

    "2026.000417-3" and "20260004173" are read alike: "dois mil e vinte e seis, zero, zero, zero,
    quatro, um, sete, três". The check digit has no name of its own: who writes the number down
    and keys it in again needs none, and the number must be told within seconds.
    """
    bare = _bare(value)
    year, rest = bare[:4], bare[4:]
    if len(bare) < 7 or not year.startswith("20") or year == "2000":
        raise Unspeakable
    return (
        TWO_THOUSAND,
        f"v.number.{int(year[2:])}",
        PAUSE,
        *_spoken(_threes(rest)),
    )


def table() -> dict[str, str]:
    """All pieces of this file with their words. The pause has none."""
    digits = {f"v.digit.{n}": "meia" if n == 6 else number_words(n) for n in range(10)}
    return digits | {PAUSE: "", TWO_THOUSAND: "dois mil e"}
