"""Flows: ``/fluxos``, one flow with its drawing, two revisions compared. Nothing is edited here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ivr.domain.local_time import to_local
from ivr.flow.book import Flow, FlowBook
from ivr.flow.draw import LEVEL_WORDS, TYPE_WORDS, edge_word
from ivr.flow.nodes import Node
from ivr.ports.admin_views import NodeTraffic
from ivr.ports.staff import Role
from ivr.ports.store import StoreUnavailableError
from ivr.service.flow_search import LONGEST, nodes_like
from ivr.service.flow_views import FlowsSeen, difference, flows_seen, settings_of
from ivr.web import admin_prompts
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime
from ivr.web.flows_drawing import Badge, can_draw, drawing
from ivr.web.flows_way import Way, way_of
from ivr.web.startup import COMPLAINT_FLOW

bp = Blueprint("flows", __name__, url_prefix="/fluxos")

READERS: tuple[Role, ...] = ("supervisor", "manager", "admin")
RETRY_AFTER = "30"
CHANGES = {"added": "entrou", "removed": "saiu", "changed": "mudou"}
NOTHING = NodeTraffic(flow="", node="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A way out of a node. ``address`` empty: back to the flow that called."""

    words: str
    target: str
    address: str = ""
    calls: bool = False


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("fluxos/later.html"), 503, {"Retry-After": RETRY_AFTER}


@bp.get("")
@staff_page(*READERS)
def show_list() -> ResponseReturnValue:
    """All flows of the current revision, and the nodes that a search finds."""
    rt, asked = runtime(), request.args.get("busca", "").strip()[:LONGEST]
    seen = flows_seen(rt, complaint_flow=COMPLAINT_FLOW)
    texts = {name: prompt.text for name, prompt in rt.prompts.prompts.items()}
    found = nodes_like(seen.book, texts, asked) if asked else None
    return _page("fluxos/list.html", seen, asked=asked, found=found)


@bp.get("/diferenca")
@staff_page(*READERS)
def compare() -> ResponseReturnValue:
    """Nodes that came, went or changed between two revisions."""
    seen = flows_seen(runtime(), complaint_flow=COMPLAINT_FLOW)
    known = [row.revision for row in seen.revisions]
    after = request.args.get("ate", "") or seen.book.revision
    before = request.args.get("de", "") or next((r for r in known if r != after), after)
    found = difference(runtime(), before, after)
    return _page(
        "fluxos/difference.html",
        seen,
        status=404 if found is None else 200,
        before=before,
        after=after,
        found=found,
        changes=CHANGES,
    )


@bp.get("/<flow_id>")
@staff_page(*READERS)
def show_flow(flow_id: str) -> ResponseReturnValue:
    """One flow: drawing, nodes, and one node's panel."""
    seen = flows_seen(runtime(), complaint_flow=COMPLAINT_FLOW)
    sid = request.args.get("chamada", "")
    way = way_of(sid) if sid else None
    if way is not None:
        seen = replace(seen, book=way.book)
    flow = seen.book.flows.get(flow_id)
    if flow is None:
        return _page("fluxos/missing.html", seen, status=404)
    wanted = request.args.get("no", "")
    chosen = wanted if wanted in flow.nodes else ""
    counts = seen.nodes_of(flow.id)
    svg = None
    if can_draw():
        svg = drawing(
            seen.book,
            flow.id,
            address=partial(_address, way=way),
            badges=way.badges(flow.id) if way else _badges(flow, counts),
            path=way.path if way else (),
            chosen=f"{flow.id}.{chosen}" if chosen else "",
            label=gettext("Desenho do fluxo %(title)s: cada nó é um link", title=flow.title),
        )
    answer = _page(
        "fluxos/flow.html",
        seen,
        flow=flow,
        svg=svg,
        counts=counts,
        way=way,
        no_way=bool(sid) and way is None,
        chosen=chosen,
        unknown=wanted if wanted and not chosen else "",
        node=_panel(seen.book, flow, chosen) if chosen else None,
    )
    answer.headers["Content-Security-Policy"] = admin_prompts.POLICY
    return answer


def exits_of(flow: Flow, node: Node, *, book: FlowBook) -> list[Exit]:
    """Ways out in the file's order, called flows first."""
    found = []
    for key, called in node.subflows():
        other = book.flows.get(called)
        title = other.title if other else called
        address = url_for("flows.show_flow", flow_id=called) if other else ""
        found.append(Exit(words=edge_word(key), target=title, address=address, calls=True))
    for key, target in node.exits():
        whole = target if "." in target else f"{flow.id}.{target}"
        words = edge_word(key) or gettext("depois")
        if target == "return":
            back = gettext("volta a quem chamou")
            found.append(Exit(words=words, target=back))
        else:
            found.append(Exit(words=words, target=target, address=_address(whole)))
    return found


def _panel(book: FlowBook, flow: Flow, name: str) -> dict[str, Any]:
    node = flow.nodes[name]
    rt, audio = runtime(), admin_prompts.manifest()
    prompts: dict[str, list[str]] = {}
    for key, prompt in node.prompts():
        prompts.setdefault(prompt, []).append(key)
    return {
        "name": name,
        "node": node,
        "prompts": [
            (admin_prompts.told(prompt, rt.prompts, audio), keys)
            for prompt, keys in prompts.items()
        ],
        "settings": settings_of(node),
        "exits": exits_of(flow, node, book=book),
    }


def _badges(flow: Flow, counts: Mapping[str, NodeTraffic]) -> dict[str, Badge]:
    return {
        f"{flow.id}.{name}": Badge(
            text=f"{row.calls} · {row.errors} !" if row.errors else str(row.calls),
            wrong=row.errors > 0,
        )
        for name, row in counts.items()
        if name in flow.nodes and (row.calls or row.errors)
    }


def _address(place: str, *, way: Way | None = None) -> str:
    flow, _, node = place.partition(".")
    call: dict[str, Any] = {"chamada": way.sid} if way else {}
    return url_for("flows.show_flow", flow_id=flow, no=node, _anchor="no", **call)


def _page(template: str, seen: FlowsSeen, *, status: int = 200, **values: Any) -> Response:
    return make_response(
        render_template(
            template,
            seen=seen,
            local=to_local,
            nothing=NOTHING,
            types=TYPE_WORDS,
            levels=LEVEL_WORDS,
            exits_of=partial(exits_of, book=seen.book),
            opens=url_for,
            roles=me().roles,
            **values,
        ),
        status,
    )
