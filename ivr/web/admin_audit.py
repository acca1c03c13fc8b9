"""``/admin/auditoria``: who did what, by day, person, action and object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from ivr.domain.local_time import local_date
from ivr.ports.admin_views import AuditAsked
from ivr.service.admin_audit import audit_page
from ivr.service.reports import end_of, start_of
from ivr.web.admin_view import AUDITORS, bp, page
from ivr.web.door import staff_page
from ivr.web.edge import runtime

USUAL_DAYS = 7
LONGEST = 100
ACTIONS = {
    "": "todas",
    "staff.": "contas da equipe",
    "number.": "bloqueios",
    "alert.": "alertas",
    "agent.": "estado de agentes",
    "queue.": "filas",
    "ticket.": "chamados",
    "call.": "chamadas",
    "calls.": "chamadas: listas e arquivos",
    "report.": "relatórios",
    "recording.": "gravações",
    "receipt.": "recibos",
    "wrap_up.": "pós-atendimento",
    "outage.": "avisos antes do menu",
    "supervision.": "escuta pela supervisão",
    "privacy.": "privacidade",
    "request.": "pedidos sobre dados",
    "hold.": "guarda por processo",
    "prompt.": "falas",
    "retention.": "execuções da guarda de dados",
    "rule.": "regras mudadas em páginas",
}
"""Beginning of the action → what the form calls it; any other may be written in the address."""
FAULT = "Confira as datas: a primeira não pode vir depois da última."
OUTSIDE = {
    "": "ninguém dentro ainda",
    "demo": "dados de demonstração",
    "cli": "comando no servidor",
    "system": "sistema",
    "test": "teste",
}


@bp.get("/auditoria")
@staff_page(*AUDITORS)
def show_audit() -> ResponseReturnValue:
    """Lines of a period, newest first."""
    today = local_date(runtime().clock.now())
    args = request.args
    fault = ""
    try:
        last = date.fromisoformat(args["ate"]) if args.get("ate") else today
        usual = last - timedelta(days=USUAL_DAYS - 1)
        first = date.fromisoformat(args["de"]) if args.get("de") else usual
        if first > last or not 2000 <= first.year <= last.year < 2999:
            raise ValueError
    except (ValueError, OverflowError):
        fault, last = FAULT, today
        first = today - timedelta(days=USUAL_DAYS - 1)
    asked = {
        "pessoa": args.get("pessoa", "")[:LONGEST],
        "acao": args.get("acao", "")[:LONGEST],
        "objeto": args.get("objeto", "")[:LONGEST],
    }
    found = audit_page(
        runtime(),
        AuditAsked(
            since=start_of(first),
            until=end_of(last),
            actor=_plain(asked["pessoa"]),
            action=_plain(asked["acao"]),
            object=_plain(asked["objeto"]),
            before=_place(args.get("antes", "")),
        ),
    )
    return page(
        "admin/audit.html",
        status=400 if fault else 200,
        found=found,
        first=first,
        last=last,
        asked=asked,
        fault=fault,
        actions=ACTIONS,
        actor=lambda id: actor_words(id, found.names),
        data=data_words,
    )


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who did it, for the page."""
    return names.get(actor) or OUTSIDE.get(actor, actor)


def data_words(data: Mapping[str, Any]) -> str:
    """``roles: ["agent"]``, key by key."""
    return "; ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in data.items()
    )


def _plain(text: str) -> str:
    """PostgreSQL takes no NUL in a text; a line never holds one."""
    return text.replace("\x00", "\ufffd")


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
