"""The call log: ``/chamadas``. The filter stands in the address, never a number of a person."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ivr.domain.search_words import LONGEST
from ivr.ports.call_search import LogFilter
from ivr.ports.store import Transaction
from ivr.service import calls_log as log
from ivr.service.calls_log_query import (
    FLAGS,
    LogQuery,
    QueryError,
    kinds_of,
    read_cursor,
    sought_words,
)
from ivr.web import calls_words as words
from ivr.web.calls_view import (
    FACET_LABELS,
    READERS,
    address,
    bp,
    choices,
    fault_words,
    form_args,
    page,
    query_of,
    sees_people,
    shown,
)
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

NOT_UNDERSTOOD = (
    "Não é telefone, protocolo, CPF, matrícula, código de ligação ou de serviço, nem nome de "
    "atendente. Confira os algarismos."
)


@bp.get("", endpoint="show_list")
@staff_page(*READERS)
def show_list() -> ResponseReturnValue:
    """A page of calls; without a filter, today's."""
    try:
        query = query_of(request.args)
    except QueryError as error:
        return _faulty(fault_words(error), where=error.field)
    cursor = request.args.get("depois", "")
    after = read_cursor(cursor) if cursor else None
    if cursor and after is None:
        return redirect(address(query), 303)
    found = log.page_of(
        runtime(), query, staff=me().id, after=after, count="contar" in request.args
    )
    return _list_page(query, found, first=after is None)


@bp.post("", endpoint="look")
@staff_page(*READERS)
def look() -> ResponseReturnValue:
    """Search. A POST, so that no CPF and no telephone comes to stand in an address or a log."""
    text = request.form.get("procurar", "").strip()
    args = form_args(request.form)
    if request.form.get("busca") and not text:
        args["busca"] = request.form["busca"]
    if text:
        any_of = log.understand(runtime(), text, personal=sees_people())
        if not any_of:
            hidden = not sees_people() and log.is_personal(text)
            told = words.QUERY_ERRORS["person"] if hidden else NOT_UNDERSTOOD
            return _faulty(told, where="procurar", asked=text[:LONGEST], status=200)
        log.searched(runtime(), by=me().id, kinds=kinds_of(any_of))
        args["busca"] = sought_words(any_of)
    try:
        query = query_of(args)
    except QueryError as error:
        return _faulty(fault_words(error), where=error.field)
    one = _only_call(query)
    if one:
        return redirect(url_for("calls.show_call", sid=one), 303)
    there = address(query)
    log.keep_last(runtime(), staff=me().id, query=there.partition("?")[2])
    return redirect(there, 303)


def _only_call(query: LogQuery) -> str:
    if not query.exact:
        return ""
    with runtime().store.begin(write=False) as tx:
        return _sid_of(tx, query.wanted)


def _sid_of(tx: Transaction, wanted: LogFilter) -> str:
    found = tx.call_search.page(wanted, limit=1)
    if found:
        return found[0].facts.sid
    for column, value in wanted.any_of:
        if column == "sid" and tx.calls.view(value, 0) is not None:
            return value
        ticket = tx.tickets.by_protocol(value) if column == "protocol" else None
        if ticket is not None:
            return ticket.call_sid
    return ""


def _list_page(query: LogQuery, found: log.LogPage, *, first: bool) -> ResponseReturnValue:
    offered = choices()
    columns = log.columns_of(found.views, personal=sees_people())
    return page(
        "chamadas/list.html",
        query=query,
        found=found,
        first=first,
        columns=columns,
        every_column=[c for c in log.COLUMNS if sees_people() or c not in log.PERSONAL_COLUMNS],
        chips=_chips(query, offered),
        saved=[view for view in found.views if view.kind == "view"],
        last=next((view.value for view in found.views if view.kind == "last"), ""),
        to=_links(query, found),
        done=words.DONE.get(request.args.get("feito", "")),
        **_form(query.args, offered),
    )


def _links(query: LogQuery, found: log.LogPage) -> dict[str, str]:
    return {
        "more": address(query, depois=found.more) if found.more else "",
        "count": address(query, contar=1),
        "export": address(query, "calls.export_form"),
        "month": address(query, dias=30) if query.days in (1, 7) else "",
        "year": address(query, dias=365) if query.days == 30 else "",
        "clear": url_for("calls.show_list"),
        "here": address(query),
    }


def _chips(query: LogQuery, offered: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """(words, address without it) of each condition but the period."""
    found = []
    if query.wanted.any_of:
        kinds = " ou ".join(words.SOUGHT[word] for word in kinds_of(query.wanted.any_of))
        found.append((f"Procurado por {kinds}", address(query, busca="")))
    for name in (*FACET_LABELS, *FLAGS):
        if name in query.args:
            found.append((shown(name, query.args[name], offered), address(query, **{name: ""})))
    return found


def _form(args: Any, offered: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {"args": args, "offered": offered, "facets": FACET_LABELS, "flags": words.FLAGS}


def _faulty(told: str, *, where: str, asked: str = "", status: int = 422) -> ResponseReturnValue:
    """The form with what is wrong, and nothing found."""
    given = request.form if request.method == "POST" else request.args
    return page(
        "chamadas/faulty.html",
        status=status,
        fault=told,
        where=where,
        asked=asked,
        **_form(form_args(given), choices()),
    )
