"""Finding nodes of the flows by name, kind, prompt or what is said there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr.domain.search_words import folded
from ivr.flow.book import FlowBook
from ivr.flow.draw import TYPE_WORDS

LONGEST, MOST = 60, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFound:
    """``said``: text of the prompt that matched, empty when name or kind did."""

    flow: str
    title: str
    node: str
    kind: str
    prompt: str = ""
    said: str = ""


def nodes_like(book: FlowBook, texts: Mapping[str, str], asked: str) -> Sequence[NodeFound]:
    """Nodes that have every word of ``asked``, names before prompts, at most :data:`MOST`.

    ``texts``: what each prompt says. Case and accents do not count. Nothing for no word.
    """
    words = folded(asked[:LONGEST]).split()
    if not words:
        return []
    by_name, by_words = [], []
    for flow in book.flows.values():
        for name, node in flow.nodes.items():
            kind = TYPE_WORDS.get(node.type, node.type)
            place = folded(f"{flow.id}.{name} {flow.title} {node.type} {kind}")
            hit = NodeFound(flow=flow.id, title=flow.title, node=name, kind=kind)
            if all(word in place for word in words):
                by_name.append(hit)
                continue
            for _, prompt in node.prompts():
                said = texts.get(prompt, "")
                if all(word in folded(f"{place} {prompt} {said}") for word in words):
                    by_words.append(
                        NodeFound(
                            flow=flow.id,
                            title=flow.title,
                            node=name,
                            kind=kind,
                            prompt=prompt,
                            said=said,
                        )
                    )
                    break
    return [*by_name, *by_words][:MOST]
