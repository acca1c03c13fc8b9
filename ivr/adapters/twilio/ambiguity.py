"""Other readings of a signed body.

The signature covers ``name + value`` of all fields, sorted by name, with nothing in between. So
``Digits=12`` and ``Digit=s12`` are signed alike. :func:`hidden_field` finds, in the signed text,
every place where an effective field *could* begin but does not in the form at hand.

Why that is enough. Take two forms F and O with the same signed text, both without a hidden field.
Needed fields stand at the same place in both: at the first that does not, the one that has it
later holds the earlier one hidden, between the same neighbours. Optional effective fields then
stand between the same needed fields in both, or are hidden in one of them. And a value cannot
end elsewhere, for no pattern can run over the start of the next name. So F and O say the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

_MOST_PLACES = 40
"""A field name found oftener than this where it could begin is refused without a closer look."""
_LONGEST = {"SpeechResult": 4_000}
_LONGEST_OTHER = 420
_BEGINNING = re.compile(r"(?=(msg|[A-Z][A-Za-z0-9][A-Za-z0-9_-]{0,160}))")
_TWO_HUMPS = re.compile(r"[A-Z][a-z0-9]+[A-Z][a-z0-9]")
_SPEECH = "SpeechResult"


def hidden_field(
    fields: Sequence[tuple[str, str]],
    *,
    needed: Iterable[str],
    patterns: Mapping[str, re.Pattern[str]],
) -> str | None:
    """Name of an effective field that another reading of the same signed text would have.

    ``fields`` sorted by name, each name once; ``needed`` all present; ``patterns``: the whole
    form of each effective field's value.
    """
    text = "".join(name + value for name, value in fields)
    starts: dict[int, str] = {}
    at = 0
    for name, value in fields:
        starts[at] = name
        at += len(name) + len(value)
    wanted = set(needed)
    anchors = sorted((place, name) for place, name in starts.items() if name in wanted)
    ends: list[tuple[int, str]] = []
    for field, pattern in patterns.items():
        places = [
            place
            for place in _places(text, field)
            if starts.get(place) != field and _in_order(place, field, anchors)
        ]
        if places and not ends:
            ends = [(found.start(), found[1]) for found in _BEGINNING.finditer(text)]
        if len(places) > _MOST_PLACES or any(
            _could_begin(text, place, field, pattern, anchors, ends) for place in places
        ):
            return field
    return None


def _places(text: str, field: str) -> Iterable[int]:
    place = text.find(field)
    while place >= 0:
        yield place
        place = text.find(field, place + 1)


def _in_order(place: int, field: str, anchors: Sequence[tuple[int, str]]) -> bool:
    """Whether the needed fields around a place leave room for ``field`` in sorted order."""
    before = [name for at, name in anchors if at < place]
    after = [name for at, name in anchors if at >= place]
    return not (before and before[-1] >= field) and not (after and after[0] < field)


def _could_begin(
    text: str,
    place: int,
    field: str,
    pattern: re.Pattern[str],
    anchors: Sequence[tuple[int, str]],
    ends: Sequence[tuple[int, str]],
) -> bool:
    """Whether a value stands behind the name and ends before a later name, or with the text."""
    bound = next((name for at, name in anchors if at >= place and name > field), None)
    start = place + len(field)
    if bound is None and pattern.fullmatch(text, start) is not None:
        return True
    last = start + _LONGEST.get(field, _LONGEST_OTHER)
    for at, longest in ends[bisect_left(ends, (start, "")) :]:
        if at > last:
            return False
        if _names_between(longest, field, bound) and pattern.fullmatch(text, start, at) is not None:
            return True
    return False


def _names_between(longest: str, field: str, bound: str | None) -> bool:
    """Whether some name that begins ``longest`` sorts after ``field`` and up to ``bound``.

    Longer beginnings sort later, so the first one after ``field`` decides.
    """
    if longest <= field:
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(longest, field, strict=False)) if a != b), len(field)
    )
    return bound is None or longest[: max(2, same + 1)] <= bound


def spoken_text(fields: Sequence[tuple[str, str]], effective: Iterable[str]) -> str:
    """What was said, read the same from every form with the same signed text.

    A caller's words are free text: "quero o TeamViewer" could be signed as ``SpeechResult=quero o``
    and ``TeamViewer=``. So the words are everything up to the next effective field, less an
    unknown field at the end, which shows as joined capitalised words glued to the last word
    ("simSpeechModelphone_call") that sort between ``SpeechResult`` and that next field.
    """
    known = set(effective)
    parts: list[str] = []
    inside, following = False, ""
    for name, value in fields:
        if name == _SPEECH:
            inside = True
            parts.append(value)
        elif inside and name in known:
            following = name
            break
        elif inside:
            parts.append(name + value)
    words = "".join(parts)
    if not words or words[-1].isspace():
        return words
    begin = len(words) - len(words.split()[-1])
    for found in _TWO_HUMPS.finditer(words, begin + 1):
        tail = words[found.start() :]
        if tail > _SPEECH and (not following or tail < following):
            return words[: found.start()]
    return words
