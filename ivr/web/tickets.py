"""Tickets as the desk sees them: ``/chamados`` and ``/chamados/<protocol>``.

What is typed into the search never stands in an address. Every page works without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.domain.local_time import to_local
from ivr.domain.phone_number import mask_phone
from ivr.ports.staff import Role
from ivr.ports.store import StoreUnavailableError, TicketRow
from ivr.service import tickets
from ivr.service.tickets_search import Found, recent, search, understand
from ivr.service.tickets_view import REVEAL_SECONDS, TicketView, deliver_again, reveal, view_of
from ivr.web import ticket_words as words
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime
from ivr.web.erased_marks import erased_mark, missing_or_erased
from ivr.web.person_shown import Place, person_hidden, person_shown

bp = Blueprint("tickets", __name__, url_prefix="/chamados")

MAX_BODY = 64 * 1024
"""Bytes of a submitted form; more is refused before it is read."""
RETRY_AFTER = "30"
READERS: tuple[Role, ...] = ("agent", "supervisor", "auditor")
WRITERS: tuple[Role, ...] = ("agent", "supervisor")
TABS = {"hoje": 1, "30-dias": 30, "meus": 0, "perdidas": 7}
"""Lists of the page and the days that each looks back."""


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


@bp.get("", endpoint="search")
@staff_page(*READERS)
def search_page() -> ResponseReturnValue:
    """The newest tickets, mine, or the calls that nobody served."""
    tab = request.args.get("lista", "hoje")
    if tab not in TABS:
        return redirect(url_for("tickets.search"), 303)
    after = request.args.get("depois", "")
    found = recent(
        runtime(),
        days=TABS[tab],
        agent=me().id if tab == "meus" else "",
        missed=tab == "perdidas",
        after=after if after.isdigit() else "",
    )
    return _list_page(found, tab=tab)


@bp.post("")
@staff_page(*READERS)
def look() -> ResponseReturnValue:
    """Search. A POST, so that no CPF and no telephone comes to stand in an address or a log."""
    text = request.form.get("busca", "")
    after = request.form.get("depois", "")
    found = search(runtime(), text, by=me().id, after=after if after.isdigit() else "")
    if found.kinds == ("protocol",) and found.tickets:
        return redirect(url_for("tickets.show", protocol=found.tickets[0].protocol), 303)
    wanted = understand(runtime(), text).get("protocol")
    if wanted and erased_mark(f"ticket:{wanted.protocol}"):
        return redirect(url_for("tickets.show", protocol=wanted.protocol), 303)
    return _list_page(found, tab="", asked=text)


@bp.get("/<protocol>")
@staff_page(*READERS)
def show(protocol: str) -> ResponseReturnValue:
    """One ticket. Another spelling of its protocol leads to it, and so does a joined one."""
    wanted = understand(runtime(), protocol).get("protocol")
    digits = wanted.protocol if wanted else ""
    if digits != protocol:
        return (
            redirect(url_for("tickets.show", protocol=digits), 303) if digits else _missing_page()
        )
    return _ticket_page(digits)


@bp.post("/<protocol>/mostrar")
@staff_page(*READERS)
def show_person(protocol: str) -> ResponseReturnValue:
    """The person's data, whole, for half a minute; who looked is written down."""
    if not _is_protocol(protocol):
        return _missing_page()
    try:
        known = reveal(runtime(), protocol, by=me().id)
    except tickets.TicketError as error:
        return person_hidden(_place(protocol), why=_error(error), status=404)
    return person_shown(_place(protocol), known, seconds=REVEAL_SECONDS)


@bp.get("/<protocol>/oculto")
@staff_page(*READERS)
def hidden(protocol: str) -> ResponseReturnValue:
    """What stands in place of the person's data when their time is over."""
    return person_hidden(_place(protocol))


def _place(protocol: str) -> Place:
    return Place(
        frame="chamados/page.html",
        hidden=url_for("tickets.hidden", protocol=protocol),
        back=url_for("tickets.show", protocol=protocol),
        back_words="Voltar ao chamado",
    )


@bp.post("/<protocol>/notas")
@staff_page(*WRITERS)
def add_note(protocol: str) -> ResponseReturnValue:
    text = request.form.get("nota", "")
    who = f"agent:{me().id}"
    return _press(protocol, "nota", lambda: tickets.add_note(runtime(), protocol, who, text), text)


@bp.post("/<protocol>/encerrar")
@staff_page(*WRITERS)
def close(protocol: str) -> ResponseReturnValue:
    return _press(protocol, "encerrado", lambda: tickets.close(runtime(), protocol, **_by()))


@bp.post("/<protocol>/reabrir")
@staff_page(*WRITERS)
def reopen(protocol: str) -> ResponseReturnValue:
    return _press(protocol, "reaberto", lambda: tickets.reopen(runtime(), protocol, **_by()))


