"""What each person keeps of the call log: saved filters and columns."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ivr.service import calls_log as log
from ivr.service.calls_log_query import QueryError
from ivr.web import calls_words as words
from ivr.web.calls_view import READERS, address, bp, fault_words, page, query_of
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime


@bp.post("/filtros/salvar")
@staff_page(*READERS)
def keep_view() -> ResponseReturnValue:
    """Save the filter of the page under a name."""
    try:
        query = query_of(request.form)
        there = address(query)
        log.keep_view(
            runtime(),
            staff=me().id,
            name=request.form.get("nome", ""),
            query=there.partition("?")[2],
        )
    except QueryError as error:
        return _refused(fault_words(error))
    except log.LogError as error:
        return _refused(words.LOG_ERRORS[error.reason])
    return redirect(address(query, feito="salvo"), 303)


@bp.post("/filtros/apagar")
@staff_page(*READERS)
def drop_view() -> ResponseReturnValue:
    """Forget a saved filter."""
    try:
        log.drop_view(runtime(), staff=me().id, name=request.form.get("nome", ""))
    except log.LogError as error:
        return _refused(words.LOG_ERRORS[error.reason], status=404)
    return redirect(url_for("calls.show_list", feito="apagado"), 303)


@bp.post("/colunas/gravar")
@staff_page(*READERS)
def keep_columns() -> ResponseReturnValue:
    """Remember the columns of the table; none: the usual ones."""
    log.keep_columns(runtime(), staff=me().id, columns=tuple(request.form.getlist("coluna")))
    try:
        there = address(query_of(request.form), feito="colunas")
    except QueryError:
        there = url_for("calls.show_list", feito="colunas")
    return redirect(there, 303)


def _refused(told: str, *, status: int = 422) -> ResponseReturnValue:
    return page("chamadas/refused.html", status=status, fault=told)
