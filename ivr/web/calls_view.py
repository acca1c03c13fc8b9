"""What the pages of the call log share: the blueprint, who may read, the filter of an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.domain.local_time import local_date, to_local
from ivr.ports.staff import Role
from ivr.ports.store import StoreUnavailableError
from ivr.service.calls_log_query import (
    FLAGS,
    PARAMETERS,
    LogQuery,
    QueryError,
    read_query,
)
from ivr.web import calls_words as words
from ivr.web.door import me
from ivr.web.edge import runtime
from ivr.web.erased_marks import missing_or_erased
from ivr.web.ticket_words import protocol_words

bp = Blueprint("calls", __name__, url_prefix="/chamadas")

MAX_BODY = 16 * 1024
"""Bytes of a submitted form; more is refused before it is read."""
RETRY_AFTER = "30"
READERS: tuple[Role, ...] = ("supervisor", "manager", "auditor")
SEE_PEOPLE: tuple[Role, ...] = ("supervisor", "auditor")
"""Roles that see masked personal data, and whole for half a minute."""
_SID = re.compile(r"[A-Za-z0-9\-]{1,64}")


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


@bp.after_request
def keep_out_of_caches(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return render_template("chamadas/stale.html"), 400


@bp.errorhandler(413)
def too_large_page(error: Exception) -> ResponseReturnValue:
    return render_template("chamadas/stale.html"), 413


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("chamadas/later.html"), 503, {"Retry-After": RETRY_AFTER}


def missing_page(sid: str = "") -> ResponseReturnValue:
    """No such call, or (410) one that was erased."""
    return missing_or_erased("chamadas/missing.html", *([f"call:{sid}"] if is_sid(sid) else []))


def sees_people() -> bool:
    """Whether the reader may see anything of a person."""
    return bool(set(SEE_PEOPLE) & set(me().roles))


def is_sid(text: str) -> bool:
    """Whether a text can be a call's."""
    return _SID.fullmatch(text) is not None


def query_of(args: Mapping[str, str]) -> LogQuery:
    """The filter of an address. Raises :class:`QueryError`."""
    today = local_date(runtime().clock.now())
    return read_query(args, today=today, personal=sees_people())


def address(query: LogQuery, endpoint: str = "calls.show_list", **changes: str | int) -> str:
    """The address of a filter with some parameters changed; an empty one is left out."""
    args = {**query.args, **{name: str(value) for name, value in changes.items()}}
    if {"de", "ate"} & changes.keys():
        args.pop("dias", None)
    if "dias" in changes:
        args.pop("de", None)
        args.pop("ate", None)
    kept: dict[str, Any] = {name: value for name, value in args.items() if value}
    return url_for(endpoint, **kept)


def choices() -> dict[str, dict[str, str]]:
    """What the select boxes offer: parameter → value → label."""
    rt = runtime()
    with rt.store.begin(write=False) as tx:
        agents = {one.id: one.name for one in tx.staff.everyone() if "agent" in one.roles}
    return {
        "resultado": dict(words.OUTCOMES),
        "fila": words.queue_names(rt),
        "agente": agents,
        "servico": words.service_names(rt),
        "identidade": words.IDENTITY,
        "desligou": words.ENDED_BY,
        "duracao": words.DURATION,
        "classe": dict(rt.queues.contact_classes()),
        "nota": {str(n): f"{n} de 5" for n in (1, 2, 3, 4, 5)},
    }


FACET_LABELS = {
    "resultado": "Resultado",
    "fila": "Fila",
    "agente": "Atendente",
    "servico": "Serviço",
    "identidade": "Identidade",
    "desligou": "Quem desligou",
    "duracao": "Duração",
    "classe": "Classe",
    "nota": "Nota",
}


def form_args(form: Mapping[str, str]) -> dict[str, str]:
    """Parameters of a filter as a form sent them, without the text of the search."""
    names = [name for name in PARAMETERS if name != "busca"]
    found = {name: form[name].strip() for name in names if form.get(name, "").strip()}
    if found.get("dias") == "datas":
        del found["dias"]
    elif "dias" in found:
        found.pop("de", None)
        found.pop("ate", None)
    return found


def shown(name: str, value: str, offered: Mapping[str, Mapping[str, str]]) -> str:
    """A condition of the filter in words."""
    if name in FLAGS:
        return words.FLAGS[name]
    label = FACET_LABELS.get(name, name)
    return f"{label}: {offered.get(name, {}).get(value, value)}"


def fault_words(error: QueryError) -> str:
    """What is wrong with an address."""
    return words.QUERY_ERRORS.get(error.reason, words.QUERY_ERRORS["unknown"])


def page(template: str, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of the log with the words that all of them use."""
    rt = runtime()
    html = render_template(
        template,
        words=words,
        local=to_local,
        protocol=protocol_words,
        services=words.service_names(rt),
        queues=words.queue_names(rt),
        classes=rt.queues.contact_classes(),
        sees_people=sees_people(),
        who=me(),
        **values,
    )
    return make_response(html, status)
