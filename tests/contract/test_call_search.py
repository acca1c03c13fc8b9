"""The search over the call log: the same on both databases, and by index on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from store_rows import SECRET, START, begin_call, opened

from ivr.adapters.db.call_search_conditions import page_of, shape_of
from ivr.adapters.db.migrate import upgrade
from ivr.adapters.db.store import SqlStore
from ivr.adapters.sealing import HmacHash
from ivr.ports.call_search import CallFacts, LogFilter, LogLine, SavedView
from ivr.ports.staff import StaffRow
from ivr.service.calls_log import fits
from tools.load_history import load

UNTIL = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def filled(store: SqlStore, *, calls: int, days: int = 10) -> None:
    made = load(
        store,
        HmacHash(SECRET),
        calls=calls,
        days=days,
        journal=5,
        seed=7,
        until=UNTIL,
        quiet=True,
    )
    assert made == calls


def every(store: SqlStore, wanted: LogFilter | None = None) -> list[LogLine]:
    with store.begin(write=False) as tx:
        return list(tx.call_search.every(wanted or LogFilter()))


def paged(store: SqlStore, wanted: LogFilter, *, size: int = 50) -> list[str]:
    found: list[str] = []
    before = None
    while True:
        with store.begin(write=False) as tx:
            page = tx.call_search.page(wanted, before=before, limit=size)
        found += [line.facts.sid for line in page]
        if len(page) < size:
            return found
        last = page[-1].facts
        before = (last.started_at, last.sid)


def filters(some: CallFacts, day: datetime) -> dict[str, LogFilter]:
    """One filter for each facet and number, and some of several."""
    return {
        "period": LogFilter(since=day, until=day + timedelta(days=1)),
        "caller": LogFilter(any_of=(("caller_hash", some.caller_hash),)),
        "person": LogFilter(any_of=(("person", some.person),)),
        "matricula": LogFilter(any_of=(("matricula_hash", "a" * 32),)),
        "sid": LogFilter(any_of=(("sid", some.sid),)),
        "protocol": LogFilter(any_of=(("protocol", some.protocol),)),
        "agent": LogFilter(agent=some.agent),
        "queue": LogFilter(queue=some.queue),
        "service": LogFilter(service=some.service),
        "outcome": LogFilter(outcome="refused"),
        "outcome_common": LogFilter(outcome=some.outcome),
        "ended_by": LogFilter(ended_by="system"),
        "identity": LogFilter(identity="verified"),
        "duration": LogFilter(duration="mais_de_15"),
        "contact_class": LogFilter(contact_class="trote"),
        "rating": LogFilter(rating=1),
        "had_error": LogFilter(had_error=True),
        "recorded": LogFilter(recorded=True),
        "transferred": LogFilter(transferred=True),
        "abandoned": LogFilter(abandoned=True),
    }


def somebody(store: SqlStore) -> CallFacts:
    """A call that has everything: a number, a person, a service, an agent."""
    return next(
        line.facts
        for line in every(store)
        if line.facts.caller_hash and line.facts.person and line.facts.service and line.facts.agent
    )


def test_every_filter_finds_what_fits_it_and_counts_and_pages_it(store: SqlStore) -> None:
    filled(store, calls=1_000)
    whole = every(store)
    assert len(whole) == 1_000
    keys = [(line.facts.started_at, line.facts.sid) for line in whole]
    assert keys == sorted(keys, reverse=True)
    some = somebody(store)
    cases = filters(some, UNTIL - timedelta(days=4))
    cases["two"] = replace(cases["agent"], contact_class="contato", service=some.service)
    cases["three"] = LogFilter(
        agent=some.agent, queue=some.queue, since=UNTIL - timedelta(days=5), until=UNTIL
    )
    cases["either"] = LogFilter(
        any_of=(("caller_hash", some.caller_hash), ("person", some.person), ("agent", some.agent))
    )
    for name, wanted in cases.items():
        marks = {"agent": wanted.agent, "queue": wanted.queue}
        expected = [
            line.facts.sid
            for line in whole
            if fits(line.facts, replace(wanted, queue="")) and _in_queue(store, line, marks)
        ]
        assert [line.facts.sid for line in every(store, wanted)] == expected, name
        assert paged(store, wanted) == expected, name
        with store.begin(write=False) as tx:
            assert tx.call_search.count(wanted) == len(expected), name
    assert every(store, cases["agent"])
    assert len(every(store, cases["either"])) > len(every(store, cases["caller"]))


def _in_queue(store: SqlStore, line: LogLine, marks: dict[str, str]) -> bool:
    """Every invented call of the second level came through the first queue."""
    queue = marks["queue"]
    return not queue or line.facts.queue in {queue, *({"segundo_nivel"} if queue else ())}


def test_agent_who_handed_the_call_on_finds_it_too(store: SqlStore) -> None:
    begin_call(store)
    facts = CallFacts(
        sid="CA1", protocol="P-CA1", started_at=START, ended_at=START, agent="bia", queue="dois"
    )
    with store.begin() as tx:
        tx.call_search.record(facts, agents=("ana", "bia"), queues=("um", "dois"))
        tx.call_search.record(facts, agents=("ana", "bia"), queues=("um", "dois"))
    for agent in ("ana", "bia"):
        assert [line.facts.sid for line in every(store, LogFilter(agent=agent))] == ["CA1"]
    for queue in ("um", "dois"):
        assert [line.facts.sid for line in every(store, LogFilter(queue=queue))] == ["CA1"]
    assert every(store, LogFilter(agent="caio")) == []


def test_row_of_a_call_that_goes_on_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="over"), store.begin() as tx:
        tx.call_search.record(CallFacts(sid="CA1", protocol="P", started_at=START))


def test_export_reads_one_snapshot_while_calls_end(store: SqlStore) -> None:
    filled(store, calls=300)
    with store.begin(write=False) as tx:
        stream = tx.call_search.every(LogFilter())
        first = next(stream)
        begin_call(store, "CAnew")
        with store.begin() as other:
            other.call_search.record(
                CallFacts(sid="CAnew", protocol="P-CAnew", started_at=START, ended_at=START)
            )
        rest = [line.facts.sid for line in stream]
    assert len(rest) + 1 == 300
    assert "CAnew" not in {first.facts.sid, *rest}


def test_saved_views_are_written_anew_and_dropped(store: SqlStore) -> None:
    view = SavedView(staff="a", kind="view", name="x", value="nota=5", at=START)
    with store.begin() as tx:
        tx.staff.add(StaffRow(id="a", login="a", name="A", created_at=START))
        tx.call_search.keep_view(view)
        tx.call_search.keep_view(replace(view, value="nota=4"))
        assert [kept.value for kept in tx.call_search.views("a")] == ["nota=4"]
        assert tx.call_search.drop_view("a", "view", "x")
        assert not tx.call_search.drop_view("a", "view", "x")


def plan_of(store: SqlStore, wanted: LogFilter) -> dict[str, Any]:
    """PostgreSQL's plan of the first page."""
    shape, values = shape_of(wanted, next(iter(wanted.any_of), None))
    prepared = page_of(shape, after=False).on("postgresql")
    with store.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        found = driver.execute(
            f"EXPLAIN (FORMAT JSON) {prepared.sql}", prepared.bind({**values, "most": 51})
        ).fetchone()
    return dict(found[0][0]["Plan"])


