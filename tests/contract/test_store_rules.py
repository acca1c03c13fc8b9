"""Rules kept by both stores: newest value, revision, no lost update."""

from __future__ import annotations

from store_rows import START, HandClock

from ivr.adapters.db.store import SqlStore


def put(store: SqlStore, key: str, value: object, *, was: int = 0) -> bool:
    with store.begin() as tx:
        tx.kept_rules.lock()
        return tx.kept_rules.put(key, value, was=was, by="s1", at=START)


def test_nothing_kept_is_revision_zero(store: SqlStore, clock: HandClock) -> None:
    with store.begin(write=False) as tx:
        assert tx.kept_rules.revision() == 0
        assert tx.kept_rules.all() == []


def test_every_change_of_any_key_raises_the_revision(store: SqlStore, clock: HandClock) -> None:
    assert put(store, "limits.a", 3)
    assert put(store, "hours.week", {"monday": {"opens": "08:00"}})
    assert put(store, "limits.a", None, was=1)
    with store.begin(write=False) as tx:
        assert tx.kept_rules.revision() == 3
        rows = {row.key: row for row in tx.kept_rules.all()}
    assert (rows["limits.a"].value, rows["limits.a"].revision) == (None, 3)
    assert rows["hours.week"].value == {"monday": {"opens": "08:00"}}
    assert (rows["limits.a"].changed_by, rows["limits.a"].changed_at) == ("s1", START)


def test_change_from_an_old_page_changes_nothing(store: SqlStore, clock: HandClock) -> None:
    assert put(store, "limits.a", 3)
    assert not put(store, "limits.a", 2)
    assert not put(store, "limits.a", 2, was=7)
    with store.begin(write=False) as tx:
        assert [row.value for row in tx.kept_rules.all()] == [3]
        assert tx.kept_rules.revision() == 1
