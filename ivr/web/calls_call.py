"""One call: its timeline, its summary, its files."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from ivr.service import calls_log as log
from ivr.service.timeline import Timeline, timeline_of
from ivr.service.timeline_script import script_of
from ivr.service.timeline_spans import LANES, Span
from ivr.web import calls_timeline_words as told
from ivr.web import calls_words as words
from ivr.web.calls_drawing import can_draw, flows_of, lit_drawing
from ivr.web.calls_lanes import lanes_of, ticks_of
from ivr.web.calls_view import READERS, SEE_PEOPLE, bp, is_sid, missing_page, page, sees_people
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime
from ivr.web.person_shown import Place, person_hidden, person_shown

SEE_FLOWS = frozenset({"supervisor", "manager", "admin"})
"""Roles of ``/fluxos``."""


@bp.get("/<sid>", endpoint="show_call")
@staff_page(*READERS)
def show_call(sid: str) -> ResponseReturnValue:
    """The timeline of a call."""
    found = _timeline(sid)
    if found is None:
        return missing_page(sid)
    start = found.call.started_at
    return page(
        "chamadas/call.html",
        t=found,
        f=found.line.facts,
        lanes=lanes_of(found),
        ticks=ticks_of(found),
        told=told,
        start=start,
        drawn=can_draw(),
        flows=flows_of(found.path),
        sees_flows=bool(SEE_FLOWS & set(me().roles)),
        recordings=found.trail.recordings,
        hears=sees_people(),
    )


@bp.get("/<sid>/resumo")
@staff_page(*READERS)
def summary(sid: str) -> ResponseReturnValue:
    """What the side panel shows; a page of its own without JavaScript."""
    found = _timeline(sid)
    if found is None:
        return missing_page(sid)
    decisions = [s for s in found.spans if s.kind in _DECISIONS or s.level == "error"]
    return page(
        "chamadas/summary.html",
        t=found,
        f=found.line.facts,
        told=told,
        start=found.call.started_at,
        decisions=decisions[-12:],
    )


_DECISIONS = (
    "menu.chosen", "service.chosen", "person.identified", "person.verified", "proof.failed",
    "outcome.set", "rating.given", "person.asked", "wait", "talk", "call.ended",
)  # fmt: skip


@bp.get("/<sid>/dados.json")
@staff_page(*READERS)
def data(sid: str) -> ResponseReturnValue:
    """The timeline for machines, masked like the page."""
    found = _timeline(sid)
    if found is None:
        return missing_page(sid)
    body = json.dumps(_plain(found), ensure_ascii=False, indent=1)
    return _file(body, name=f"{sid}.json", kind="application/json")


@bp.get("/<sid>/roteiro.toml")
@staff_page(*READERS)
def script(sid: str) -> ResponseReturnValue:
    """The call as a scripted call: classes of inputs, no secrets."""
    found = _timeline(sid)
    if found is None:
        return missing_page(sid)
    rt = runtime()
    text = script_of(found, rt.flows.book(found.call.revision, rt.store))
    return _file(text, name=f"{sid}.toml", kind="application/toml")


@bp.get("/<sid>/caminho/<flow>")
@staff_page(*READERS)
def drawing(sid: str, flow: str) -> ResponseReturnValue:
    """A flow's drawing with the way of the call lit."""
    found = _timeline(sid)
    rt = runtime()
    if found is None or flow not in flows_of(found.path):
        return missing_page(sid)
    try:
        svg = lit_drawing(rt.flows.book(found.call.revision, rt.store), flow, found.path)
    except (KeyError, OSError, subprocess.SubprocessError):
        return missing_page(sid)
    return Response(svg, content_type="image/svg+xml")


@bp.post("/<sid>/mostrar")
@staff_page(*SEE_PEOPLE)
def show_person(sid: str) -> ResponseReturnValue:
    """The person's data, whole, for half a minute; who looked is written down."""
    if not is_sid(sid):
        return missing_page(sid)
    try:
        known = log.reveal(runtime(), sid, by=me().id)
    except log.LogError as error:
        why = words.LOG_ERRORS[error.reason]
        return person_hidden(_place(sid), why=why, status=404)
    return person_shown(_place(sid), known, seconds=log.REVEAL_SECONDS)


@bp.get("/<sid>/oculto")
@staff_page(*SEE_PEOPLE)
def hidden(sid: str) -> ResponseReturnValue:
    """What stands in place of the person's data when their time is over."""
    return person_hidden(_place(sid))


def _place(sid: str) -> Place:
    there = is_sid(sid)
    return Place(
        frame="chamadas/page.html",
        hidden=url_for("calls.hidden", sid=sid) if there else "",
        back=url_for("calls.show_call", sid=sid) if there else "",
        back_words="Voltar à chamada",
    )


def _timeline(sid: str) -> Timeline | None:
    return timeline_of(runtime(), sid) if is_sid(sid) else None


def _file(body: str, *, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, content_type=f"{kind}; charset=utf-8")


def _plain(found: Timeline) -> dict[str, Any]:
    facts = found.line.facts
    shown = {"number": words.masked_number(found.line), "person": words.masked_person(found.line)}
    return {
        "sid": facts.sid,
        "protocol": facts.protocol,
        "started_at": _iso(found.call.started_at),
        "ended_at": _iso(found.call.ended_at),
        "ended_by": facts.ended_by,
        "outcome": facts.outcome,
        "service": facts.service,
        "identity": facts.identity,
        "flow_revision": facts.revision,
        **(shown if sees_people() else {}),
        "lanes": list(LANES),
        "spans": [_span(span, found) for span in found.spans],
    }


def _span(span: Span, found: Timeline) -> dict[str, Any]:
    return {
        "lane": span.lane,
        "kind": span.kind,
        "at": _iso(span.at),
        "until": _iso(span.until),
        "level": span.level,
        "turn": span.turn,
        "place": span.place,
        "told": told.title(span, found.names),
        "data": dict(span.data),
        "said": [{"prompt": one.prompt, "text": one.text} for one in span.said],
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
