"""``/retornos``: whom the desk calls back, whom it missed, who left a message.

Works without JavaScript. No number stands in it: the system dials.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.domain.local_time import to_local
from ivr.ports.staff import Role
from ivr.ports.store import StoreUnavailableError
from ivr.service.desk import callbacks
from ivr.service.desk.callback_lists import Tab, counts_of, lists_of
from ivr.web import callback_words as words
from ivr.web import ticket_words
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime
from ivr.web.tickets import service_label

bp = Blueprint("callbacks", __name__, url_prefix="/retornos")

ROLES: tuple[Role, ...] = ("agent", "supervisor")
MAX_BODY = 64 * 1024
MOST_AT_ONCE = 200


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


@bp.get("")
@staff_page(*ROLES)
def show() -> ResponseReturnValue:
    """One of the lists."""
    return _page(request.args.get("lista", "retornos"))


@bp.post("/<int:callback>/assumir")
@staff_page(*ROLES)
def claim(callback: int) -> ResponseReturnValue:
    return _press("assumido", lambda: callbacks.claim(runtime(), callback, me().id))


@bp.post("/<int:callback>/soltar")
@staff_page(*ROLES)
def release(callback: int) -> ResponseReturnValue:
    return _press("solto", lambda: callbacks.release(runtime(), callback, me().id))


@bp.post("/<int:callback>/ligar")
@staff_page(*ROLES)
def call(callback: int) -> ResponseReturnValue:
    return _press("ligando", lambda: callbacks.call_now(runtime(), callback, me().id))


@bp.post("/chamado/<protocol>/ligar")
@staff_page(*ROLES)
def call_ticket(protocol: str) -> ResponseReturnValue:
    """Call the person of a ticket, under the same protocol."""
    return _press("ligando", lambda: callbacks.call_ticket(runtime(), protocol, me().id))


@bp.post("/tratadas")
@staff_page(*ROLES)
def handled() -> ResponseReturnValue:
    """Mark one, or all that the page showed: one that came in between stays."""
    chosen = [int(text) for text in request.form.getlist("retorno") if text.isdecimal()]
    done = callbacks.handled(runtime(), chosen[:MOST_AT_ONCE], me().id)
    return redirect(url_for("callbacks.show", lista=_tab(), feito="tratado" if done else "nenhum"))


@bp.errorhandler(CSRFError)
@bp.errorhandler(413)
def stale_page(error: Exception) -> ResponseReturnValue:
    return render_template("chamados/stale.html"), 413 if not isinstance(error, CSRFError) else 400


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("chamados/later.html"), 503, {"Retry-After": "30"}


@bp.app_template_global("callback_counts")
def callback_counts() -> dict[str, int]:
    """How many wait, for the agent's console."""
    with runtime().store.begin(write=False) as tx:
        return counts_of(tx)


def _tab() -> str:
    asked = request.form.get("lista", "retornos")
    return asked if asked in words.TABS else "retornos"


def _press(done: str, deed: Callable[[], object]) -> ResponseReturnValue:
    try:
        deed()
    except callbacks.TakenError as error:
        return _page(_tab(), fault=words.taken(_name(error.agent)), status=409)
    except callbacks.NotNowError as error:
        fault = words.ERRORS.get(error.reason, words.ERRORS["mudou"])
        return _page(_tab(), fault=fault, status=409)
    return redirect(url_for("callbacks.show", lista=_tab(), feito=done), 303)


def _name(agent: str) -> str:
    if not agent:
        return ""
    with runtime().store.begin(write=False) as tx:
        row = tx.staff.get(agent)
    return row.name if row else ""


def _page(tab: str, *, fault: str = "", status: int = 200) -> ResponseReturnValue:
    if tab not in words.TABS:
        return redirect(url_for("callbacks.show"), 303)
    rt = runtime()
    now = rt.clock.now()
    return (
        render_template(
            "retornos/list.html",
            tab=tab,
            found=lists_of(rt, cast(Tab, tab), me().id),
            words=words,
            purposes=ticket_words.PURPOSES,
            protocol=ticket_words.protocol_words,
            service_label=service_label,
            local=to_local,
            today=to_local(now).date(),
            now=now,
            fault=fault,
            done=words.DONE.get(request.args.get("feito", "")) if request.method == "GET" else "",
        ),
        status,
    )
