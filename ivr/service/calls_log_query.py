"""The filter of the call log as it stands in an address.

An address holds no personal number: telephones, CPF and matrículas stand there as keyed hashes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args

from ivr.domain.local_time import at_local, end_of_day
from ivr.ports.call_search import LogFilter, Sought

PERSONAL: tuple[Sought, ...] = ("caller_hash", "person", "matricula_hash")
"""What a search by is a search for a person."""
DAYS = (1, 7, 30, 365)
LONGEST_PERIOD = timedelta(days=3660)
MOST_MEANINGS = 8

FACETS = {
    "agente": "agent",
    "fila": "queue",
    "servico": "service",
    "resultado": "outcome",
    "desligou": "ended_by",
    "identidade": "identity",
    "duracao": "duration",
    "classe": "contact_class",
}
"""Word of the address → field of the filter."""
FLAGS = {
    "erro": "had_error",
    "gravacao": "recorded",
    "transferida": "transferred",
    "abandonada": "abandoned",
}
PARAMETERS = ("busca", "dias", "de", "ate", *FACETS, "nota", *FLAGS)
_WORD = re.compile(r"[A-Za-z0-9_.,\-]{1,80}")
_SOUGHT = {
    "ligacao": "sid",
    "protocolo": "protocol",
    "telefone": "caller_hash",
    "cpf": "person",
    "matricula": "matricula_hash",
    "atendente": "agent",
    "servico": "service",
}
_SOUGHT_WORDS = {column: word for word, column in _SOUGHT.items()}


class QueryError(Exception):
    """An address that cannot be meant. ``field``: its parameter; ``reason``: a word for the
    screen's catalogue (unknown, date, order, long, person)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """A filter and its address. ``days``: the period in days up to today, 0 for dates of one's
    own."""

    wanted: LogFilter
    days: int = 1
    first: date | None = None
    last: date | None = None
    args: Mapping[str, str] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether one call alone is meant, whenever it was."""
        return any(column in ("sid", "protocol") for column, _ in self.wanted.any_of)


def read_query(args: Mapping[str, str], *, today: date, personal: bool) -> LogQuery:
    """The filter of an address; unknown parameters are passed over. ``personal``: whether the
    reader may search for a person. Raises :class:`QueryError`."""
    given = {name: args[name].strip() for name in PARAMETERS if args.get(name, "").strip()}
    wanted = LogFilter(any_of=_sought(given.get("busca", ""), personal=personal))
    changes: dict[str, Any] = {}
    for name in FACETS:
        if name in given:
            if not _WORD.fullmatch(given[name]):
                raise QueryError(name, "unknown")
            changes[FACETS[name]] = given[name]
    for name in FLAGS:
        if given.get(name, "1") != "1":
            raise QueryError(name, "unknown")
        changes[FLAGS[name]] = name in given
    rating = given.get("nota", "")
    if rating and rating not in ("1", "2", "3", "4", "5"):
        raise QueryError("nota", "unknown")
    wanted = replace(wanted, **changes, rating=int(rating) if rating else None)
    return _with_period(LogQuery(wanted=wanted, args=given), given, today=today)


def _with_period(query: LogQuery, given: dict[str, str], *, today: date) -> LogQuery:
    if query.exact:
        return query
    if "de" in given or "ate" in given:
        last = _day(given, "ate", today)
        first = _day(given, "de", last)
        if first > last:
            raise QueryError("de", "order")
        if last - first > LONGEST_PERIOD:
            raise QueryError("de", "long")
        days = 0
    else:
        text = given.get("dias", "1")
        if text not in {str(days) for days in DAYS}:
            raise QueryError("dias", "unknown")
        days = int(text)
        first, last = today - timedelta(days=days - 1), today
    wanted = replace(query.wanted, since=_begin(first), until=end_of_day(last))
    return replace(query, wanted=wanted, days=days, first=first, last=last)


def sought_words(any_of: tuple[tuple[Sought, str], ...]) -> str:
    """The meanings of a search as they stand in an address."""
    return "~".join(f"{_SOUGHT_WORDS[column]}:{value}" for column, value in any_of)


def kinds_of(any_of: tuple[tuple[Sought, str], ...]) -> tuple[str, ...]:
    """Words for what is sought, without its value."""
    return tuple(dict.fromkeys(_SOUGHT_WORDS[column] for column, _ in any_of))


def cursor_words(at: datetime, sid: str) -> str:
    """The place where a page ends, for the address of the next one."""
    return f"{int(at.timestamp())}{at.microsecond:06d}.{sid}"


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """What :func:`cursor_words` wrote; None for anything else."""
    found = re.fullmatch(r"([0-9]{7,18})\.([A-Za-z0-9\-]{1,64})", text)
    if found is None:
        return None
    seconds, micros = divmod(int(found[1]), 1_000_000)
    try:
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros), found[2]
    except (OverflowError, ValueError, OSError):
        return None


def _sought(text: str, *, personal: bool) -> tuple[tuple[Sought, str], ...]:
    found: list[tuple[Sought, str]] = []
    for part in text.split("~") if text else ():
        word, colon, value = part.partition(":")
        column = _SOUGHT.get(word)
        if column is None or not colon or not _WORD.fullmatch(value):
            raise QueryError("busca", "unknown")
        if column in PERSONAL and not personal:
            raise QueryError("busca", "person")
        known = next(sought for sought in get_args(Sought) if sought == column)
        found.append((known, value))
    if len(found) > MOST_MEANINGS:
        raise QueryError("busca", "unknown")
    return tuple(dict.fromkeys(found))


def _day(given: Mapping[str, str], name: str, otherwise: date) -> date:
    text = given.get(name, "")
    if not text:
        return otherwise
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise QueryError(name, "date") from None
    if not 2000 <= day.year <= 2200:
        raise QueryError(name, "date")
    return day


def _begin(day: date) -> datetime:
    return at_local(day, time(0)).astimezone(UTC)
