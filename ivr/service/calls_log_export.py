"""The call log as a file: exactly the filter, every row, in constant memory.

A cell that a spreadsheet would take for a formula begins with an apostrophe
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Literal

from ivr.ports.call_search import LogFilter, LogLine
from ivr.ports.staff import AuditLine
from ivr.service.runtime import Runtime

Format = Literal["csv", "xlsx"]
Cell = str | int
Cells = Callable[[LogLine, Mapping[str, str]], Sequence[Cell]]
"""Cells of a line; the mapping holds names of agents by id."""
BOM = b"\xef\xbb\xbf"
"""By it Excel knows UTF-8."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
ROWS_A_CHUNK = 500
SHEET_ROWS = 1_048_576
"""Rows of a sheet (https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3)."""
_BYTES_A_CHUNK = 64 * 1024


def guarded(cell: Cell) -> Cell:
    """The cell as a spreadsheet shows it and never runs it."""
    if isinstance(cell, str) and cell.startswith(DANGEROUS):
        return f"'{cell}"
    return cell


def csv_chunks(head: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Iterator[bytes]:
    """A CSV file as pt-BR Excel reads it: semicolons, CRLF, UTF-8 with its mark."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(cell) for cell in head])
    yield BOM
    for number, row in enumerate(rows, start=1):
        writer.writerow([guarded(cell) for cell in row])
        if number % ROWS_A_CHUNK == 0:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return taken


def xlsx_chunks(head: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Iterator[bytes]:
    """An XLSX file, made on disk row by row, then sent; a full sheet is followed by another."""
    with tempfile.TemporaryFile() as file:
        _write_xlsx(file, head, rows)
        file.seek(0)
        while chunk := file.read(_BYTES_A_CHUNK):
            yield chunk


def _write_xlsx(file: IO[bytes], head: Sequence[str], rows: Iterator[Sequence[Cell]]) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    import xlsxwriter

    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        at = SHEET_ROWS
        for row in rows:
            if at >= SHEET_ROWS:
                sheet = book.add_worksheet()
                sheet.write_row(0, 0, head, bold)
                sheet.freeze_panes(1, 0)
                at = 1
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(at, column, cell)
                else:
                    sheet.write_string(at, column, cell)
            at += 1
        if not book.worksheets():
            book.add_worksheet().write_row(0, 0, head, bold)


WRITERS: Mapping[Format, Callable[[Sequence[str], Iterator[Sequence[Cell]]], Iterator[bytes]]] = {
    "csv": csv_chunks,
    "xlsx": xlsx_chunks,
}


def export(
    rt: Runtime,
    wanted: LogFilter,
    *,
    format: Format,
    head: Sequence[str],
    cells: Cells,
    by: str,
    query: Mapping[str, str],
) -> Iterator[bytes]:
    """The file. Its beginning and its end stand in the audit log: who, which filter, how many
    rows, whether it came to its end."""
    audit(rt, "calls.export_began", by=by, data={"format": format, "filter": dict(query)})
    taken = [0]
    complete = False
    try:
        with _rows(rt, wanted, cells, taken) as rows:
            yield from WRITERS[format](head, rows)
        complete = True
    finally:
        data = {
            "format": format,
            "filter": dict(query),
            "rows": taken[0],
            "complete": complete,
        }
        audit(rt, "calls.exported", by=by, data=data)


@contextmanager
def _rows(
    rt: Runtime, wanted: LogFilter, cells: Cells, taken: list[int]
) -> Iterator[Iterator[Sequence[Cell]]]:
    with rt.store.begin(write=False) as tx:
        names = {one.id: one.name for one in tx.staff.everyone()}

        def counted() -> Iterator[Sequence[Cell]]:
            for line in tx.call_search.every(wanted):
                taken[0] += 1
                yield cells(line, names)

        yield counted()


def audit(rt: Runtime, action: str, *, by: str, data: Mapping[str, object]) -> None:
    """A line of the audit log about the log of calls."""
    with rt.store.begin() as tx:
        tx.audit.add(
            AuditLine(at=tx.now(), actor=by, action=action, object="calls", data=dict(data))
        )
