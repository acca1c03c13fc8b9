"""Commands of a talk about a third one in it: a number outside the desk, or a colleague."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from ivr.service.desk import conversation
from ivr.service.desk.not_now import NotNowError
from ivr.web import agent_words
from ivr.web.agent import not_now
from ivr.web.agent_view import bp, panel, runtime
from ivr.web.door import me, staff_page

LONGEST = 40


@bp.post("/agente/conversa/<offer>/fora")
@staff_page("agent")
def call_out(offer: str) -> ResponseReturnValue:
    """Call a number outside: ``modo`` falar (the agent talks with them first) or passar."""
    cold = request.form.get("modo") == "passar"
    name, typed = request.form.get("lista", ""), request.form.get("numero", "")
    try:
        row = conversation.call_out(
            runtime(),
            offer,
            me().id,
            name="" if typed.strip() else name[:LONGEST],
            typed=typed[:LONGEST],
            kind="cold" if cold else "warm",
        )
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.OUTSIDE_ASKED["cold" if cold else "warm"].format(to=row.label))


@bp.post("/agente/conversa/<offer>/juntar")
@staff_page("agent")
def join_three(offer: str) -> ResponseReturnValue:
    """Everybody hears everybody."""
    try:
        conversation.join_three(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.THREE, "certo")


@bp.post("/agente/conversa/<offer>/fora/concluir")
@staff_page("agent")
def complete_out(offer: str) -> ResponseReturnValue:
    """Leave the caller and the number outside to each other."""
    try:
        conversation.complete_out(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.LEFT_TWO, "certo")


@bp.post("/agente/conversa/<offer>/fora/voltar")
@staff_page("agent")
def cancel_out(offer: str) -> ResponseReturnValue:
    """Back to the caller."""
    try:
        conversation.cancel_out(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel()
