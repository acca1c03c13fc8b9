"""Every place of the flows where a caller chooses: what is asked, by which keys and words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ivr.adapters.speech.vocabulary import EVERYWHERE, YES_NO
from ivr.flow import heard
from ivr.flow.book import FlowBook
from ivr.flow.nodes.base import Node, as_list
from ivr.flow.nodes.choose_service import ChooseService
from ivr.flow.nodes.confirm import Confirm
from ivr.flow.nodes.identify import Identify
from ivr.flow.nodes.menu import Menu
from ivr.flow.nodes.priority import Priority
from ivr.ports.speech import Grammar

Read = Callable[[str], str]
"""Words that were heard → key of the option, empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``keys``: those that the prompts must tell. ``words``: what may be said, by option;
    ``grammar`` is None where only keys count."""

    where: str
    prompts: tuple[str, ...]
    keys: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    grammar: Grammar | None
    read: Read


def choices(book: FlowBook) -> Iterator[Choice]:
    """In the order of the flows; last the offers that the queue makes by itself."""
    for flow in book.flows.values():
        for name, node in flow.nodes.items():
            yield from _of_node(node, f"{flow.id}.{name}", book)
    offers = {prompt: key for prompt, key in _QUEUE.items() if prompt in book.placeholders}
    yield _keys_only("fila", tuple(offers), tuple(offers.values()))


def digits_alone() -> Choice:
    """The ten digits and "meia", as where a number is asked for."""
    words: dict[str, tuple[str, ...]] = {str(n): (word,) for n, word in enumerate(_DIGITS)}
    words["6"] = ("seis", "meia")
    return Choice(
        where="algarismos",
        prompts=(),
        keys=(),
        words=words,
        grammar=Grammar(kind="digits", length=1),
        read=lambda text: heard.digits(text),
    )


def opening(book: FlowBook) -> tuple[str, ...]:
    """Prompts that every caller hears before the first menu, and those of the menu."""
    flow = book.flows[book.globals.start]
    said: list[str] = []
    name = flow.start
    for _ in flow.nodes:
        node = flow.nodes[name]
        if isinstance(node, Menu):
            return (*said, *as_list(node.prompt))
        said += as_list(getattr(node, "say", ()))
        name = getattr(node, "then", "")
        if name not in flow.nodes:
            break
    return tuple(said)


def _of_node(node: Node, where: str, book: FlowBook) -> Iterator[Choice]:
    if isinstance(node, Menu):
        yield _spoken(where, as_list(node.prompt), tuple(node.keys), node.words)
    elif isinstance(node, Confirm):
        yield _confirmed(where, as_list(node.prompt))
    elif isinstance(node, Identify):
        yield _confirmed(f"{where} (CPF)", as_list(node.prompt_confirm_cpf))
        yield _confirmed(f"{where} (matrícula)", as_list(node.prompt_confirm_matricula))
    elif isinstance(node, ChooseService):
        words = {service.key: service.words for service in book.services if service.words}
        prompts = as_list(node.prompt)
        keys: tuple[str, ...] = ("1", "2")
        if node.all:
            words = {**words, "3": node.words_all}
            prompts, keys = (*prompts, *as_list(node.prompt_all)), ("1", "2", "3")
        yield _spoken(where, prompts, keys, words)
    elif isinstance(node, Priority):
        yield _keys_only(where, as_list(node.prompt), tuple(node.keys))


def _spoken(
    where: str,
    prompts: tuple[str, ...],
    keys: tuple[str, ...],
    words: Mapping[str, tuple[str, ...]],
) -> Choice:
    hints = tuple(dict.fromkeys(word for told in words.values() for word in told))
    return Choice(
        where=where,
        prompts=prompts,
        keys=keys,
        words={**words, **_everywhere()} if words else {},
        grammar=Grammar(kind="words", length=1, phrases=hints) if hints else None,
        read=lambda text: heard.global_key(text) or heard.option(text, words),
    )


def _confirmed(where: str, prompts: tuple[str, ...]) -> Choice:
    yes, no = YES_NO[: YES_NO.index("não")], YES_NO[YES_NO.index("não") :]
    return Choice(
        where=where,
        prompts=prompts,
        keys=("1", "2"),
        words={"1": yes, "2": no},
        grammar=Grammar(kind="yes_no", phrases=("sim", "não")),
        read=_yes_or_no,
    )


def _keys_only(where: str, prompts: tuple[str, ...], keys: tuple[str, ...]) -> Choice:
    return Choice(
        where=where, prompts=prompts, keys=keys, words={}, grammar=None, read=lambda text: ""
    )


def _yes_or_no(text: str) -> str:
    answer = heard.yes_or_no(text)
    return heard.global_key(text) or {True: "1", False: "2", None: ""}[answer]


def _everywhere() -> dict[str, tuple[str, ...]]:
    """The words that hold in every state, by key."""
    found: dict[str, tuple[str, ...]] = {}
    for phrase in EVERYWHERE:
        key = heard.global_key(phrase)
        if key:
            found[key] = (*found.get(key, ()), phrase)
    return found


_QUEUE = {"queue.callback": "1", "queue.explain": "2"}
"""Prompts of :mod:`ivr.service.waiting` and the keys that they offer."""
_DIGITS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")
