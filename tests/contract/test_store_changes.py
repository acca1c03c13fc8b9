"""The table of changes and its feed, on both stores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_rows import START, HandClock

from ivr.adapters.db.change_feed import change_feed
from ivr.adapters.db.changes import payloads, read_payload
from ivr.adapters.db.store import SqlStore
from ivr.ports.changes import Change, checked_audience


@dataclass
class Heard:
    """What a feed said."""

    changes: list[Change] = field(default_factory=list)
    gaps: int = 0
    bell: threading.Condition = field(default_factory=threading.Condition)

    def on_change(self, change: Change) -> None:
        with self.bell:
            self.changes.append(change)
            self.bell.notify_all()

    def on_gap(self) -> None:
        with self.bell:
            self.gaps += 1
            self.bell.notify_all()

    def wait(self, enough: Callable[[], bool], seconds: float = 8) -> None:
        with self.bell:
            assert self.bell.wait_for(enough, seconds), (self.gaps, self.changes)

    def entities(self) -> list[str]:
        return [change.entity for change in self.changes]


@contextmanager
def listening(store: SqlStore) -> Iterator[Heard]:
    heard, stop = Heard(), threading.Event()
    feed = change_feed(store)
    thread = threading.Thread(
        target=feed.run,
        kwargs={
            "on_change": heard.on_change,
            "on_gap": heard.on_gap,
            "stopped": stop.is_set,
        },
        daemon=True,
    )
    thread.start()
    try:
        heard.wait(lambda: heard.gaps == 1)
        yield heard
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_a_change_is_heard_after_its_commit_with_all_its_fields(store: SqlStore) -> None:
    with listening(store) as heard:
        with store.begin() as tx:
            tx.changes.tell("oferta.nova", "of-1", version=4, audience=["agent:a", "agent:a"])
            tx.changes.tell("fila.resumo", "redes", audience=["queue:redes", "role:supervisor"])
        heard.wait(lambda: len(heard.changes) == 2)
    first, second = heard.changes
    assert (first.topic, first.entity, first.version, first.at) == ("oferta.nova", "of-1", 4, START)
    assert first.audience == ("agent:a",)
    assert second.audience == ("queue:redes", "role:supervisor")


def test_what_is_rolled_back_is_never_heard(store: SqlStore) -> None:
    with listening(store) as heard:
        with pytest.raises(ZeroDivisionError), store.begin() as tx:
            tx.changes.tell("oferta.nova", "never", audience=["agent:a"])
            raise ZeroDivisionError
        with store.begin() as tx:
            tx.changes.tell("oferta.nova", "of-2", audience=["agent:a"])
        heard.wait(lambda: bool(heard.changes))
    assert heard.entities() == ["of-2"]


def test_several_writers_lose_nothing(store: SqlStore) -> None:
    def write(writer: int) -> None:
        for n in range(25):
            with store.begin() as tx:
                tx.changes.tell("agente.estado", f"{writer}-{n}", audience=["role:supervisor"])

    with listening(store) as heard:
        writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        heard.wait(lambda: len(heard.changes) >= 100)
    assert sorted(heard.entities()) == sorted(f"{w}-{n}" for w in range(4) for n in range(25))


def test_an_audience_too_large_for_one_notification_is_heard_whole(store: SqlStore) -> None:
    agents = [f"agent:{'x' * 30}{n}" for n in range(600)]
    with listening(store) as heard:
        with store.begin() as tx:
            tx.changes.tell("alerta", "al-1", audience=agents)
        heard.wait(lambda: sum(len(c.audience) for c in heard.changes) == 600)
    assert [w for c in heard.changes for w in c.audience] == agents
    assert set(heard.entities()) == {"al-1"}


def test_old_changes_are_pruned_but_never_the_newest(store: SqlStore, clock: HandClock) -> None:
    for name in ("one", "two"):
        with store.begin() as tx:
            tx.changes.tell("alerta", name, audience=["role:admin"])
    clock.move(7200)
    with store.begin() as tx:
        newest = tx.changes.newest()
        assert tx.changes.prune(before=clock.now() - timedelta(hours=1)) == 1
        assert tx.changes.prune(before=clock.now() - timedelta(hours=1)) == 0
        assert tx.changes.newest() == newest
        assert [c.entity for c in tx.changes.after(0)] == ["two"]
    with listening(store) as heard:
        with store.begin() as tx:
            tx.changes.tell("alerta", "three", audience=["role:admin"])
        heard.wait(lambda: heard.entities() == ["three"])


def test_a_listener_whose_backend_is_killed_comes_back_and_says_that_it_missed_something(
    postgres_url: str,
) -> None:
    from store_rows import opened

    from ivr.adapters.db.migrate import upgrade

    upgrade(postgres_url)
    store = opened(postgres_url)
    with listening(store) as heard:
        with psycopg.connect(postgres_url, autocommit=True) as other:
            killed = other.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'ivr-live' AND datname = current_database()"
            ).fetchone()
        assert killed == (1,)
        heard.wait(lambda: heard.gaps == 2)
        with store.begin() as tx:
            tx.changes.tell("oferta.nova", "after", audience=["agent:a"])
        heard.wait(lambda: heard.entities() == ["after"])
    store.close()


@pytest.mark.parametrize(
    ("topic", "entity", "audience"),
    [
        ("oferta.velha", "of-1", ["agent:a"]),
        ("oferta.nova", "+5567999990001", ["agent:a"]),
        ("oferta.nova", "Ana Demonstração", ["agent:a"]),
        ("oferta.nova", "", ["agent:a"]),
        ("oferta.nova", "of-1", []),
        ("oferta.nova", "of-1", ["everyone"]),
        ("oferta.nova", "of-1", ["agent:"]),
    ],
)
def test_nothing_but_ids_for_a_known_audience_can_be_told(
    topic: str, entity: str, audience: list[str]
) -> None:
    with pytest.raises(ValueError):
        checked_audience(topic, entity, audience)


_ids = st.text("abcXYZ019._:@/-", min_size=1, max_size=120)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entity=_ids, words=st.lists(_ids, min_size=1, max_size=200), version=st.integers(0, 2**31))
def test_every_notification_fits_and_together_they_hold_the_change(
    entity: str, words: list[str], version: int
) -> None:
    audience = checked_audience("alerta", entity, [f"agent:{word}" for word in words])
    change = Change(at=START, topic="alerta", entity=entity, version=version, audience=audience)
    sent = list(payloads(change))
    assert all(len(payload.encode()) < 8000 for payload in sent)
    read = [read_payload(payload) for payload in sent]
    assert all(r is not None and (r.entity, r.version) == (entity, version) for r in read)
    assert tuple(w for r in read if r is not None for w in r.audience) == audience


@given(st.one_of(st.text(), st.just("null"), st.just('{"t":1}'), st.just("[]")))
def test_a_notification_that_is_not_ours_is_passed_over(payload: str) -> None:
    assert read_payload(payload) is None
