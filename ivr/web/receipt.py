"""``/historico``: a citizen's whole history, the receipt of one attendance, requests under LGPD.

A CPF comes in the body of a POST only, never in an address; who asks says why, and both are
written down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.domain.identifier import Identifier, IdentifierKind, mask_cpf, parse_identifier
from ivr.domain.local_time import to_local
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.ports.privacy import RequestKind
from ivr.ports.staff import Role
from ivr.ports.store import StoreUnavailableError
from ivr.service import privacy
from ivr.service.privacy import PrivacyError
from ivr.service.receipt import receipt_of
from ivr.web import ticket_words
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime
from ivr.web.erased_marks import erased_mark

bp = Blueprint("historico", __name__, url_prefix="/historico")

MAX_BODY = 16 * 1024
READERS: tuple[Role, ...] = ("supervisor", "auditor")
KINDS: dict[str, RequestKind] = {
    "acesso": "access",
    "correcao": "correction",
    "eliminacao": "deletion",
}
KIND_WORDS = {"access": "Acesso", "correction": "Correção", "deletion": "Eliminação"}
STATE_WORDS = {"open": "em aberto", "done": "atendido", "refused": "recusado"}
SECTION_WORDS = {
    "call_facts": "Resumo das ligações",
    "call_marks": "Marcas do registro",
    "callbacks": "Retornos prometidos",
    "calls": "Ligações",
    "contacts": "Quem ligou",
    "data_requests": "Pedidos do titular",
    "engagements": "Conversas com atendentes",
    "journal": "Trilha da ligação",
    "legs": "Chamadas a telefones",
    "account_freezes": "Bloqueios de autoatendimento",
    "offers": "Ofertas a atendentes",
    "outbox": "Mensagens e trabalhos",
    "outside_calls": "Ligações a números de fora",
    "owner_codes": "Códigos de papel",
    "owner_events": "Acontecimentos em Meu acesso",
    "owner_logins": "Entradas em Meu acesso",
    "owner_sessions": "Sessões em Meu acesso",
    "pins": "Senha do telefone",
    "proof_attempts": "Provas de identidade",
    "proof_codes": "Códigos enviados",
    "queue_entries": "Esperas na fila",
    "recordings": "Gravações",
    "reset_links": "Endereços de nova senha",
    "resets": "Trocas de senha",
    "routing_ledger": "Distribuição da fila",
    "shut_talks": "Trechos sensíveis em curso",
    "supervisions": "Acompanhamento pela supervisão",
    "ticket_events": "Histórico do chamado",
    "tickets": "Chamado",
    "turns": "Passos da ligação",
}


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


@bp.get("", endpoint="start")
@staff_page(*READERS)
def start_page() -> ResponseReturnValue:
    """Ask for a person, a receipt; what people have asked."""
    return _start()


@bp.post("", endpoint="show")
@staff_page(*READERS)
def show_person() -> ResponseReturnValue:
    """Everything kept of a person."""
    found = _asked()
    if isinstance(found, str):
        return _start(found), 422
    cpf, reason = found
    history = privacy.history_of(runtime(), _key(cpf), by=me().id, reason=reason, cpf=cpf)
    page = render_template(
        "historico/person.html",
        history=history,
        masked=mask_cpf(cpf),
        sections=SECTION_WORDS,
        local=to_local,
        plain=_plain,
    )
    return page, {"Cache-Control": "no-store"}


@bp.post("/arquivo", endpoint="file")
@staff_page(*READERS)
def give_file() -> ResponseReturnValue:
    """The same as a file, to be handed over."""
    found = _asked()
    if isinstance(found, str):
        return _start(found), 422
    cpf, reason = found
    history = privacy.history_of(runtime(), _key(cpf), by=me().id, reason=reason, cpf=cpf)
    text = json.dumps(history.as_json(), ensure_ascii=False, indent=2)
    headers = {
        "Content-Disposition": 'attachment; filename="historico.json"',
        "Cache-Control": "no-store",
    }
    return text, 200, {"Content-Type": "application/json; charset=utf-8", **headers}


@bp.get("/recibo/<protocol>", endpoint="receipt")
@staff_page(*READERS)
def show_receipt(protocol: str) -> ResponseReturnValue:
    """The receipt of one attendance."""
    parsed = parse_protocol(protocol)
    found = (
        receipt_of(runtime(), parsed.digits, by=me().id) if isinstance(parsed, Protocol) else None
    )
    if found is None:
        mark = erased_mark(f"ticket:{parsed.digits}") if isinstance(parsed, Protocol) else ""
        return _start(mark or "Não existe atendimento com este protocolo."), 410 if mark else 404
    page = render_template(
        "historico/receipt.html", receipt=found, words=ticket_words, local=to_local, plain=_plain
    )
    return page, {"Cache-Control": "no-store"}


@bp.post("/recibo", endpoint="find_receipt")
@staff_page(*READERS)
def find_receipt() -> ResponseReturnValue:
    return show_receipt(request.form.get("protocolo", "")[:40])


@bp.post("/pedidos", endpoint="ask")
@staff_page(*READERS)
def record_request() -> ResponseReturnValue:
    """Record what a person asks."""
    found, kind = _asked(), KINDS.get(request.form.get("pedido", ""))
    if isinstance(found, str) or kind is None:
        return _start(found if isinstance(found, str) else "Escolha o que a pessoa pede."), 422
    cpf, words = found
    made = privacy.ask(runtime(), _key(cpf), kind, text=words, by=me().id)
    return _start(f"Pedido {made.id} registrado: responder até {made.due:%d/%m/%Y}.")


@bp.post("/pedidos/<request_id>/recusar", endpoint="refuse")
@staff_page(*READERS)
def refuse(request_id: str) -> ResponseReturnValue:
    reason = request.form.get("motivo", "")
    if reason not in privacy.REFUSALS:
        return _start("Escolha o motivo da recusa."), 422
    return _decide(
        lambda: privacy.refuse(runtime(), request_id, reason=reason, by=me().id), "Pedido recusado."
    )


@bp.post("/pedidos/<request_id>/atender", endpoint="fulfil")
@staff_page(*READERS)
def fulfil(request_id: str) -> ResponseReturnValue:
    done = request.form.get("feito", "").strip()[:500]
    if not done:
        return _start("Diga o que foi feito."), 422
    return _decide(
        lambda: privacy.fulfil(runtime(), request_id, done=done, by=me().id), "Pedido atendido."
    )


@bp.post("/pedidos/<request_id>/eliminar", endpoint="erase")
@staff_page("supervisor")
def erase(request_id: str) -> ResponseReturnValue:
    """Cut a person off their records. There is no way back."""
    return _decide(
        lambda: privacy.erase(runtime(), request_id, by=me().id),
        "Dados eliminados; o registro dos atendimentos ficou sem a pessoa.",
    )


@bp.errorhandler(StoreUnavailableError)
def later(_: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("historico/later.html"), 503, {"Retry-After": "30"}


@bp.errorhandler(CSRFError)
def stale(_: CSRFError) -> ResponseReturnValue:
    return render_template("historico/stale.html"), 400


def _decide(deed: Callable[[], object], words: str) -> ResponseReturnValue:
    try:
        deed()
    except PrivacyError as error:
        texts = {
            "unknown": "Não há este pedido.",
            "decided": "Este pedido já foi respondido.",
            "carrier": "Uma gravação não pôde ser apagada agora. Tente mais tarde.",
        }
        said = texts.get(error.reason) or f"Recusado. {privacy.REFUSALS[error.reason]}"
        return _start(said), 404 if error.reason == "unknown" else 409
    return _start(words)


def _start(told: str = "") -> str:
    with runtime().store.begin(write=False) as tx:
        requests, names = tx.privacy.open_requests(), {s.id: s.name for s in tx.staff.everyone()}
    return render_template(
        "historico/start.html",
        told=told,
        requests=requests,
        names=names,
        kinds=KIND_WORDS,
        states=STATE_WORDS,
        refusals=privacy.REFUSALS,
        may_erase="supervisor" in me().roles,
        local=to_local,
    )


def _asked() -> tuple[str, str] | str:
    """CPF and reason of the form, or what is wrong with them."""
    digits = re.sub(r"\D", "", request.form.get("cpf", "")[:20])
    number = parse_identifier(IdentifierKind.CPF, digits)
    reason = request.form.get("motivo", "").strip()[:200]
    if not isinstance(number, Identifier):
        return "Isto não é um CPF. Confira os algarismos."
    if not reason:
        return "Diga por que você precisa: fica registrado."
    return number.digits, reason


def _key(cpf: str) -> str:
    return runtime().keyed_hash("cpf", cpf)


def _plain(value: object) -> str:
    """A value of a row as text."""
    if value is None or value == "" or value == {}:
        return "-"
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
