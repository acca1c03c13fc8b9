"""The board and a day's report over a long history on PostgreSQL, as their pages ask for them:
agents at work, callers in the IVR and in the queue."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import timedelta

from ivr.domain.local_time import local_date
from ivr.service.board import board_of
from ivr.service.metrics import Period, recount
from ivr.service.reports import period_of, report_of
from ivr.service.runtime import Runtime
from ivr.web.reports import makers
from tools.bench.long_history import NOW, histories, load_words, opened, runtime_on

ROUNDS = 25
ALLOWED_MS = 300


def report() -> list[str]:
    """Lines of the figures."""
    found = histories()
    store = opened(found.large)
    rt = runtime_on(store)
    lines = list(found.made)
    today = local_date(NOW)
    yesterday = today - timedelta(days=1)
    names = {
        "the board": lambda: board_of(rt),
        "the board for the wall": lambda: board_of(rt, people=False),
        "report of today": lambda: _report(rt, 0),
        "report of yesterday": lambda: _report(rt, 1),
        "the same, compared with the day before": lambda: _report(rt, 1, compare=True),
        "report of 30 days (no bar)": lambda: _report(rt, 29, days=30),
    }
    slowest = 0.0
    for name, ask in names.items():
        p50, p95 = _times(ask)
        slowest = max(slowest, 0.0 if "no bar" in name else p95)
        lines.append(f"{name:<40} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms")
    lines.append(
        f"slowest at {found.calls:,} calls: p95 {slowest:.1f} ms (allowed {ALLOWED_MS} ms); "
        f"{load_words()}"
    )
    lines.append(_agreement(rt, period_of(yesterday, yesterday)))
    store.close()
    return lines


def _report(rt: Runtime, back: int, *, days: int = 1, compare: bool = False) -> None:
    first = local_date(NOW) - timedelta(days=back)
    last = first + timedelta(days=days - 1)
    report_of(rt, first=first, last=last, compare=compare, personal=True, make=makers("n"))


def _agreement(rt: Runtime, period: Period) -> str:
    """The kept sums of a day are what its raw rows give."""
    with rt.store.begin(write=False) as tx:
        began = time.perf_counter()
        raw = recount(rt, tx, period)
        took = time.perf_counter() - began
        kept = tx.metrics.sums(period.since, period.until, version=rt.metric_rules.version)
    if raw != kept:
        raise RuntimeError("the kept sums are not those of the raw rows")
    calls = raw[("call.all", "")][0]
    return f"recount of {calls:,} calls of a day from raw rows: {took:.1f} s, the same sums"


def _times(ask: Callable[[], object]) -> tuple[float, float]:
    took = []
    for number in range(ROUNDS + 1):
        began = time.perf_counter()
        ask()
        if number:
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return took[len(took) // 2], took[math.ceil(len(took) * 0.95) - 1]
