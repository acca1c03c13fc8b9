"""The call log as people of the desk use it: search, pages, live calls, what each one keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.search_words import SearchWord, meanings, names_match
from ivr.ports.call_search import CallFacts, LogFilter, LogLine, SavedView, Sought
from ivr.ports.staff import AuditLine
from ivr.ports.store import Transaction
from ivr.ports.tickets import Known
from ivr.service.calls_log_query import LogQuery, cursor_words
from ivr.service.runtime import Runtime

PAGE = 50
MOST_AGENTS = 5
MOST_VIEWS = 30
LONGEST_VIEW_NAME = 40
REVEAL_SECONDS = 30
COLUMNS = (
    "inicio", "numero", "pessoa", "servico", "identidade", "ura", "fila", "conversa", "posicao",
    "resultado", "desligou", "atendente", "fila_nome", "nota", "classe", "chamado", "avisos",
)  # fmt: skip
"""Columns of the log, in their order."""
USUAL = (
    "inicio", "numero", "pessoa", "servico", "identidade", "ura", "fila", "conversa", "resultado",
    "desligou", "atendente", "nota", "chamado", "avisos",
)  # fmt: skip
PERSONAL_COLUMNS = ("numero", "pessoa")
_ONE_OF = (
    "agent", "queue", "service", "outcome", "ended_by", "identity", "duration", "contact_class",
    "rating",
)  # fmt: skip


class LogError(Exception):
    """What cannot be done. ``reason``: unknown, nobody, erased, name, many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A page of the log. ``live``: calls that go on and fit the filter, on the first page only.

    ``more``: where the next page begins, empty on the last. ``count``: how many are over, None
    until somebody asks. ``names``: of agents, by id.
    """

    lines: tuple[LogLine, ...]
    live: tuple[LogLine, ...]
    more: str
    count: int | None
    names: dict[str, str]
    views: tuple[SavedView, ...]
    now: datetime


def page_of(
    rt: Runtime,
    query: LogQuery,
    *,
    staff: str,
    after: tuple[datetime, str] | None = None,
    count: bool = False,
) -> LogPage:
    """A page and all that stands around it."""
    with rt.store.begin(write=False) as tx:
        found = tx.call_search.page(query.wanted, before=after, limit=PAGE + 1)
        now = tx.now()
        lines = tuple(found[:PAGE])
        last = lines[-1].facts if len(found) > PAGE else None
        return LogPage(
            lines=lines,
            live=() if after else live_of(tx, query.wanted, now=now),
            more=cursor_words(last.started_at, last.sid) if last else "",
            count=tx.call_search.count(query.wanted) if count else None,
            names={one.id: one.name for one in tx.staff.everyone()},
            views=tuple(tx.call_search.views(staff)),
            now=now,
        )


def count_of(rt: Runtime, query: LogQuery) -> int:
    """How many calls that are over fit."""
    with rt.store.begin(write=False) as tx:
        return tx.call_search.count(query.wanted)


def live_of(tx: Transaction, wanted: LogFilter, *, now: datetime) -> tuple[LogLine, ...]:
    """Calls that go on and fit the filter, newest first; their seconds are those until now."""
    return tuple(
        replace(line, facts=_until(line.facts, now))
        for line in tx.call_search.live()
        if fits(line.facts, wanted)
    )


def fits(facts: CallFacts, wanted: LogFilter) -> bool:
    """Whether a call meets a filter, as the store decides it for those that are over."""
    if wanted.since is not None and facts.started_at < wanted.since:
        return False
    if wanted.until is not None and facts.started_at >= wanted.until:
        return False
    if wanted.any_of and not any(getattr(facts, name) == value for name, value in wanted.any_of):
        return False
    for name in _ONE_OF:
        value = getattr(wanted, name)
        if value not in ("", None) and getattr(facts, name) != value:
            return False
    flags = ("had_error", "recorded", "transferred", "abandoned")
    return all(getattr(facts, name) for name in flags if getattr(wanted, name))


def _until(facts: CallFacts, now: datetime) -> CallFacts:
    return replace(facts, ivr_seconds=max(0, int((now - facts.started_at).total_seconds())))


def understand(rt: Runtime, text: str, *, personal: bool) -> tuple[tuple[Sought, str], ...]:
    """What a text of the search box means, empty for nothing that can be sought.

    Not ``personal``: meanings that are a person's number are left out.
    """
    found: list[tuple[Sought, str]] = []
    for word in meanings(text):
        found += _columns(rt, word, personal=personal)
    return tuple(dict.fromkeys(found))


def is_personal(text: str) -> bool:
    """Whether a text means a person's number and nothing else."""
    kinds = {word.kind for word in meanings(text)}
    return bool(kinds) and kinds <= {"cpf", "matricula", "phone"}


