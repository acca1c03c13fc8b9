"""``/admin/falas``: every prompt with its text, its audio, where that came from, and its hash."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from flask.typing import ResponseReturnValue

from ivr.domain.prompts.spoken import value_pieces
from ivr.domain.search_words import folded
from ivr.flow.book import FlowBook
from ivr.web.admin_prompts import POLICY, Told, manifest, told, told_value
from ivr.web.admin_view import READERS, bp, page
from ivr.web.door import staff_page
from ivr.web.edge import runtime

A_PAGE = 25
SOURCES = {
    "": "todas",
    "recorded": "gravadas por uma pessoa",
    "tts": "voz sintética",
    "none": "sem áudio pronto",
}


@bp.get("/falas")
@staff_page(*READERS)
def show_prompts() -> ResponseReturnValue:
    """Prompts by words and by where their audio came from, a page at a time."""
    rt, audio = runtime(), manifest()
    wanted = " ".join(request.args.get("q", "")[:200].split())
    source = request.args.get("voz", "")
    source = source if source in SOURCES else ""
    values = request.args.get("valores") == "1"
    if values:
        everything = [told_value(p, text, audio) for p, text in value_pieces().items() if text]
    else:
        everything = [told(name, rt.prompts, audio) for name in sorted(rt.prompts.prompts)]
    found = [one for one in everything if _has(one, wanted) and _comes(one, source)]
    last = max(1, -(-len(found) // A_PAGE))
    number = min(_number(request.args.get("pagina", "")), last)
    answer = page(
        "admin/prompts.html",
        found=found[(number - 1) * A_PAGE : number * A_PAGE],
        total=len(found),
        everything=len(everything),
        number=number,
        last=last,
        wanted=wanted,
        values=values,
        source=source,
        sources=SOURCES,
        used=places_of(rt.flows.current),
    )
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def places_of(book: FlowBook) -> dict[str, Sequence[tuple[str, str]]]:
    """Prompt → flows and nodes that say it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for flow in book.flows.values():
        for name, node in flow.nodes.items():
            for prompt in dict.fromkeys(prompt for _, prompt in node.prompts()):
                found.setdefault(prompt, []).append((flow.id, name))
    return dict(found)


def _has(one: Told, wanted: str) -> bool:
    text = folded(f"{one.id} {one.text}")
    return all(word in text for word in folded(wanted).split())


def _comes(one: Told, source: str) -> bool:
    if not source:
        return True
    kinds = {"none" if not part.address else part.kind for part in one.parts}
    return source in kinds


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1
