"""The call log over a long history on PostgreSQL: the first page as the page asks for it, by any
single facet or number, against the same over a short history."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ivr.adapters.db.store import SqlStore
from ivr.ports.call_search import CallFacts, LogFilter
from ivr.service.calls_log import PAGE, live_of
from tools.bench.long_history import SMALL, histories, load_words, opened

ROUNDS, WARM = 60, 3
ALLOWED_MS = 150
ALLOWED_RATIO = 1.5
LONG_AGO = 3650


def report() -> list[str]:
    """Lines of the figures."""
    found = histories()
    stores = [opened(url) for url in (found.large, found.small) if url]
    cases = [_cases(_somebody(store)) for store in stores]
    lines, slowest, ratios = list(found.made), 0.0, {}
    for name in cases[0]:
        seen = _alternately(stores, [one[name] for one in cases])
        line = f"first page by {name:<26} p95 {seen[0].p95:7.1f} ms, {seen[0].rows:2d} rows"
        if name not in COMBINED:
            slowest = max(slowest, seen[0].p95)
        if len(seen) > 1:
            ratio = seen[0].work / seen[1].work
            line += (
                f"  at {SMALL:,} {seen[1].p95:6.1f} ms, {seen[1].rows:2d} rows  work {ratio:.2f}"
            )
            if name not in COMBINED:
                ratios[name] = ratio
        lines.append(line)
    lines.append(
        f"slowest first page of {found.calls:,} calls: p95 {slowest:.1f} ms "
        f"(allowed {ALLOWED_MS} ms); {load_words()}"
    )
    if ratios:
        worst = max(ratios, key=lambda name: ratios[name])
        lines.append(
            f"work against {SMALL:,} calls (seconds of processor of both sides): "
            f"{statistics.median(ratios.values()):.2f} in the middle, {ratios[worst]:.2f} at most, "
            f"by {worst} (allowed {ALLOWED_RATIO})"
        )
    for store in stores:
        store.close()
    return lines


@dataclass
class Seen:
    """``took``: milliseconds of each round; ``work``: nanoseconds of processor of all rounds, of
    this process and of the one that serves it in the database; no neighbour on the machine
    changes them."""

    took: list[float]
    work: int = 0
    rows: int = 0

    @property
    def p95(self) -> float:
        return sorted(self.took)[math.ceil(len(self.took) * 0.95) - 1]


COMBINED = frozenset({"agent and class"})
"""Two conditions at once, of which no bar is set."""


def _cases(some: CallFacts) -> dict[str, LogFilter]:
    last = some.started_at
    month: dict[str, Any] = {"since": last - timedelta(days=30), "until": last + timedelta(days=1)}
    whole: dict[str, Any] = {
        "since": last - timedelta(days=LONG_AGO),
        "until": last + timedelta(days=1),
    }
    return {
        "a day": LogFilter(since=last - timedelta(days=1), until=last),
        "telephone": LogFilter(any_of=(("caller_hash", some.caller_hash),), **whole),
        "CPF": LogFilter(any_of=(("person", some.person),), **whole),
        "matrícula of nobody": LogFilter(any_of=(("matricula_hash", "a" * 32),), **whole),
        "protocol": LogFilter(any_of=(("protocol", some.protocol),)),
        "CallSid": LogFilter(any_of=(("sid", some.sid),)),
        "agent": LogFilter(agent=some.agent, **whole),
        "agent who was never there": LogFilter(agent="ninguem", **whole),
        "queue": LogFilter(queue=some.queue, **month),
        "service": LogFilter(service=some.service, **whole),
        "service that is none": LogFilter(service="nenhum", **whole),
        "outcome, common": LogFilter(outcome="resolved_self_service", **whole),
        "outcome, rare": LogFilter(outcome="fault", **whole),
        "outcome, none": LogFilter(outcome="refused", **whole),
        "who hung up": LogFilter(ended_by="system", **whole),
        "identity": LogFilter(identity="verified", **whole),
        "length": LogFilter(duration="mais_de_15", **whole),
        "class": LogFilter(contact_class="trote", **whole),
        "rating": LogFilter(rating=1, **whole),
        "errors": LogFilter(had_error=True, **whole),
        "recordings": LogFilter(recorded=True, **whole),
        "transfers": LogFilter(transferred=True, **whole),
        "abandoned": LogFilter(abandoned=True, **whole),
        "agent and class": LogFilter(agent=some.agent, contact_class="trote", **whole),
    }


def _alternately(stores: list[SqlStore], wanted: list[LogFilter]) -> list[Seen]:
    """The first page of each store, taken in turns, so that a busy moment falls on both."""
    seen = [Seen(took=[]) for _ in stores]
    for number in range(ROUNDS + WARM):
        for one, store, asked in zip(seen, stores, wanted, strict=True):
            servers = _servers(store)
            before, began = _spent(servers), time.perf_counter()
            with store.begin(write=False) as tx:
                page = tx.call_search.page(asked, limit=PAGE + 1)
                live_of(tx, asked, now=tx.now())
            took = time.perf_counter() - began
            if number >= WARM:
                one.took.append(took * 1000)
                one.work += _spent(servers) - before
                one.rows = min(len(page), PAGE)
    return seen


def _servers(store: SqlStore) -> list[int]:
    """Processes of the database that serve this store."""
    if store not in _known:
        with store.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend'"
            )
            _known[store] = [pid for (pid,) in rows]
    return _known[store]


_known: dict[SqlStore, list[int]] = {}


def _spent(servers: list[int]) -> int:
    """Nanoseconds on a processor until now (proc(5), schedstat)."""
    files = (Path(f"/proc/{pid}/schedstat") for pid in servers)
    return time.process_time_ns() + sum(int(f.read_text("ascii").split()[0]) for f in files)


def _somebody(store: SqlStore) -> CallFacts:
    with store.begin(write=False) as tx:
        for line in tx.call_search.page(LogFilter(outcome="attended_by_person"), limit=500):
            if line.facts.person and line.facts.caller_hash and line.facts.service:
                return line.facts
    raise RuntimeError("the history has no call with a person in it")