def _columns(rt: Runtime, word: SearchWord, *, personal: bool) -> list[tuple[Sought, str]]:
    if word.kind == "protocol":
        return [("protocol", word.value)]
    if word.kind == "sid":
        return [("sid", word.value)]
    if word.kind == "service":
        return [("service", s.key) for s in rt.catalogue.services if s.code == word.value]
    if word.kind == "name":
        return [*_services(rt, word.value), *_agents(rt, word.value)]
    if not personal:
        return []
    if word.kind == "cpf":
        return [("person", rt.keyed_hash("cpf", word.value))]
    if word.kind == "matricula":
        return [("matricula_hash", rt.keyed_hash("matricula", word.value))]
    return [("caller_hash", rt.keyed_hash("phone", word.value))]


def _services(rt: Runtime, name: str) -> list[tuple[Sought, str]]:
    found = [s.key for s in rt.catalogue.services if names_match(name, s.name)]
    return [("service", key) for key in found[:1]] if len(found) == 1 else []


def _agents(rt: Runtime, name: str) -> list[tuple[Sought, str]]:
    with rt.store.begin(write=False) as tx:
        everyone = tx.staff.everyone()
    found = [one.id for one in everyone if names_match(name, one.name, one.login)]
    return [("agent", one) for one in found[:MOST_AGENTS]]


def searched(rt: Runtime, *, by: str, kinds: tuple[str, ...]) -> None:
    """Write down that somebody searched: for what kind of thing, never for which."""
    with rt.store.begin() as tx:
        data = {"kinds": list(kinds)}
        line = AuditLine(at=tx.now(), actor=by, action="calls.searched", object="calls", data=data)
        tx.audit.add(line)


def reveal(rt: Runtime, sid: str, *, by: str) -> Known:
    """What is known of a call's person, whole except the CPF, with a line in the audit log.

    Raises :class:`LogError`: unknown, nobody, erased.
    """
    with rt.store.begin() as tx:
        contact = tx.ticket_log.contact(sid)
        if contact is None:
            raise LogError("unknown")
        if not contact.directory:
            raise LogError("nobody")
        line = AuditLine(
            at=tx.now(), actor=by, action="call.revealed", object=f"call:{sid}", data={}
        )
        tx.audit.add(line)
        if contact.erased:
            raise LogError("erased")
        return contact.known


def keep_last(rt: Runtime, *, staff: str, query: str) -> None:
    """Remember the last filter of a person."""
    with rt.store.begin() as tx:
        tx.call_search.keep_view(
            SavedView(staff=staff, kind="last", name="", value=query, at=tx.now())
        )


def keep_view(rt: Runtime, *, staff: str, name: str, query: str) -> None:
    """Save a filter under a name. Raises :class:`LogError`: name, many."""
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_VIEW_NAME or not plain.isprintable():
        raise LogError("name")
    with rt.store.begin() as tx:
        mine = {view.name for view in tx.call_search.views(staff) if view.kind == "view"}
        if len(mine | {plain}) > MOST_VIEWS:
            raise LogError("many")
        tx.call_search.keep_view(
            SavedView(staff=staff, kind="view", name=plain, value=query, at=tx.now())
        )


def drop_view(rt: Runtime, *, staff: str, name: str) -> None:
    """Forget a saved filter. Raises :class:`LogError`: unknown."""
    with rt.store.begin() as tx:
        if not tx.call_search.drop_view(staff, "view", name):
            raise LogError("unknown")


def keep_columns(rt: Runtime, *, staff: str, columns: tuple[str, ...]) -> None:
    """Remember which columns a person sees; none: the usual ones."""
    chosen = ",".join(name for name in COLUMNS if name in columns)
    with rt.store.begin() as tx:
        if chosen:
            tx.call_search.keep_view(
                SavedView(staff=staff, kind="columns", name="", value=chosen, at=tx.now())
            )
        else:
            tx.call_search.drop_view(staff, "columns", "")


def columns_of(views: tuple[SavedView, ...], *, personal: bool) -> tuple[str, ...]:
    """The columns that a person sees."""
    kept = next((view.value.split(",") for view in views if view.kind == "columns"), USUAL)
    return tuple(
        name for name in COLUMNS if name in kept and (personal or name not in PERSONAL_COLUMNS)
    )
