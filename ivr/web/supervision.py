"""``/supervisao/escuta``: the talks that go on, and a supervisor's part in one of them. The same
controls stand on the board. Every command is a form that works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from flask import url_for as link_to
from flask.typing import ResponseReturnValue

from ivr.adapters.twilio.access_token import LIFETIME, PhoneKeys
from ivr.ports.staff import Role
from ivr.service.desk import supervision as company
from ivr.service.desk.not_now import NotNowError
from ivr.service.supervision_view import supervising
from ivr.web import board_refusals, board_words
from ivr.web import supervision_words as words
from ivr.web.agent_phone_policy import page_policy, permissions
from ivr.web.agent_view import PHONE_KEYS
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

bp = Blueprint("supervision", __name__, url_prefix="/supervisao/escuta")

LISTENERS: tuple[Role, ...] = ("supervisor", "manager")


board_refusals.attach(bp)


@bp.get("")
@staff_page(*LISTENERS)
def show() -> ResponseReturnValue:
    """The talks that go on."""
    return with_phone(
        render_template(
            "supervisao/escuta.html",
            done=words.DONE.get(request.args.get("feito", ""), ""),
            not_done=board_words.NOT_NOW.get(request.args.get("nao", ""), ""),
            **context(),
        )
    )


@bp.get("/painel")
@staff_page(*LISTENERS, background=True)
def panel() -> ResponseReturnValue:
    """What of it changes."""
    return render_template("supervisao/escuta_painel.html", **context())


@bp.post("/<offer>/ouvir")
@staff_page(*LISTENERS)
def listen(offer: str) -> ResponseReturnValue:
    """Let the supervisor's telephone ring for a talk."""
    reason = request.form.get("motivo", "")
    return _did("escuta", lambda: company.start(runtime(), offer, by=me().id, reason=reason))


@bp.post("/<supervision>/modo")
@staff_page(*LISTENERS)
def mode(supervision: str) -> ResponseReturnValue:
    """Who hears the supervisor from now on."""
    wanted = request.form.get("modo", "")
    return _did(
        "escuta-modo",
        lambda: company.change_mode(runtime(), supervision, by=me().id, mode=wanted),
    )


@bp.post("/<supervision>/sair")
@staff_page(*LISTENERS)
def leave(supervision: str) -> ResponseReturnValue:
    return _did("escuta-fim", lambda: company.leave(runtime(), supervision, by=me().id))


@bp.post("/ficha")
@staff_page(*LISTENERS, background=True)
def phone_token() -> ResponseReturnValue:
    """A token of an hour for the browser as telephone. 409 while the telephone is another, 503
    without a key."""
    keys = _keys()
    if keys is None:
        return {"erro": "sem_chave"}, 503
    if me().audio != "navegador":
        return {"erro": "outro_telefone"}, 409
    return {"ficha": keys.mint(me().id), "segundos": LIFETIME}


def context() -> dict[str, Any]:
    """For the templates of this page and of the board."""
    rt, who = runtime(), me()
    return {
        **board_words.words(rt),
        "e": supervising(rt, who),
        "escuta": words,
        "escuta_reasons": company.REASONS,
        "escuta_browser": who.audio == "navegador" and _keys() is not None,
        "escuta_board": "supervisor" in who.roles and request.blueprint == "board",
        "escuta_tickets": "supervisor" in who.roles,
    }


def with_phone(page: str) -> ResponseReturnValue:
    """The page, with what the browser as telephone needs while it is one."""
    answer = make_response(page)
    if me().audio == "navegador" and _keys() is not None:
        answer.headers["Content-Security-Policy"] = page_policy(browser=True)
        answer.headers["Permissions-Policy"] = permissions(browser=True)
    return answer


def _keys() -> PhoneKeys | None:
    return cast("PhoneKeys | None", current_app.config.get(PHONE_KEYS))


def _did(done: str, deed: Callable[[], object]) -> ResponseReturnValue:
    """Do it, then lead back to where the form stood, which tells how it went. A browser that is
    the telephone goes to the page of its own, which is not left while the call goes on."""
    on_board = request.form.get("volta") == "quadro" and "supervisor" in me().roles
    to_board = on_board and me().audio != "navegador"
    back = "board.show" if to_board else "supervision.show"
    try:
        deed()
    except NotNowError as error:
        return redirect(link_to(back, nao=error.reason), 303)
    return redirect(link_to(back, feito=done), 303)