@bp.post("/<protocol>/assumir")
@staff_page(*WRITERS)
def take(protocol: str) -> ResponseReturnValue:
    """Put the ticket into my hands."""
    who = me().id
    return _press(protocol, "meu", lambda: tickets.assign(runtime(), protocol, who, **_by()))


@bp.post("/<protocol>/unir")
@staff_page(*WRITERS)
def join(protocol: str) -> ResponseReturnValue:
    """Join this ticket to the one whose protocol was given."""
    wanted = understand(runtime(), request.form.get("outro", "")).get("protocol")
    into = wanted.protocol if wanted else ""
    who = f"agent:{me().id}"
    return _press(protocol, "unido", lambda: tickets.join(runtime(), protocol, into, by=who))


@bp.post("/<protocol>/reenviar")
@staff_page(*WRITERS)
def send_again(protocol: str) -> ResponseReturnValue:
    """Send a message to another desk once more."""
    job, who = request.form.get("aviso", ""), me().id
    return _press(protocol, "reenviado", lambda: deliver_again(runtime(), protocol, job, by=who))


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return render_template("chamados/stale.html"), 400


@bp.errorhandler(413)
def too_large_page(error: Exception) -> ResponseReturnValue:
    return render_template("chamados/stale.html"), 413


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("chamados/later.html"), 503, {"Retry-After": RETRY_AFTER}


def service_label(key: str) -> str:
    """Public name of a service, or of several that a comma divides."""
    names = {service.key: service.name for service in runtime().catalogue.services}
    names["all"] = "todos os sistemas"
    return ", ".join(names.get(one, one) for one in key.split(",") if one)


def _is_protocol(text: str) -> bool:
    return re.fullmatch(r"[0-9]{12}", text) is not None


def _by() -> dict[str, Any]:
    version = request.form.get("versao", "")
    known = re.fullmatch(r"[0-9]{1,9}", version) is not None
    return {"by": f"agent:{me().id}", "version": int(version) if known else None}


def _press(
    protocol: str, done: str, deed: Callable[[], object], typed: str = ""
) -> ResponseReturnValue:
    """Do it and show the ticket as it is then; what was typed is kept when it cannot be done."""
    if not _is_protocol(protocol):
        return _missing_page()
    try:
        deed()
    except tickets.TicketError as error:
        status = 409 if error.reason in ("stale", "already", "busy") else 422
        return _ticket_page(protocol, fault=_error(error), typed=typed, status=status)
    return redirect(url_for("tickets.show", protocol=protocol, feito=done), 303)


def _error(error: tickets.TicketError) -> str:
    return words.ERRORS.get(error.reason, words.ERRORS["form"])


def _ticket_page(
    protocol: str, *, fault: str = "", typed: str = "", status: int = 200
) -> ResponseReturnValue:
    try:
        view = view_of(runtime(), protocol)
    except tickets.TicketError:
        return _missing_page(protocol)
    return (
        render_template(
            "chamados/ticket.html",
            view=view,
            fault=fault,
            typed=typed,
            done=words.DONE.get(request.args.get("feito", "")),
            may_write=bool(set(WRITERS) & set(me().roles)),
            who=me(),
            requester=requester(view),
            **_words(),
        ),
        status,
    )


def requester(view: TicketView) -> dict[str, str]:
    """The person with all but a hint hidden."""
    contact = view.contact
    if contact is None:
        return {"name": "", "phone": ""}
    known = contact.known
    return {
        "name": masked_name(known.name),
        "cpf": known.cpf_masked,
        "mobile": mask_phone(known.mobile) if known.mobile else "",
        "phone": f"(**) *****-{contact.caller_end}" if contact.caller_end else "",
        "erased": "sim" if contact.erased and contact.directory else "",
    }


def masked_name(name: str) -> str:
    """``Ana D.``: the first name and the initial of the last."""
    parts = name.split()
    return f"{parts[0]} {parts[-1][0]}." if len(parts) > 1 else name


def _list_page(found: Found, *, tab: str, asked: str = "") -> ResponseReturnValue:
    rt = runtime()
    now = rt.clock.now()
    return render_template(
        "chamados/list.html",
        found=found,
        tab=tab,
        asked=asked,
        late={row.protocol for row in found.tickets if is_late(row, now)},
        kinds=[words.KINDS[kind] for kind in found.kinds],
        **_words(),
    )


def is_late(row: TicketRow, now: Any) -> bool:
    """Whether an open ticket is past its business-day deadline."""
    return row.status != "closed" and to_local(now).date() > row.due_business


def _words() -> dict[str, Any]:
    return {
        "words": words,
        "local": to_local,
        "service_label": service_label,
        "protocol": words.protocol_words,
    }


def _missing_page(protocol: str = "") -> ResponseReturnValue:
    """No such ticket, or (410) one that was erased."""
    return missing_or_erased("chamados/missing.html", *([f"ticket:{protocol}"] * bool(protocol)))
