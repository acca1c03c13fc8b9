"""Numbers as Brazilians say them, from words to digits, with every way the words may be meant.

"cento e vinte e três" is 123, and may be 100, 20, 3; "dois noves" is 99; "meia" is 6. Words are
plain (:func:`ivr.flow.heard.plain`). What was said is never kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ivr.flow.book import NumberRead, NumberReader
from ivr.flow.heard_words import COUNTS, DIGITS, HUNDREDS, ONES, PAUSES, PLURALS, TEENS, TENS, TIMES

MOST_WORDS = 60
MOST_READINGS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to take the words. The lower ``repeats`` and ``splits``, the likelier."""

    digits: str = field(repr=False)
    repeats: int = 0
    """Counts taken from words without a plural: "dois nove" as 99."""
    splits: int = 0
    """Numbers taken apart that may be one: "vinte e três" as 20, 3."""

    @property
    def cost(self) -> tuple[int, int]:
        """Its place among the others."""
        return self.repeats, self.splits

    def after(self, piece: Reading) -> Reading:
        """This reading with a piece before it."""
        return Reading(
            digits=piece.digits + self.digits,
            repeats=piece.repeats + self.repeats,
            splits=piece.splits + self.splits,
        )


def readings(words: Sequence[str]) -> tuple[Reading, ...]:
    """Ways to take the words, the likeliest first; none when another word stands among them.

    More than ``MOST_WORDS`` words are no number; at most ``MOST_READINGS`` are given.
    """
    size = len(words)
    if size > MOST_WORDS:
        return ()
    rest: list[tuple[Reading, ...]] = [()] * size + [(Reading(digits=""),)]
    for at in range(size - 1, -1, -1):
        found: dict[str, Reading] = {}
        for piece, following in _pieces(words, at):
            for end in rest[following]:
                whole = end.after(piece)
                known = found.get(whole.digits)
                if known is None or whole.cost < known.cost:
                    found[whole.digits] = whole
        rest[at] = tuple(sorted(found.values(), key=lambda r: r.cost)[:MOST_READINGS])
    return tuple(reading for reading in rest[0] if reading.digits)


def choose(ways: Sequence[Reading], read: NumberReader) -> NumberRead:
    """The number among the readings that ``read`` finds well formed, by its check digit.

    The likeliest well-formed one wins; two that are equally likely are none. A count is read into
    words without a plural only when no other reading has a right length: one that has, with a
    wrong check digit, was misheard, and fishing on would find a stranger's number.
    """
    if not ways:
        return NumberRead(problem="no_match")
    for group in ([w for w in ways if not w.repeats], [w for w in ways if w.repeats]):
        answers = [(way, read(way.digits)) for way in group]
        good = [(way, answer) for way, answer in answers if not answer.problem]
        best = [answer for way, answer in good if way.cost == good[0][0].cost]
        if len(best) == 1:
            return best[0]
        if best or any(answer.problem == "no_match" for _, answer in answers):
            return NumberRead(problem="no_match")
    return read(ways[0].digits)


def _pieces(words: Sequence[str], at: int) -> Iterator[tuple[Reading, int]]:
    """Everything that may begin at a word, with the place of the word after it."""
    word = words[at]
    if word in PAUSES:
        yield Reading(digits=""), at + 1
    if word.isdigit():
        yield Reading(digits=word, splits=int(_at(words, at + 1) == "mil")), at + 1
        yield from _written_sum(words, at)
    if word == "meia" and _at(words, at + 1) == "duzia":
        yield Reading(digits="6"), at + 2
    yield from _repeated(words, at)
    if word in DIGITS and word not in ONES:
        yield Reading(digits=str(DIGITS[word])), at + 1
    if word in PLURALS:
        yield Reading(digits=str(PLURALS[word]), splits=1), at + 1
    yield from _likeliest_longest(list(_cardinals(words, at)))


