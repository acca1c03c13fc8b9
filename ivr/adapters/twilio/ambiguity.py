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
from collections.abc import Iterable, Mapping, Sequence

from ivr.adapters.twilio.catalogue import NAME

_LONGEST_NAME = 80
_LONGEST_VALUE = 5_000
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
    for field, pattern in patterns.items():
        place = text.find(field)
        while place >= 0:
            if starts.get(place) != field and _could_begin(text, place, field, pattern, anchors):
                return field
            place = text.find(field, place + 1)
    return None


def _could_begin(
    text: str,
    place: int,
    field: str,
    pattern: re.Pattern[str],
    anchors: Sequence[tuple[int, str]],
) -> bool:
    before = [name for at, name in anchors if at < place]
    after = [name for at, name in anchors if at >= place]
    if (before and before[-1] >= field) or (after and after[0] < field):
        return False
    bound = next((name for name in after if name > field), None)
    start = place + len(field)
    return any(
        pattern.fullmatch(text, start, end) is not None
        for end in _ends(text, start, field=field, bound=bound)
    )


def _ends(text: str, start: int, *, field: str, bound: str | None) -> Iterable[int]:
    """Where a value that begins at ``start`` may end: before a later name, or with the text."""
    if bound is None:
        yield len(text)
    for end in range(start, min(len(text), start + _LONGEST_VALUE)):
        if text[end] == "m" or "A" <= text[end] <= "Z":
            for length in range(2, _LONGEST_NAME + 1):
                name = text[end : end + length]
                if name > field and (bound is None or name <= bound) and NAME.fullmatch(name):
                    yield end
                    break


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
    last = re.search(r"\S*\Z", words)
    begin = last.start() if last else len(words)
    for found in _TWO_HUMPS.finditer(words, begin + 1):
        tail = words[found.start() :]
        if tail > _SPEECH and (not following or tail < following):
            return words[: found.start()]
    return words
