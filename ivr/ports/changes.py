"""What changed, told to browsers after the commit: ids and versions only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

TOPICS = (
    "oferta.nova",
    "oferta.fim",
    "chamada.estado",
    "chamada.contexto",
    "posatendimento",
    "agente.estado",
    "fila.resumo",
    "ura.resumo",
    "chamado.mudou",
    "alerta",
    "exportacao.pronta",
    "sessao.fim",
)
"""Everything that is told. A browser refetches what the topic names; it gets no content here."""
_ENTITY = re.compile(r"[A-Za-z0-9._:@/-]{1,120}")
_WORD = re.compile(r"(agent|queue|role|ticket|session):[A-Za-z0-9._:@/-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``audience``: who may learn of it: ``agent:<id>``, ``queue:<name>``, ``role:<name>``,
    ``ticket:<protocol>``, ``session:<id>``. A browser gets it that has one of these words."""

    number: int = 0
    at: datetime
    topic: str
    entity: str
    version: int = 0
    audience: tuple[str, ...] = ()


def checked_audience(topic: str, entity: str, audience: Sequence[str]) -> tuple[str, ...]:
    """The words, each once and in order. Raises ValueError on an unknown topic, on an entity that
    is no id (a telephone number, a name), on a word of no known kind, and when nobody is meant."""
    if topic not in TOPICS:
        raise ValueError("no such topic")
    if not _ENTITY.fullmatch(entity):
        raise ValueError("what changed is named by an id")
    words = tuple(dict.fromkeys(audience))
    if not words or not all(_WORD.fullmatch(word) for word in words):
        raise ValueError("an audience is agent:, queue:, role:, ticket: or session: and an id")
    return words


class Changes(Protocol):
    """Written in the transaction of the change itself; told when that is committed."""

    def tell(self, topic: str, entity: str, *, version: int = 0, audience: Sequence[str]) -> None:
        """Raises ValueError; see :func:`checked_audience`."""

    def after(self, number: int, *, limit: int = 500) -> Sequence[Change]:
        """Changes with a higher number, lowest first.

        A number is given before the commit: with several writers at once (PostgreSQL) a lower one
        may appear later.
        """

    def newest(self) -> int:
        """The highest number, 0 without any."""

    def prune(self, *, before: datetime) -> int:
        """Delete changes told before a time, except the newest of all. How many."""


class ChangeFeed(Protocol):
    """Committed changes as they come, for one process."""

    def run(
        self,
        *,
        on_change: Callable[[Change], None],
        on_gap: Callable[[], None],
        stopped: Callable[[], bool],
    ) -> None:
        """Blocks until ``stopped()``; looks at it at least every second.

        ``on_gap`` is called whenever changes may have been missed: after the first connection and
        after every new one. Survives every outage of the database.
        """
