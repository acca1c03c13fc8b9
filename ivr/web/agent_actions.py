"""What an agent may ask the system to do for the caller: the system decides."""

from __future__ import annotations

from flask import abort, request
from flask.typing import ResponseReturnValue

from ivr.service.desk import actions
from ivr.service.desk.proof_again import ask_proof_again
from ivr.web import agent_words
from ivr.web.agent_view import bp, panel, runtime
from ivr.web.door import me, staff_page

_ACTIONS = {"reset": actions.send_reset_link, "unlock": actions.unlock}


@bp.post("/agente/conversa/<offer>/acao/<kind>")
@staff_page("agent")
def act(offer: str, kind: str) -> ResponseReturnValue:
    """Order an action. Refusals say why; every press is audited."""
    order = _ACTIONS.get(kind)
    if order is None:
        abort(404)
    result = order(runtime(), offer, me().id, service=request.form.get("servico", "")[:40])
    if result.done:
        return panel(agent_words.ORDERED, "certo")
    return panel(result.words, "erro", status=409)


@bp.post("/agente/conversa/<offer>/nova-prova")
@staff_page("agent")
def prove_again(offer: str) -> ResponseReturnValue:
    """Send the caller to prove who they are, to the system; they come back to the same agent."""
    reason = request.form.get("motivo", "")[:40]
    result = ask_proof_again(runtime(), offer, me().id, reason=reason)
    if result.done:
        return panel(agent_words.PROVING_AGAIN, "certo", asked=offer)
    return panel(result.words, "erro", status=409)
