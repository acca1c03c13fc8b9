"""Transcripts on the pages of tickets, calls and the agent's card, and their correction."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ivr.flow.heard_secrets import blotted
from ivr.ports.store import RecordingRow
from ivr.ports.transcripts import LEFT
from ivr.service.recordings_heard import may_hear
from ivr.service.tickets import TicketError
from ivr.service.tickets_history import recordings_of
from ivr.service.transcripts import TEXT_MAX, correct, transcripts_of
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime
from ivr.web.recordings import bp
from ivr.web.ticket_words import PURPOSES
from ivr.web.transcripts_view import Shown, shown_of

ERRORS = {
    "transcript_unknown": "Não há transcrição desta gravação.",
    "transcript_long": "A correção passa de 4.000 letras. Encurte-a.",
    "forbidden": "Só quem pode ouvir a gravação, no atendimento ou na supervisão, pode corrigir.",
    "stale": "Alguém corrigiu este texto enquanto você o via. Veja como está agora.",
    "already": "O texto é o mesmo: nada mudou.",
    "form": "A página ficou aberta tempo demais. Confira e tente de novo.",
}
STATUS = {"transcript_unknown": 404, "forbidden": 403, "stale": 409, "already": 409}


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a caller left recorded, for the agent's card."""

    row: RecordingRow
    purpose: str
    shown: Shown | None


@bp.app_template_global("left_recordings")
def left_recordings(protocol: str) -> list[Left]:
    """What callers left in a ticket and all that was joined to it, newest first."""
    with runtime().store.begin(write=False) as tx:
        ticket = tx.tickets.by_protocol(protocol)
        rows = [r for r in recordings_of(tx, ticket) if r.purpose in LEFT] if ticket else []
        made = transcripts_of(tx, rows)
        return [
            Left(
                row=row,
                purpose=PURPOSES.get(row.purpose, row.purpose),
                shown=shown_of(tx, row, made.get(row.sid)),
            )
            for row in rows
            if may_hear(tx, row, me())
        ]


@bp.post("/<sid>/transcricao")
@staff_page("agent", "supervisor")
def put_right(sid: str) -> ResponseReturnValue:
    """Keep a person's text beside the machine's."""
    text, version = request.form.get("texto", ""), request.form.get("versao", "")
    if re.fullmatch(r"[0-9]{1,9}", version) is None:
        return _refused(text, "form")
    try:
        row = correct(runtime(), sid, text, by=me(), version=int(version))
    except TicketError as error:
        return _refused(text, error.reason)
    there = url_for("tickets.show", protocol=row.protocol, feito="transcricao")
    return redirect(f"{there}#gravacoes", 303)


def _refused(text: str, reason: str) -> ResponseReturnValue:
    """What was typed is shown again, without what may be a secret."""
    typed = blotted(text[:TEXT_MAX])[0]
    why = ERRORS.get(reason, ERRORS["form"])
    page = render_template("gravacoes/not_corrected.html", why=why, typed=typed)
    return page, STATUS.get(reason, 422)