def _repeated(words: Sequence[str], at: int) -> Iterator[tuple[Reading, int]]:
    """ "três zeros", "três vezes o zero", "zero três vezes", "duplo zero"."""
    word, following = words[at], _at(words, at + 1)
    times = _count(word)
    if word in COUNTS and following in DIGITS:
        yield Reading(digits=str(DIGITS[following]) * COUNTS[word]), at + 2
    if times and following == TIMES:
        named = at + 2 + (_at(words, at + 2) in ("o", "a"))
        digit = _digit(_at(words, named))
        if digit:
            yield Reading(digits=digit * times), named + 1
    elif times and following in PLURALS:
        yield Reading(digits=str(PLURALS[following]) * times), at + 2
    elif times and following in DIGITS:
        yield Reading(digits=str(DIGITS[following]) * times, repeats=1), at + 2
    again = _count(following)
    after = _at(words, at + 3)
    if again and _digit(word) and _at(words, at + 2) == TIMES and after not in ("o", "a"):
        yield Reading(digits=_digit(word) * again, splits=int(bool(_digit(after)))), at + 3


def _written_sum(words: Sequence[str], at: int) -> Iterator[tuple[Reading, int]]:
    """ "20 e 3" as a recogniser may write "vinte e três"; "2 mil e 19"."""
    tens, small = words[at], _at(words, at + 2)
    if (
        _at(words, at + 1) == "e"
        and small.isdigit()
        and 1 <= len(small) < len(tens) <= 3
        and tens[0] != "0"
        and small[0] != "0"
        and tens.endswith("0" * len(small))
    ):
        yield Reading(digits=str(int(tens) + int(small)), splits=1), at + 3
    if _at(words, at + 1) == "mil":
        yield from _likeliest_longest(list(_thousands(words, at)))


def _likeliest_longest(numbers: list[tuple[int, int]]) -> Iterator[tuple[Reading, int]]:
    longest = max((end for _, end in numbers), default=0)
    for value, end in numbers:
        yield Reading(digits=str(value), splits=int(end < longest)), end


def _cardinals(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    """Values of the numbers that may begin at a word, below a million."""
    yield from _below_thousand(words, at)
    if not words[at].isdigit():
        yield from _thousands(words, at)


def _thousands(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    heads: list[tuple[int, int]] = [(1, at)] if words[at] == "mil" else []
    if words[at].isdigit() and len(words[at]) <= 3 and words[at][0] != "0":
        heads.append((int(words[at]), at + 1))
    heads.extend(_below_thousand(words, at))
    for value, end in heads:
        if _at(words, end) != "mil":
            continue
        yield value * 1000, end + 1
        tail = _past_and(words, end + 1)
        small = _at(words, tail)
        if small.isdigit() and len(small) <= 3 and small[0] != "0":
            yield value * 1000 + int(small), tail + 1
        for more, last in _below_thousand(words, tail):
            yield value * 1000 + more, last


def _below_thousand(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    word = _at(words, at)
    if word == "cem":
        yield 100, at + 1
    elif word in HUNDREDS:
        yield HUNDREDS[word], at + 1
        for value, end in _below_hundred(words, _past_and(words, at + 1)):
            yield HUNDREDS[word] + value, end
    else:
        yield from _below_hundred(words, at)


def _below_hundred(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    word = _at(words, at)
    if word in ONES:
        yield ONES[word], at + 1
    elif word in TEENS:
        yield TEENS[word], at + 1
    elif word in TENS:
        yield TENS[word], at + 1
        one = _past_and(words, at + 1)
        if _at(words, one) in ONES:
            yield TENS[word] + ONES[words[one]], one + 1


def _past_and(words: Sequence[str], at: int) -> int:
    return at + (_at(words, at) == "e")


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


def _count(word: str) -> int:
    """How many times, from two to nine; 0 for no count."""
    if word.isdigit():
        return int(word) if len(word) == 1 and word > "1" else 0
    times = ONES.get(word, 0)
    return times if times > 1 else 0


def _digit(word: str) -> str:
    """The one digit that a word names, empty for none."""
    if len(word) == 1 and word.isdigit():
        return word
    value = DIGITS.get(word, PLURALS.get(word))
    return "" if value is None else str(value)
