"""The call log as a file over a long history: a million rows as the page sends them, as CSV and
as XLSX, and how much memory that takes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ivr.ports.call_search import LogFilter, LogLine
from ivr.service.calls_log import USUAL
from ivr.service.calls_log_export import Cell, Cells, Format, export
from ivr.web.calls_words import TITLES, cells_of
from tools.bench.long_history import A_DAY, NOW, histories, load_words, opened, runtime_on

ROWS = 1_000_000
ALLOWED_MB = 50
LOOKED_EVERY = 1_000


@dataclass
class Watched:
    """Cells of the page, counted, with the memory looked at every so many rows."""

    cells: Cells
    rows: int = 0
    most: int = 0

    def __call__(self, line: LogLine, names: Mapping[str, str]) -> Sequence[Cell]:
        self.rows += 1
        if self.rows % LOOKED_EVERY == 0:
            self.most = max(self.most, _rss())
        return self.cells(line, names)


def report() -> list[str]:
    """Lines of the figures."""
    found = histories()
    store = opened(found.large)
    rt = runtime_on(store)
    days = max(1, min(found.calls, ROWS + ROWS // 50) // A_DAY)
    wanted = LogFilter(since=NOW - timedelta(days=days), until=NOW)
    lines = list(found.made)
    formats: tuple[Format, ...] = ("csv", "xlsx")
    for format_ in formats:
        watched = Watched(cells_of(rt, USUAL))
        began, before, size = time.perf_counter(), _rss(), 0
        chunks = export(
            rt,
            wanted,
            format=format_,
            head=[TITLES[name] for name in USUAL],
            cells=watched,
            by="bench",
            query={},
        )
        for chunk in chunks:
            size += len(chunk)
        grown = max(watched.most, _rss()) - before
        took = time.perf_counter() - began
        lines.append(
            f"export of {watched.rows:,} rows as {format_}: {took:.1f} s, {size / 1e6:.1f} MB, "
            f"resident memory grew by {grown / 1e6:.1f} MB (allowed {ALLOWED_MB} MB); "
            f"{load_words()}"
        )
    store.close()
    return lines


def _rss() -> int:
    """Bytes that this process holds now (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
