"""What a report of a period shows: blocks, each with a table that says everything its chart does.

A cell keeps its number and what it rests on; words and signs are the page's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from ivr.domain.local_time import at_local, local_date, to_local
from ivr.domain.metrics import FCR_DAYS, FEW, FIGURES, Figure, Reading, Unit
from ivr.domain.metrics_tally import Sums
from ivr.ports.metrics import OpenTickets
from ivr.ports.store import Transaction
from ivr.service.metrics import Period, series_of, sums_of
from ivr.service.runtime import Runtime

LONGEST_DAYS = 366
SOON_DAYS = 1
"""Deadlines that end today or tomorrow are breaches to come."""
SERIES = (
    "call.end", "stay.offered", "stay.answered", "stay.answered_in", "stay.abandoned",
    "stay.short", "stay.abandoned_in", "talk.talk", "talk.hold", "talk.wrap",
)  # fmt: skip
"""Measures that are shown over time."""
HEADLINES = (
    "chamadas", "na_fila", "atendidas", "nivel_de_servico", "tme", "tma", "abandono",
    "contencao", "fcr", "csat", "prazo_uteis", "prazo_corridos",
)  # fmt: skip

CellUnit = Unit | Literal["text"]
Filters = Mapping[str, str]
"""Parameters of the call log that lead to the calls behind a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """``value`` None: no data. ``n``: what a share or a mean rests on, None where it does not
    matter."""

    value: float | str | None
    unit: CellUnit = "count"
    n: int | None = None

    @property
    def few(self) -> bool:
        """Too little to be told as a share or a mean."""
        return self.unit in ("percent", "score") and self.n is not None and self.n < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table. ``calls``: the filter that finds its calls, None for none."""

    head: str
    cells: tuple[Cell, ...]
    calls: Filters | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """``figures``: ids of the dictionary that it shows. ``chart``: how its table is drawn, empty
    for not at all; ``drawn``: columns that are. ``heat``: the table is a map of numbers."""

    id: str
    title: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    figures: tuple[str, ...] = ()
    chart: Literal["", "bar", "stacked", "line"] = ""
    drawn: tuple[int, ...] = ()
    heat: bool = False
    notes: tuple[str, ...] = ()
    calls: Filters | None = None
    personal: bool = False

    @property
    def empty(self) -> bool:
        """Without any row."""
        return not self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A figure of the period and of the one before it. ``provisional``: it may still change."""

    figure: Figure
    now: Reading
    before: Reading | None
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that the blocks of one report are made of."""

    rt: Runtime
    first: date
    last: date
    sums: Sums
    series: Mapping[datetime, Sums]
    tickets: OpenTickets
    agents: Mapping[str, str]
    now: datetime

    @property
    def provisional(self) -> bool:
        """Whether somebody may still call again about a call of the period."""
        return end_of(self.last) + timedelta(days=FCR_DAYS) > self.now

    @property
    def days(self) -> list[date]:
        """Days of the period that have begun."""
        today = local_date(self.now)
        count = (min(self.last, today) - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(max(0, count))]

    def by(self, key: Callable[[datetime], object]) -> dict[object, Sums]:
        """The series added up by a key of the local time."""
        found: dict[object, Sums] = {}
        for bucket, sums in self.series.items():
            whole = found.setdefault(key(to_local(bucket)), {})
            for at, (n, total) in sums.items():
                before = whole.get(at, (0, 0))
                whole[at] = (before[0] + n, before[1] + total)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as a page shows it."""

    first: date
    last: date
    at: datetime
    headlines: tuple[Headline, ...]
    blocks: tuple[Block, ...]
    calls: int
    before: tuple[date, date] | None = field(default=None)


def start_of(day: date) -> datetime:
    return at_local(day, time(0))


def end_of(day: date) -> datetime:
    return at_local(day + timedelta(days=1), time(0))


def period_of(first: date, last: date) -> Period:
    """The half hours of whole local days."""
    return Period(since=start_of(first), until=end_of(last))


def report_of(
    rt: Runtime,
    *,
    first: date,
    last: date,
    compare: bool,
    personal: bool,
    make: tuple[Callable[[Material], Block], ...],
) -> Report:
    """The report of whole days. ``personal``: with the blocks about single agents.

    ``make``: the blocks. Raises StoreUnavailableError.
    """
    period = period_of(first, last)
    with rt.store.begin(write=False) as tx:
        material = _material(rt, tx, first=first, last=last, period=period)
        before = sums_of(rt, tx, period.before) if compare else None
    blocks = tuple(block for maker in make if (block := maker(material)).personal <= personal)
    lines = tuple(
        Headline(
            figure=FIGURES[name],
            now=FIGURES[name].of(material.sums, rt.metric_rules),
            before=None if before is None else FIGURES[name].of(before, rt.metric_rules),
            provisional=name == "fcr" and material.provisional,
        )
        for name in HEADLINES
    )
    length = (last - first).days + 1
    return Report(
        first=first,
        last=last,
        at=material.now,
        headlines=lines,
        blocks=blocks,
        calls=int(FIGURES["chamadas"].of(material.sums, rt.metric_rules).value or 0),
        before=(first - timedelta(days=length), first - timedelta(days=1)) if compare else None,
    )


def _material(rt: Runtime, tx: Transaction, *, first: date, last: date, period: Period) -> Material:
    now = tx.now()
    today = local_date(now)
    return Material(
        rt=rt,
        first=first,
        last=last,
        sums=sums_of(rt, tx, period),
        series=series_of(rt, tx, period, SERIES),
        tickets=tx.metrics.open_tickets(today, soon=today + timedelta(days=SOON_DAYS)),
        agents={one.id: one.name for one in tx.staff.everyone()},
        now=now,
    )
