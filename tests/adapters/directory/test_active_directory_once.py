"""One reset for each order when the process dies at any statement, on a real domain (Samba)."""

from __future__ import annotations

import itertools

import pytest
from adapters.directory.ldap_chaos import Died, FailPoints, tell
from adapters.directory.test_active_directory import UNICODE_PWD, times_changed
from fixtures_samba import People

from ivr.adapters.directory.active_directory_ledger import Ledger


def die_once(people: People, points: FailPoints, *, marker: str, at: int) -> tuple[int, int]:
    """Order a reset, dying at the point ``at`` and beginning anew: deaths, and how often the
    domain says that the password was set."""
    before = times_changed(people, "ana", UNICODE_PWD)
    points.passed, points.at = 0, frozenset({at})
    for deaths in itertools.count():
        directory = people.directory()
        try:
            directory.reset(
                uid="ana", password=f"Vez-{deaths}-De-{at}-Sim", marker=marker, must_change=True
            )
        except Died:
            continue
        finally:
            directory.pool.close()
        points.at = frozenset()
        assert directory.applied(uid="ana", marker=marker)
        directory.pool.close()
        return deaths, times_changed(people, "ana", UNICODE_PWD) - before
    raise AssertionError


def test_process_that_dies_before_or_after_any_statement_leaves_exactly_one_reset(
    samba_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = FailPoints(monkeypatch)
    for point in itertools.count(1):
        deaths, resets = die_once(samba_people, points, marker=f"job:{point}", at=point)
        assert resets == 1, point
        if not deaths:
            break
    tell(f"active directory: {point - 1} failpoints, 1 reset each")
    assert point > 6


def test_without_the_marker_a_death_after_the_change_makes_a_second_reset(
    samba_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = FailPoints(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "__contains__", lambda *_: False)
        patch.setattr("ivr.adapters.directory.active_directory.ActiveDirectory.applied", forgets)
        resets = set()
        for point in itertools.count(1):
            deaths, count = die_once(samba_people, points, marker=f"job:{point}", at=point)
            resets.add(count)
            if not deaths:
                break
    assert resets == {1, 2}


def forgets(*_: object, **__: object) -> bool:
    return True
