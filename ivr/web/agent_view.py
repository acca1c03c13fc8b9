"""The console as it is drawn: one page, and the panel of its regions that every answer gives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.utils import redirect

from ivr.domain.local_time import to_local
from ivr.domain.outcome import LABELS, STATUS_LABELS
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.ports.tickets import TicketEvent
from ivr.service.desk.console import Console, Strip, console_of
from ivr.service.desk.my_day import MyDay
from ivr.service.desk.offers import DECLINE_REASONS
from ivr.service.desk.pop_journal import PathLine
from ivr.service.desk.presence import PAUSE_REASONS
from ivr.service.desk.proof_again import AGAIN
from ivr.web import agent_words as words
from ivr.web.agent_actions_view import actions_of
from ivr.web.agent_lines import cause_line, day_of, hour, path_line, span, strength_line
from ivr.web.agent_phone_policy import page_policy, permissions
from ivr.web.door import me
from ivr.web.edge import runtime as runtime
from ivr.web.public_facts import service_name

bp = Blueprint("agent", __name__)
PHONE_KEYS = "AGENT_PHONE_KEYS"
"""Name of the app's configuration: what mints tokens for the browser's telephone, or None."""


def page() -> ResponseReturnValue:
    """The whole console."""
    context = _context(console_of(runtime(), me()))
    answer = make_response(render_template("agente/console.html", **context))
    browser = me().audio == "navegador" and context["phone_ready"]
    answer.headers["Content-Security-Policy"] = page_policy(browser=browser)
    answer.headers["Permissions-Policy"] = permissions(browser=browser)
    return answer


def panel(
    message: str = "",
    kind: str = "info",
    *,
    status: int = 200,
    asked: str = "",
    errors: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """The regions of the console as they are now, with a message for the agent.

    A browser without scripts is led back to the page, with the message there.
    """
    if request.method == "POST" and request.headers.get("HX-Request") != "true":
        if not message and not errors:
            return redirect(url_for("agent.console"), 303)
        context = _context(console_of(runtime(), me(), asked=asked), message, kind, errors, form)
        return render_template("agente/console.html", **context), status
    shown = console_of(runtime(), me(), asked=asked)
    return render_template("agente/painel.html", **_context(shown, message, kind, errors, form)), (
        status
    )


def strip(shown: Strip) -> str:
    """The regions that tell of queues and callbacks."""
    return render_template(
        "agente/faixa.html",
        c=shown,
        ms=milliseconds,
        span=span,
        strip_key=strip_key,
        queue_label=queue_label,
        callback_counts=lambda: shown.day.callbacks,
    )


def strip_key(day: MyDay) -> str:
    """Changes with what the strip shows."""
    queues = ";".join(f"{q.queue}{q.waiting}@{q.oldest}" for q in day.queues)
    callbacks = ",".join(f"{name}{n}" for name, n in sorted(day.callbacks.items()))
    return f"{queues}|{callbacks}"


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def queue_label(name: str) -> str:
    return runtime().queues.queue(name).label


def _context(
    c: Console,
    message: str = "",
    kind: str = "info",
    errors: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    rt = runtime()
    centre, key = _centre(c)
    queue = rt.queues.queue(c.talk.queue) if c.talk else None
    return {
        "c": c,
        "words": words,
        "message": message,
        "message_kind": kind,
        "message_key": f"{time.monotonic_ns()}" if message else "",
        "errors": errors or {},
        "form": form or {},
        "centre": centre,
        "centre_key": key if not errors else f"{key}#{time.monotonic_ns()}",
        "over_line": _over_line(c),
        "dispositions": list(rt.queues.dispositions(queue.name).items()) if queue else [],
        "classes": list(rt.queues.contact_classes().items()),
        "first_class": next(iter(rt.queues.contact_classes()), ""),
        "pause_choices": list(PAUSE_REASONS.items()),
        "pause_reasons": {**PAUSE_REASONS, **words.PAUSED_BY_SYSTEM, "sair": "sair depois"},
        "proof_choices": list(AGAIN.items()),
        "decline_choices": list(DECLINE_REASONS.items()),
        "outside_choices": list(rt.queues.outside.named.items()),
        "outside_typed": rt.queues.outside.takes_typed,
        "queue_choices": [
            (name, data.label, _waiting(c, name)) for name, data in rt.queues.queues.items()
        ],
        "actions": actions_of(rt, c) if c.talking else None,
        "status_words": {status.value: label.lower() for status, label in STATUS_LABELS.items()},
        "outcome_words": {outcome.value: label for outcome, label in LABELS.items()},
        "audio_words": words.AUDIO,
        "phone_ready": current_app.config.get(PHONE_KEYS) is not None,
        "login_url": url_for("entrar.log_in_form", next="/agente"),
        "ms": milliseconds,
        "strip_key": strip_key,
        "span": span,
        "hour": hour,
        "day_of": day_of,
        "local": to_local,
        "protocol": formatted,
        "ticket_url": lambda protocol: f"/chamados/{protocol}",
        "service_label": service_label,
        "queue_label": queue_label,
        "callback_counts": lambda: c.day.callbacks,
        "disposition_label": rt.queues.disposition_label,
        "priority_label": lambda kind: (
            rt.queues.priorities[kind].label if kind in rt.queues.priorities else kind
        ),
        "group_label": lambda group: (
            rt.policy.groups[group].label if group in rt.policy.groups else ""
        ),
        "flow_title": flow_title,
        "cause_line": cause_line,
        "strength_line": strength_line,
        "path_line": lambda line: line_of_path(line),
        "event_line": event_line,
    }


def _centre(c: Console) -> tuple[str, str]:
    """What the middle column shows, and a key that changes when it must be drawn anew."""
    context = _context_key(c)
    if c.talking and c.talk and c.pop:
        consulted = c.consulted.id if c.consulted else ""
        heard = f"{c.supervised.name}:{c.supervised.mode}" if c.supervised else ""
        outside = f"{c.outside.id}:{c.outside.version}" if c.outside else ""
        key = f"{c.talk.offer}:{c.talk.version}:{consulted}:{heard}:{outside}:{context}"
        return "talk", f"talk:{key}"
    if c.wrapping and c.talk and c.pop:
        return "wrap", f"wrap:{c.talk.offer}"
    if c.ringing and c.offer and c.pop:
        return "card", f"card:{c.offer.id}:{c.offer.version}:{context}"
    if c.offer and c.offer.state in ("expired", "abandoned"):
        return "over", f"over:{c.offer.id}:{c.offer.version}"
    return "idle", f"idle:{c.presence.state}:{c.day.last_at}"


def _context_key(c: Console) -> str:
    """What may still come to be known of the caller while the card is on the screen."""
    if c.pop is None:
        return ""
    warned = ",".join(w.kind for w in c.pop.warnings)
    return (
        f"{c.pop.who.strength}:{c.pop.who.name}:{c.pop.ticket.protocol}:{c.pop.ticket.version}:"
        f"{len(c.pop.others)}:{len(c.pop.maybe)}:{len(c.pop.path)}:{warned}"
    )


def _over_line(c: Console) -> str:
    if c.offer is None or c.offer.ended_at is None:
        return ""
    if c.answered_by:
        return str(_("Atendida por %(name)s.", name=c.answered_by))
    if c.offer.state == "abandoned":
        after = span((c.offer.ended_at - c.offer.reserved_at).total_seconds())
        return str(_("Desistiu após %(t)s.", t=after))
    return str(_(words.ENDS.get(c.offer.end_reason, words.ENDS["nao_atendeu"])))


def _waiting(c: Console, queue: str) -> int:
    return next((q.waiting for q in c.day.queues if q.queue == queue), 0)


def formatted(protocol: str) -> str:
    """``2026.0000123-4``."""
    read = parse_protocol(protocol)
    return read.formatted if isinstance(read, Protocol) else protocol


def service_label(key: str) -> str:
    """Code and name of a service."""
    if key == "all":
        return str(_("Todos os sistemas da pessoa"))
    service = runtime().catalogue.by_key(key)
    return f"{service.code} {service.name}" if service else service_name(key) or key


def flow_title(flow: str) -> str:
    """Title of a flow of the current revision."""
    found = runtime().flows.current.flows.get(flow)
    return found.title if found else ""


def line_of_path(line: PathLine) -> str:
    return path_line(line, service=service_label, flow=flow_title)


def event_line(event: TicketEvent) -> str:
    """A line of a ticket's history."""
    label = str(_(words.EVENTS.get(event.kind, event.kind)))
    if event.kind == "note":
        return f"{label}: {event.text[:200]}"
    if event.kind.startswith("outside."):
        return f"{label}: {event.data.get('to', '')}"
    if event.kind == "action":
        what = words.ACTIONS.get(str(event.data.get("action")), str(event.data.get("action")))
        result = str(event.data.get("result", ""))
        return f"{_(what)} — {_(words.RESULTS.get(result, words.refusal(result)))}"
    if event.kind == "rated":
        return f"{label}: {event.data.get('rating', event.data.get('value', ''))}"
    return label


def now() -> datetime:
    """The database's time."""
    with runtime().store.begin(write=False) as tx:
        return tx.now()
