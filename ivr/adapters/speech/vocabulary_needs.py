"""Every phrase that the flows and the services want recognised, and who wants it."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.adapters.speech.vocabulary import Need, standing_needs
from ivr.flow.book import FlowBook
from ivr.flow.nodes.choose_service import ChooseService
from ivr.flow.nodes.gather import GatherValue
from ivr.flow.nodes.menu import Menu


def needs_of(book: FlowBook) -> tuple[Need, ...]:
    """In the order of the flows; what holds everywhere comes first."""
    return (*standing_needs(), *_of_nodes(book), *_of_services(book))


def _of_nodes(book: FlowBook) -> Iterator[Need]:
    for flow in book.flows.values():
        for name, node in flow.nodes.items():
            if isinstance(node, Menu | GatherValue):
                for key, phrases in node.words.items():
                    for phrase in phrases:
                        yield Need(phrase=phrase, where=f"{flow.id}.{name} words.{key}")
            if isinstance(node, ChooseService):
                for phrase in node.words_all:
                    yield Need(phrase=phrase, where=f"{flow.id}.{name} words_all")


def _of_services(book: FlowBook) -> Iterator[Need]:
    for service in book.services:
        for phrase in service.words:
            yield Need(phrase=phrase, where=f"serviço {service.code} ({service.key})")
