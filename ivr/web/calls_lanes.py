"""The picture of a timeline: where each span stands, in thousandths of the call's length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.service.timeline import Timeline
from ivr.service.timeline_spans import LANES, Span
from ivr.web.calls_words import seconds_words

WIDTH = 1000
LEAST_WIDTH = 2
LANE_HEIGHT = 26
TOP = 16
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
MOST_TICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A span in the picture. ``number``: of its line in the list."""

    number: int
    span: Span
    x: float
    y: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A time on the ruler."""

    x: float
    label: str


def lanes_of(timeline: Timeline) -> dict[str, list[Bar]]:
    """Bars of each lane; one that is short is drawn wide enough to be seen and hit."""
    lanes: dict[str, list[Bar]] = {lane: [] for lane in LANES}
    begin, end = _bounds(timeline)
    whole = max((end - begin) / timedelta(seconds=1), 0.001)
    for number, span in enumerate(timeline.spans, start=1):
        until = span.until or (end if span.open else span.at)
        x = (span.at - begin).total_seconds() / whole * WIDTH
        width = max(LEAST_WIDTH, (until - span.at).total_seconds() / whole * WIDTH)
        x = min(max(0.0, x), WIDTH - LEAST_WIDTH)
        lanes[span.lane].append(
            Bar(
                number=number,
                span=span,
                x=round(x, 2),
                y=TOP + LANES.index(span.lane) * LANE_HEIGHT,
                width=round(min(width, WIDTH - x), 2),
            )
        )
    return lanes


def ticks_of(timeline: Timeline) -> list[Tick]:
    """The ruler: at most ten marks at round times."""
    begin, end = _bounds(timeline)
    whole = max((end - begin).total_seconds(), 0.001)
    step = next((s for s in _STEPS if whole / s <= MOST_TICKS), 3600)
    count = min(int(whole // step), 48)
    return [
        Tick(x=round(n * step / whole * WIDTH, 2), label=seconds_words(n * step))
        for n in range(count + 1)
    ]


def _bounds(timeline: Timeline) -> tuple[datetime, datetime]:
    """From the first to the last that is shown; work after the call belongs to it."""
    begin = min([timeline.call.started_at, *(span.at for span in timeline.spans)])
    ends = [span.until or span.at for span in timeline.spans]
    last = max([timeline.end, *ends])
    return begin, min(last, timeline.end + timedelta(minutes=30))
