"""Numbers of reports as people read them, pt-BR."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask_babel import format_decimal, format_percent, gettext

from ivr.domain.metrics import Reading, Unit
from ivr.service.reports import Block, Cell, Headline, Report, Row
from ivr.web.agent_lines import span

NO_DATA = "—"


def number(value: float, unit: str) -> str:
    """``1.234``, ``82,7%``, ``01:42``, ``4,6``."""
    if unit == "seconds":
        return span(value)
    if unit == "percent":
        return str(format_percent(value / 100, "#,##0.0%"))
    if unit == "score":
        return str(format_decimal(value, "0.0"))
    return str(format_decimal(round(value)))


def cell_words(cell: Cell) -> str:
    """What a cell says; of too few calls no share and no mean is told."""
    if cell.value is None:
        return NO_DATA
    if isinstance(cell.value, str):
        return cell.value or NO_DATA
    if cell.few:
        return str(gettext("poucos dados (n=%(n)s)", n=cell.n))
    return number(cell.value, cell.unit)


def cell_for_file(cell: Cell) -> str:
    """Decimal comma, no unit, empty for no data: a spreadsheet counts on with it."""
    if cell.value is None:
        return ""
    if isinstance(cell.value, str):
        return cell.value
    places = 0 if cell.unit in ("count", "seconds") else 2
    return f"{cell.value:.{places}f}".replace(".", ",")


def reading_words(reading: Reading, unit: Unit) -> str:
    """A figure of a period."""
    few = reading.few and unit in ("percent", "score")
    return cell_words(Cell(value=reading.value, unit=unit, n=reading.n if few else None))


def change_words(line: Headline) -> str:
    """How a figure moved since the period before, empty when it cannot be told."""
    now, before, unit = line.now.value, None, line.figure.unit
    if line.before is not None:
        before = line.before.value
        if unit in ("percent", "score") and (line.before.few or line.now.few):
            before = None
    if now is None or before is None:
        return ""
    moved = now - before
    if abs(moved) < (0.05 if unit in ("percent", "score") else 0.5):
        return str(gettext("= igual ao período anterior"))
    sign = "▲" if moved > 0 else "▼"
    if unit == "percent":
        size = gettext("%(n)s pontos", n=format_decimal(abs(moved), "#,##0.0"))
    else:
        size = number(abs(moved), unit)
    good = (moved > 0) == (line.figure.better == "up")
    judged = ""
    if line.figure.better:
        judged = str(gettext(" (melhor)") if good else gettext(" (pior)"))
    return f"{sign} {size}{judged}"


def calls_address(first: date, last: date, filters: Mapping[str, str] | None) -> str:
    """The call log with the calls of a period behind a number, empty for none."""
    if filters is None:
        return ""
    given = {"de": first.isoformat(), "ate": last.isoformat(), **filters}
    return f"/chamadas?{urlencode(given)}"


def row_address(report: Report, row: Row) -> str:
    return calls_address(report.first, report.last, row.calls)


def heat_step(block: Block, cell: Cell) -> int:
    """0 to 4: how deep a cell of the map is coloured, against the greatest of the map."""
    if not isinstance(cell.value, float | int) or cell.few:
        return 0
    values = [
        c.value
        for row in block.rows
        for c in row.cells
        if isinstance(c.value, float | int) and not c.few
    ]
    most = max(values, default=0)
    return 0 if not most else min(4, round(4 * cell.value / most))


def words() -> dict[str, Any]:
    """For the templates."""
    return {
        "cell_words": cell_words,
        "reading_words": reading_words,
        "change_words": change_words,
        "calls_address": calls_address,
        "row_address": row_address,
        "heat_step": heat_step,
    }