def nodes_of(plan: dict[str, Any]) -> list[str]:
    return [
        str(plan["Node Type"]),
        *(name for inner in plan.get("Plans", ()) for name in nodes_of(inner)),
    ]


def test_no_facet_and_no_number_reads_a_whole_table(postgres_url: str) -> None:
    upgrade(postgres_url)
    store = opened(postgres_url)
    filled(store, calls=20_000, days=30)
    some = somebody(store)
    period = LogFilter(since=UNTIL - timedelta(days=30), until=UNTIL)
    for name, wanted in filters(some, UNTIL - timedelta(days=3)).items():
        for each in (wanted, replace(wanted, since=period.since, until=period.until)):
            plan = plan_of(store, each)
            assert "Seq Scan" not in nodes_of(plan), (name, json.dumps(plan)[:2000])
    with store.engine.connect() as connection:
        told = connection.execute(text("EXPLAIN (FORMAT JSON) SELECT * FROM call_facts")).scalar()
    assert "Seq Scan" in json.dumps(told)
    store.close()


def test_same_seed_makes_the_same_calls(tmp_path: Any) -> None:
    found = []
    for name in ("a", "b"):
        url = f"sqlite:///{tmp_path}/{name}.db"
        upgrade(url)
        store = opened(url)
        filled(store, calls=60, days=3)
        found.append(every(store))
        with pytest.raises(ValueError, match="there already"):
            filled(store, calls=60, days=3)
        store.close()
    assert found[0] == found[1]
