"""Run the measurements, print them, keep them in ``docs/benchmarks.md``."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from tools.bench import (
    board_report,
    equal_time,
    export_rows,
    footprint,
    log_search,
    media_drops,
    media_streams,
    pop,
    prompt_build,
    thousand_calls,
    turn_rate,
)

FILE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
PARTS = {
    "A full turn against the floor": turn_rate.report,
    "A thousand calls in virtual time": thousand_calls.report,
    "Footprint": footprint.report,
    "Equal time for known and unknown": equal_time.report,
    "From the offer to the card": pop.report,
    "The call log over a long history": log_search.report,
    "Media streams in real time": media_streams.report,
    "Media streams that are dropped": media_drops.report,
    "The prompt build, cold and unchanged": prompt_build.report,
    "Board and report over a long history": board_report.report,
    "Export of the call log": export_rows.report,
}


def main() -> int:
    """Run what is named on the command line, or everything."""
    wanted = sys.argv[1:]
    sections = []
    for title, report in PARTS.items():
        if wanted and not any(word.lower() in title.lower() for word in wanted):
            continue
        sys.stdout.write(f"{title}\n")
        sys.stdout.flush()
        lines = report()
        sys.stdout.write("".join(f"  {line}\n" for line in lines))
        sections.append(f"### {title}\n\n```\n" + "\n".join(lines) + "\n```\n")
    if not wanted:
        keep("\n".join(sections))
    return 0


def keep(text: str) -> None:
    """Replace the measured part of the document."""
    machine = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}\n\n"
    )
    old = FILE.read_text("utf-8")
    head, rest = old.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    FILE.write_text(f"{head}{BEGIN}\n{machine}{text}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
