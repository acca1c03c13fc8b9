"""The chain of the audit log: whatever is done to a row, the first broken one is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.audit_chain import Broken, ChainedLine, Head, digest, first_broken

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def log_of(count: int) -> list[ChainedLine]:
    lines, previous = [], Head().hash
    for place in range(1, count + 1):
        fields = {
            "at": START + timedelta(seconds=place),
            "actor": f"S-{place % 7}",
            "action": "ticket.revealed",
            "object": f"ticket:{place}",
            "data": {"n": place, "palavra": "ação"},
        }
        previous = digest(previous, position=place, **fields)  # type: ignore[arg-type]
        lines.append(ChainedLine(position=place, hash=previous, **fields))  # type: ignore[arg-type]
    return lines


def head_of(lines: list[ChainedLine]) -> Head:
    return Head(position=lines[-1].position, hash=lines[-1].hash)


LINES = log_of(60)
CHANGES = {
    "at": START,
    "actor": "somebody else",
    "action": "nothing.happened",
    "object": "ticket:0",
    "data": {},
    "hash": "f" * 64,
}


def test_untouched_log_is_whole_and_ends_at_its_head() -> None:
    assert first_broken(LINES, kept=[head_of(LINES), head_of(LINES[:10])]) == (head_of(LINES), None)
    assert first_broken([]) == (Head(), None)


@given(place=st.integers(1, 60), what=st.sampled_from(sorted(CHANGES)))
def test_edit_of_any_field_of_any_row_names_that_row(place: int, what: str) -> None:
    edited = list(LINES)
    edited[place - 1] = replace(LINES[place - 1], **{what: CHANGES[what]})
    assert first_broken(edited)[1] == Broken(position=place, defect="changed")


@given(place=st.integers(1, 59))
def test_deleted_row_is_named(place: int) -> None:
    rest = [line for line in LINES if line.position != place]
    assert first_broken(rest)[1] == Broken(position=place, defect="missing")


@given(place=st.integers(1, 59))
def test_deleted_row_is_named_when_later_places_were_moved_up(place: int) -> None:
    rest = [
        replace(line, position=line.position - (line.position > place))
        for line in LINES
        if line.position != place
    ]
    assert first_broken(rest)[1] == Broken(position=place, defect="changed")


@given(one=st.integers(1, 60), other=st.integers(1, 60))
def test_first_of_two_exchanged_rows_is_named(one: int, other: int) -> None:
    swapped = list(LINES)
    swapped[one - 1] = replace(LINES[other - 1], position=one)
    swapped[other - 1] = replace(LINES[one - 1], position=other)
    found = first_broken(swapped)[1]
    assert found == (None if one == other else Broken(position=min(one, other), defect="changed"))


@given(place=st.integers(1, 60))
def test_row_put_between_is_named(place: int) -> None:
    forged = replace(LINES[0], position=place, actor="intruder")
    moved = [replace(line, position=line.position + (line.position >= place)) for line in LINES]
    more = sorted([*moved, forged], key=lambda line: line.position)
    assert first_broken(more)[1] == Broken(position=place, defect="changed")


@given(kept=st.integers(1, 60), left=st.integers(0, 60))
def test_cut_end_is_told_by_a_kept_head(kept: int, left: int) -> None:
    broken = first_broken(LINES[:left], kept=[head_of(LINES[:kept])])[1]
    expected = None if left >= kept else Broken(position=left + 1, defect="cut")
    assert broken == expected
    assert first_broken(LINES[:left])[1] is None


def test_log_rewritten_whole_is_told_by_a_kept_head_only() -> None:
    forged, previous = [], Head().hash
    for line in LINES:
        data = {"n": 0} if line.position == 30 else line.data
        previous = digest(
            previous,
            position=line.position,
            at=line.at,
            actor=line.actor,
            action=line.action,
            object=line.object,
            data=data,
        )
        forged.append(replace(line, data=data, hash=previous))
    assert first_broken(forged)[1] is None
    assert first_broken(forged, kept=[head_of(LINES[:29])])[1] is None
    found = first_broken(forged, kept=[head_of(LINES[:40])])[1]
    assert found == Broken(position=40, defect="other_head")


def test_hundred_thousand_rows_are_walked_and_the_changed_one_is_named() -> None:
    lines = log_of(100_000)
    assert first_broken(lines)[1] is None
    lines[77_776] = replace(lines[77_776], data={"n": 0})
    assert first_broken(lines)[1] == Broken(position=77_777, defect="changed")


def test_digest_hangs_on_the_instant_and_not_on_the_zone_it_is_told_in() -> None:
    fields = {"position": 1, "actor": "", "action": "a", "object": "", "data": {}}
    there = START.astimezone(timezone(timedelta(hours=-4)))
    assert digest("0" * 64, at=START, **fields) == digest("0" * 64, at=there, **fields)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        digest("0" * 64, at=START.replace(tzinfo=None), **fields)  # type: ignore[arg-type]


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_head_is_read_only_as_it_was_written(text: str) -> None:
    try:
        head = Head.parse(text)
    except ValueError:
        return
    assert Head.parse(str(head)) == head


@pytest.mark.parametrize(
    "text",
    ["", ":", "1", "1:", "x:" + "0" * 64, "1:" + "0" * 63, "-1:" + "0" * 64, "1:" + "G" * 64],
)
def test_text_that_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Head.parse(text)
