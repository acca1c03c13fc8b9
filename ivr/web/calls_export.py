"""The call log as a file: what it will hold is shown first, then it is sent row by row."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from ivr.domain.local_time import to_local
from ivr.service import calls_log as log
from ivr.service.calls_log_export import WRITERS, export
from ivr.service.calls_log_query import QueryError
from ivr.web import calls_words as words
from ivr.web.calls_view import READERS, address, bp, fault_words, page, query_of, sees_people
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MANY = 200_000
"""Rows from which the page says that a spreadsheet takes minutes."""


@bp.get("/exportar")
@staff_page(*READERS)
def export_form() -> ResponseReturnValue:
    """How many rows the file will have, and its columns."""
    try:
        query = query_of(request.args)
    except QueryError as error:
        return page("chamadas/refused.html", status=422, fault=fault_words(error))
    rt = runtime()
    return page(
        "chamadas/export.html",
        query=query,
        rows=log.count_of(rt, query),
        many=MANY,
        columns=[words.TITLES[name] for name in _columns()],
        back=address(query),
    )


@bp.post("/exportar")
@staff_page(*READERS)
def send_file() -> ResponseReturnValue:
    """The file. Calls that go on are not in it: they have no end yet."""
    try:
        query = query_of(request.form)
    except QueryError as error:
        return page("chamadas/refused.html", status=422, fault=fault_words(error))
    format_ = next((name for name in WRITERS if name == request.form.get("formato")), None)
    if format_ is None:
        return page("chamadas/refused.html", status=422, fault=words.QUERY_ERRORS["unknown"])
    rt = runtime()
    columns = _columns()
    stream = export(
        rt,
        query.wanted,
        format=format_,
        head=[words.TITLES[name] for name in columns],
        cells=words.cells_of(rt, columns),
        by=me().id,
        query=query.args,
    )
    at = to_local(rt.clock.now()).strftime("%Y%m%d-%H%M")
    headers: dict[str, Any] = {
        "Content-Disposition": f'attachment; filename="chamadas-{at}.{format_}"',
        "X-Accel-Buffering": "no",
    }
    return Response(stream, headers=headers, content_type=TYPES[format_])


def _columns() -> tuple[str, ...]:
    with runtime().store.begin(write=False) as tx:
        views = tuple(tx.call_search.views(me().id))
    return log.columns_of(views, personal=sees_people())
