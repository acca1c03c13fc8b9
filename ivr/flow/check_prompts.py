"""Rules of prompts: each exists, each has its values, and every trouble has its own."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.flow.check_subject import GLOBALS, SERVICES, Rule, Subject, defect, of_book
from ivr.flow.load import Defect
from ivr.flow.nodes.base import as_list
from ivr.flow.nodes.listening import ListeningNode

GLOBAL_PROMPTS = ("slower", "nothing_back", "keys_only", "goodbye", "again")


def prompts_exist(subject: Subject) -> Iterator[Defect]:
    """Every prompt is in the catalogue, and a value is known for each of its placeholders."""
    values = subject.values()
    for flow, name, node in subject.nodes():
        for key, prompt in node.prompts():
            for text in _problems(subject, prompt, values):
                yield defect(flow, name, key, text)
    for key in GLOBAL_PROMPTS:
        for text in _problems(subject, getattr(subject.book.globals, key), values):
            yield of_book(GLOBALS, key, text)
    for service in subject.book.services:
        for text in _problems(subject, service.prompt, frozenset()):
            yield of_book(SERVICES, service.key, text)


def prompts_given(subject: Subject) -> Iterator[Defect]:
    """A prompt that the node type demands is not left empty."""
    for flow, name, node in subject.nodes():
        for key, field in type(node).model_fields.items():
            spoken = key.startswith(("say", "prompt"))
            if spoken and field.is_required() and not as_list(getattr(node, key)):
                yield defect(flow, name, key, "is empty")


def troubles_answered(subject: Subject) -> Iterator[Defect]:
    """Each kind of trouble that a node may meet has its own prompt."""
    for flow, name, node in subject.nodes():
        if isinstance(node, ListeningNode):
            for kind in node.troubles():
                if not as_list(getattr(node, f"prompt_{kind}")):
                    text = f"is missing: a {node.type} node may meet {kind}"
                    yield defect(flow, name, f"prompt_{kind}", text)


def _problems(subject: Subject, prompt: str, values: frozenset[str]) -> Iterator[str]:
    placeholders = subject.prompts.get(prompt)
    if placeholders is None:
        yield f"no prompt {prompt!r}"
        return
    for name in placeholders:
        if name not in values:
            yield f"prompt {prompt!r} needs the value {name!r}, which no node gives"


RULES: tuple[Rule, ...] = (prompts_exist, prompts_given, troubles_answered)
