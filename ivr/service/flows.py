"""The flow books of this process: the current one, and those that live calls began with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ivr.domain.identifier import Identifier, IdentifierFault, parse_keyed
from ivr.domain.protocol_number import Protocol, ProtocolFault, parse_protocol
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.flow.book import FlowBook, NumberRead, Service
from ivr.flow.load import build_book
from ivr.ports.store import Store


def read_identifier(digits: str) -> NumberRead:
    """CPF or matrícula by length, with its check digits."""
    read = parse_keyed(digits)
    if isinstance(read, Identifier):
        return NumberRead(kind=read.kind.value, number=read.digits)
    if read is IdentifierFault.TOO_SHORT:
        return NumberRead(problem="too_short")
    return NumberRead(problem="too_long" if read is IdentifierFault.TOO_LONG else "no_match")


def read_protocol(digits: str) -> NumberRead:
    """A protocol number with its check digit."""
    read = parse_protocol(digits)
    if isinstance(read, Protocol):
        return NumberRead(kind="protocol", number=read.digits)
    if read is ProtocolFault.TOO_SHORT:
        return NumberRead(problem="too_short")
    return NumberRead(problem="too_long" if read is ProtocolFault.TOO_LONG else "no_match")


def services_of(catalogue: ServiceCatalogue) -> tuple[Service, ...]:
    """The catalogue's services as flows see them."""
    return tuple(
        Service(
            code=s.code,
            key=s.key,
            prompt=s.prompt,
            words=s.spoken_names,
            actions=tuple(s.actions),
            deliveries=tuple(s.delivery),
        )
        for s in catalogue.services
    )


def read_book(
    files: Mapping[str, Mapping[str, Any]],
    *,
    catalogue: ServiceCatalogue,
    placeholders: Mapping[str, tuple[str, ...]],
) -> FlowBook:
    """A book with the desk's services and number rules. Raises FlowDefectsError."""
    return build_book(
        files,
        services=services_of(catalogue),
        placeholders=placeholders,
        read_identifier=read_identifier,
        read_protocol=read_protocol,
    )


class FlowShelf:
    """Books by revision. A call ends on the revision it began with, even in another process."""

    def __init__(
        self,
        files: Mapping[str, Mapping[str, Any]],
        *,
        catalogue: ServiceCatalogue,
        placeholders: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._catalogue = catalogue
        self._placeholders = placeholders
        self._files = files
        self.current = read_book(files, catalogue=catalogue, placeholders=placeholders)
        self._books = {self.current.revision: self.current}

    def publish(self, store: Store) -> None:
        """Keep the current files where every process finds them."""
        with store.begin() as tx:
            tx.flows.save(self.current.revision, json.dumps(self._files), at=tx.now())

    def book(self, revision: str, store: Store) -> FlowBook:
        """The book of a revision; the current one when that revision is nowhere to be found."""
        found = self._books.get(revision)
        if found is None:
            with store.begin(write=False) as tx:
                text = tx.flows.get(revision)
            found = self.current
            if text is not None:
                found = read_book(
                    json.loads(text),
                    catalogue=self._catalogue,
                    placeholders=self._placeholders,
                )
            self._books[revision] = found
        return found
