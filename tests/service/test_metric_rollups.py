"""Kept sums are what a recount of the raw rows gives, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from desk_floor import CATALOGUE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metric_stories import NUMBERS, QUEUE, Story, write
from store_rows import START, HandClock, a_call, a_ticket

from ivr.adapters.db.store import SqlStore
from ivr.domain.metrics import count, handling, service_level
from ivr.domain.metrics_events import BUCKET, bucket_of
from ivr.domain.metrics_tally import Rules, merge
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.ports.staff import StaffRow
from ivr.service.metrics import Period, recount, roll_up, sums_of, sweep_metrics

SOME = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Rt:
    store: SqlStore
    clock: HandClock
    queues: QueueCatalogue = CATALOGUE
    metric_rules: Rules = field(default_factory=Rules)


@pytest.fixture
def rt(store: SqlStore, clock: HandClock) -> Rt:
    with store.begin() as tx:
        tx.staff.add(StaffRow(id="ana", login="ana", name="Ana", created_at=START))
    return Rt(store=store, clock=clock)


STORIES = st.lists(
    st.builds(
        Story,
        at=st.integers(0, 4 * 3600),
        kind=st.sampled_from(["talk", "ura", "menu", "abandoned", "callback"]),
        wait=st.integers(0, 400),
        talk=st.integers(0, 4000),
        hold=st.integers(0, 100),
        wrap=st.integers(0, 300),
        person=st.sampled_from(["", "p1", "p2"]),
        word=st.sampled_from(["contato", "trote", "teste"]),
    ),
    max_size=12,
)


def fresh(rt: Rt) -> Period:
    """Eight hours that no other example has touched; the clock stands after them."""
    base = START + timedelta(days=30 * next(NUMBERS))
    rt.clock.at = base + timedelta(hours=8)
    return Period(since=base, until=base + timedelta(hours=8))


def whole(rt: Rt, period: Period) -> dict[Any, Any]:
    with rt.store.begin(write=False) as tx:
        return recount(rt, tx, period)  # type: ignore[arg-type]


def kept(rt: Rt, period: Period) -> dict[Any, Any]:
    with rt.store.begin(write=False) as tx:
        return tx.metrics.sums(period.since, period.until, version=rt.metric_rules.version)


@SOME
@given(STORIES)
def test_kept_sums_are_the_recount_whatever_happened(rt: Rt, stories: list[Story]) -> None:
    rt.queues = _with_pranks()
    period = fresh(rt)
    for story in stories:
        write(rt, period.since, story)
    roll_up(rt, period.buckets())  # type: ignore[arg-type]
    assert kept(rt, period) == whole(rt, period)
    with rt.store.begin(write=False) as tx:
        assert sums_of(rt, tx, period) == whole(rt, period)  # type: ignore[arg-type]


@SOME
@given(STORIES)
def test_recount_is_what_a_plain_count_of_the_stories_gives(rt: Rt, stories: list[Story]) -> None:
    rt.queues = _with_pranks()
    period = fresh(rt)
    for story in stories:
        write(rt, period.since, story)
    sums = whole(rt, period)
    good = [s for s in stories if s.kind != "talk" or s.word == "contato"]
    talks = [s for s in good if s.kind == "talk"]
    lost = [s for s in good if s.kind == "abandoned"]
    assert count(sums, "call.all") == len(stories)
    assert count(sums, "call.end", "fora_da_conta") == len(stories) - len(good)
    assert count(sums, "call.end", "atendida") == len(talks)
    assert count(sums, "call.end", "ura") == sum(s.kind == "ura" for s in good)
    assert count(sums, "stay.short") == sum(s.wait < 5 for s in lost)
    in_time = sum(s.wait <= 20 for s in talks)
    late = sum(s.wait > 20 for s in lost)
    level = service_level(sums, rt.metric_rules)
    assert level.parts == {"over": in_time, "under": len(talks) + late}
    expected = sum(s.talk + s.wrap + max(0, s.hold - s.talk) * 0 for s in talks)
    reading = handling(sums, rt.metric_rules)
    assert (reading.value or 0) * reading.n == pytest.approx(expected)


def test_second_round_changes_nothing_and_a_late_event_counts_its_half_hour_anew(rt: Rt) -> None:
    base = START
    rt.clock.at = base + timedelta(hours=3)
    period = Period(since=base, until=base + timedelta(hours=3))
    write(rt, base, Story(at=0, kind="talk"))
    assert sweep_metrics(rt) > 0  # type: ignore[arg-type]
    before = kept(rt, period)
    assert before == whole(rt, period)
    sweep_metrics(rt)  # type: ignore[arg-type]
    assert kept(rt, period) == before
    write(rt, base, Story(at=60, kind="abandoned", wait=90))
    sweep_metrics(rt)  # type: ignore[arg-type]
    assert kept(rt, period) == whole(rt, period)
    assert count(kept(rt, period), "stay.abandoned") == 1


def test_call_that_ends_later_moves_out_of_what_goes_on(rt: Rt) -> None:
    with rt.store.begin() as tx:
        tx.calls.add(a_call("CAlive", started_at=START))
        tx.tickets.add(a_ticket("CAlive"))
    rt.clock.at = START + timedelta(minutes=20)
    sweep_metrics(rt)  # type: ignore[arg-type]
    period = Period(since=START, until=START + 4 * BUCKET)
    assert count(kept(rt, period), "call.end", "em_curso") == 1
    rt.clock.at = START + timedelta(minutes=70)
    with rt.store.begin() as tx:
        tx.calls.end("CAlive", at=rt.clock.at, by="caller", outcome="abandoned")
    sweep_metrics(rt)  # type: ignore[arg-type]
    assert count(kept(rt, period), "call.end", "em_curso") == 0
    assert count(kept(rt, period), "call.end", "desistiu_na_ura") == 1


def test_first_contact_is_resolved_until_the_person_calls_again_for_the_same(rt: Rt) -> None:
    write(rt, START, Story(at=0, kind="ura", person="p1"))
    rt.clock.at = START + timedelta(days=2)
    for _ in range(2):  # a round goes back two days at most
        sweep_metrics(rt)  # type: ignore[arg-type]
    first = Period(since=START, until=START + BUCKET)
    assert count(kept(rt, first), "fcr.first") == 1
    assert count(kept(rt, first), "fcr.again") == 0
    again = replace(Story(at=2 * 86400, kind="ura", person="p1"))
    write(rt, START, again)
    rt.clock.at += timedelta(hours=1)
    sweep_metrics(rt)  # type: ignore[arg-type]
    assert count(kept(rt, first), "fcr.again") == 1


def test_changed_rules_are_counted_from_raw_rows_until_the_worker_has_kept_them(rt: Rt) -> None:
    write(rt, START, Story(at=0, kind="talk", wait=40))
    rt.clock.at = START + timedelta(hours=1)
    sweep_metrics(rt)  # type: ignore[arg-type]
    period = Period(since=bucket_of(START), until=START + 4 * BUCKET)
    rt.metric_rules = Rules(within=60)
    with rt.store.begin(write=False) as tx:
        sums = sums_of(rt, tx, period)  # type: ignore[arg-type]
    assert count(sums, "stay.answered_in") == 1
    assert merge([kept(rt, period)]) == {}
    sweep_metrics(rt)  # type: ignore[arg-type]
    assert count(kept(rt, period), "stay.answered_in") == 1


def _with_pranks() -> QueueCatalogue:
    data = {
        "version": 1,
        "queues": [
            {
                "name": QUEUE,
                "label": "Atendimento",
                "dispositions": [{"word": "resolvido", "label": "Resolvido"}],
            }
        ],
        "classes": [
            {"word": "contato", "label": "Contato", "counts": True},
            {"word": "trote", "label": "Trote"},
            {"word": "teste", "label": "Teste"},
        ],
    }
    return QueueCatalogue.from_data(data)
