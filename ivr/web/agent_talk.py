"""Commands of a talk. All go through the server, so that every telephone obeys alike."""

from __future__ import annotations

import re

from flask import request
from flask.typing import ResponseReturnValue

from ivr.service.desk import conversation
from ivr.service.desk.not_now import NotNowError
from ivr.web import agent_words
from ivr.web.agent import not_now
from ivr.web.agent_view import bp, panel, runtime
from ivr.web.door import me, staff_page

_KEYS = re.compile(r"[0-9*#]{1,20}")


def _on() -> bool:
    return request.form.get("ligar") == "sim"


@bp.post("/agente/conversa/<offer>/mudo")
@staff_page("agent")
def mute(offer: str) -> ResponseReturnValue:
    """``ligar``: sim or nao, so that a press that comes twice does the same once."""
    try:
        (conversation.mute if _on() else conversation.unmute)(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel()


@bp.post("/agente/conversa/<offer>/espera")
@staff_page("agent")
def hold(offer: str) -> ResponseReturnValue:
    """The caller hears music, or the agent again."""
    try:
        (conversation.hold if _on() else conversation.unhold)(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel()


@bp.post("/agente/conversa/<offer>/transferir")
@staff_page("agent")
def transfer(offer: str) -> ResponseReturnValue:
    """Hand the caller over to a queue or to a colleague."""
    queue, colleague = request.form.get("fila", "")[:64], request.form.get("colega", "")[:64]
    try:
        conversation.transfer(runtime(), offer, me().id, queue=queue, to_agent=colleague)
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.HANDED_OVER, "certo")


@bp.post("/agente/conversa/<offer>/consultar")
@staff_page("agent")
def consult(offer: str) -> ResponseReturnValue:
    """Ask a colleague first; the caller is on hold meanwhile."""
    try:
        conversation.consult(
            runtime(), offer, me().id, to_agent=request.form.get("colega", "")[:64]
        )
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.ASKED)


@bp.post("/agente/conversa/<offer>/concluir-transferencia")
@staff_page("agent")
def complete_transfer(offer: str) -> ResponseReturnValue:
    """The colleague takes the caller."""
    try:
        conversation.complete_transfer(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.HANDED_OVER, "certo")


@bp.post("/agente/conversa/<offer>/cancelar-consulta")
@staff_page("agent")
def cancel_consult(offer: str) -> ResponseReturnValue:
    """Back to the caller."""
    try:
        conversation.cancel_consult(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel()


@bp.post("/agente/conversa/<offer>/teclas")
@staff_page("agent")
def digits(offer: str) -> ResponseReturnValue:
    """Tones into the call."""
    keys = request.form.get("tons", "")
    if not _KEYS.fullmatch(keys):
        return panel(agent_words.BAD_KEYS, "erro", status=422)
    try:
        conversation.send_digits(runtime(), offer, me().id, keys)
    except NotNowError as error:
        return not_now(error)
    return panel(agent_words.KEYS_SENT, "certo")


@bp.post("/agente/conversa/<offer>/gravacao")
@staff_page("agent")
def recording(offer: str) -> ResponseReturnValue:
    """Pause the recording for something that must not be kept, or take it up again."""
    try:
        if _on():
            conversation.resume_recording(runtime(), offer, me().id)
        else:
            conversation.pause_recording(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel()


@bp.post("/agente/conversa/<offer>/desligar")
@staff_page("agent")
def hang_up(offer: str) -> ResponseReturnValue:
    """End the talk."""
    try:
        conversation.hang_up(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel(asked=offer)
