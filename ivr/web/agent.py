"""The agent's console ``/agente``: the page, its panel, the agent's state, the sign of life."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.ports.errors import PortError
from ivr.ports.store import StoreUnavailableError
from ivr.service.desk import presence
from ivr.service.desk.console import OPEN, console_of, strip_of
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.router import route_now
from ivr.web import agent_view, agent_words
from ivr.web.agent_view import bp, panel, runtime
from ivr.web.door import me, staff_page

MAX_BODY = 64 * 1024
HEALTH = ("audio", "microfone", "aparelho", "rede")
"""What a console may say of itself."""
_LONGEST_HEALTH = 60
ID = "[A-Za-z0-9_-]{1,64}"


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY


@bp.get("/agente")
@staff_page("agent")
def console() -> ResponseReturnValue:
    """The whole console."""
    return agent_view.page()


@bp.get("/agente/painel", endpoint="panel")
@staff_page("agent", background=True)
def refreshed() -> ResponseReturnValue:
    """The regions now. ``oferta``: one that the page still shows although it is over."""
    return panel(asked=request.args.get("oferta", "")[:64])


@bp.get("/agente/faixa", endpoint="strip")
@staff_page("agent", background=True)
def queues_now() -> ResponseReturnValue:
    """Queues and callbacks alone: what an event of a queue leads to.

    ``chave``: what the page shows; 204 when that is still so.
    """
    shown = strip_of(runtime(), me())
    if request.args.get("chave") == agent_view.strip_key(shown.day):
        return "", 204
    return agent_view.strip(shown)


@bp.get("/agente/oferta/<offer>")
@staff_page("agent", background=True)
def card(offer: str) -> ResponseReturnValue:
    """The card of an offer, within the panel: what an event of an offer leads to."""
    return panel(asked=offer[:64])


@bp.post("/agente/estado")
@staff_page("agent")
def change_state() -> ResponseReturnValue:
    """Available, paused for a reason, offline."""
    wanted, agent = request.form.get("estado", ""), me().id
    try:
        if wanted == "available":
            presence.go_available(runtime(), agent)
            route_now(runtime())
        elif wanted == "paused":
            presence.pause(runtime(), agent, request.form.get("motivo", ""))
        elif wanted == "offline":
            presence.go_offline(runtime(), agent)
        else:
            return panel("Estado desconhecido.", "erro", status=400)
    except NotNowError as error:
        return not_now(error)
    return panel()


@bp.post("/agente/pulso")
@staff_page("agent", background=True)
def pulse() -> ResponseReturnValue:
    """The console's sign of life, every 10 s. Answers what it must know to be up to date."""
    health = {
        name: value
        for name in HEALTH
        if (value := request.form.get(name, "")[:_LONGEST_HEALTH]) and value.isprintable()
    }
    row = presence.beat(runtime(), me().id, health)
    shown = console_of(runtime(), me()) if row.offer else None
    ringing = shown.offer.id if shown and shown.offer and shown.offer.state in OPEN else ""
    return {"versao": row.version, "estado": row.state, "oferta": ringing}


def not_now(error: NotNowError, *, asked: str = "") -> ResponseReturnValue:
    """The panel with the reason in words."""
    words = agent_words.NOT_NOW.get(error.reason, "Isto não é possível agora.")
    if error.reason == "encerrada" and console_of(runtime(), me()).talking:
        words = agent_words.NOT_YET
    return panel(words, "erro", status=409, asked=asked)


@bp.errorhandler(CSRFError)
def stale(error: CSRFError) -> ResponseReturnValue:
    return agent_words.STALE, 400, {"Content-Type": "text/plain; charset=utf-8"}


@bp.errorhandler(PortError)
def carrier_is_away(error: PortError) -> ResponseReturnValue:
    return panel(agent_words.CARRIER_AWAY, "erro", status=503)


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return agent_words.STORE_AWAY, 503, {"Content-Type": "text/plain; charset=utf-8"}
