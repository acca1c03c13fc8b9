"""Notes while the agent types, and the work after a talk."""

from __future__ import annotations

from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from ivr.domain.local_time import zone
from ivr.service.desk import wrap_up
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.router import route_now
from ivr.service.desk.wrap_up import WrapUpError
from ivr.service.tickets import TicketError, add_note
from ivr.web import agent_words
from ivr.web.agent import not_now
from ivr.web.agent_view import bp, panel, runtime
from ivr.web.door import me, staff_page


@bp.post("/agente/conversa/<offer>/notas")
@staff_page("agent")
def save_notes(offer: str) -> ResponseReturnValue:
    """Keep what was typed. 409 with the text that another tab saved in between."""
    try:
        version = int(request.form.get("versao", ""))
    except ValueError:
        return {"erro": "versao"}, 400
    text = _plain(request.form.get("notas", ""))
    try:
        talk = wrap_up.save_notes(runtime(), offer, me().id, text, version)
    except WrapUpError as error:
        if error.reason == "mudaram":
            kept = wrap_up.talk_of(runtime(), offer, me().id)
            return {"versao": kept.notes_version, "texto": kept.notes}, 409
        return {"erro": error.reason}, 422
    except NotNowError as error:
        return {"erro": error.reason}, 410
    return {"versao": talk.notes_version}


@bp.post("/agente/conversa/<offer>/mais-tempo")
@staff_page("agent")
def more_time(offer: str) -> ResponseReturnValue:
    """30 s more of wrap-up."""
    try:
        wrap_up.extend(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error)
    return panel()


@bp.post("/agente/conversa/<offer>/concluir")
@staff_page("agent")
def conclude(offer: str) -> ResponseReturnValue:
    """End the wrap-up; the agent may get the next call at once."""
    form = {name: request.form.get(name, "") for name in ("desfecho", "classe", "retorno", "notas")}
    form["notas"] = _plain(form["notas"])
    try:
        at = _local(form["retorno"])
    except ValueError:
        return _wrong("callback_at", "ilegivel", form)
    try:
        wrap_up.conclude(
            runtime(),
            offer,
            me().id,
            disposition=form["desfecho"],
            contact_class=form["classe"],
            notes=form["notas"],
            callback_at=at,
        )
    except WrapUpError as error:
        return _wrong(error.field, error.reason, form)
    except NotNowError as error:
        return not_now(error)
    route_now(runtime())
    return panel(agent_words.CONCLUDED, "certo")


@bp.post("/agente/chamado/<protocol>/nota")
@staff_page("agent")
def add_ticket_note(protocol: str) -> ResponseReturnValue:
    """A note into the ticket's history."""
    try:
        add_note(runtime(), protocol, f"agent:{me().id}", request.form.get("nota", ""))
    except TicketError as error:
        return panel(agent_words.TICKET.get(error.reason, "Nota não gravada."), "erro", status=422)
    return panel(agent_words.NOTED, "certo")


def _wrong(field: str, reason: str, form: dict[str, str]) -> ResponseReturnValue:
    words = agent_words.FIELD_ERRORS.get((field, reason), "Confira este campo.")
    return panel(
        "O pós-atendimento ainda não foi concluído: confira o formulário.",
        "erro",
        status=422,
        errors={field: words},
        form=form,
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _local(text: str) -> datetime | None:
    """A time as the browser's field gives it, in Campo Grande. Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=zone()) if text else None
