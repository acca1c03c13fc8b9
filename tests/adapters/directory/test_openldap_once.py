"""One reset for each order, whatever is cut, races or dies: on a real slapd, in both modes.

``LDAP_CUTS=1000 LDAP_RACED_USERS=1000 pytest -s`` on this file runs the full numbers and prints
them.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator

import ldap
import pytest
from adapters.directory.ldap_chaos import (
    CUTS,
    MODES,
    RACED_USERS,
    ChaosWire,
    Died,
    FailPoints,
    build,
    in_parallel,
    tell,
    times_set,
)
from fixtures_slapd import FIRST, SERVICE, SERVICE_PASSWORD, Branch

from ivr.adapters.directory.ldap_connection import LdapSession
from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.adapters.directory.openldap_notes import Note, Notes
from ivr.ports.errors import PortError

REQUESTS = {"marker_attribute": 2, "notes_base": 6}
"""How many requests a reset takes on a connection that stands."""


@pytest.fixture
def wire(slapd_branch: Branch) -> Iterator[ChaosWire]:
    built = ChaosWire(slapd_branch.server.port)
    yield built
    built.close()


Reset = Callable[[OpenLdapDirectory, str, int], str]


def once(directory: OpenLdapDirectory, uid: str, tried: int) -> str:
    """One try of an order as the worker makes it. Each try has a password of its own, so that a
    second one would show; real ones repeat theirs."""
    try:
        password = f"Capivara-{tried}-{uid}"
        directory.reset(uid=uid, password=password, marker="job:1", must_change=True)
    except PortError as error:
        assert not error.permanent, error
        return "lost" if error.unknown_outcome else "not sent"
    return "done"


def cut_many(wire: ChaosWire, branch: Branch, mode: str, reset: Reset) -> tuple[Counter[str], int]:
    """Order a reset of each of many people, cutting the wire at a different request each time,
    until it is done: what came of the cut tries, and the number of cuts."""
    seen: Counter[str] = Counter()
    dice = random.Random(57)
    directory = build(branch, mode, url=f"ldaps://127.0.0.1:{wire.port}", pool_size=1)
    for number in itertools.count():
        if wire.cuts >= CUTS:
            break
        uid = f"cabo{number}"
        branch.add(uid, FIRST, demoCpf=f"{number:011}")
        directory.get(uid)
        place = "after" if dice.random() < 0.8 else "before"
        wire.cut_at(dice.randint(1, REQUESTS[mode]), place)
        for tried in range(1, 20):
            outcome = reset(directory, uid, tried)
            before = times_set(branch, uid)
            seen[f"{outcome}, {before} in the directory"] += 1
            if outcome == "done":
                break
        wire.calm()
        seen[f"people with {times_set(branch, uid)} resets"] += 1
    directory.pool.close()
    return seen, wire.cuts


@pytest.mark.parametrize("mode", MODES)
def test_reset_whose_connection_is_cut_at_any_request_is_made_exactly_once(
    wire: ChaosWire, slapd_branch: Branch, mode: str
) -> None:
    seen, cuts = cut_many(wire, slapd_branch, mode, once)
    tell(f"{mode}: {cuts} cuts: {dict(sorted(seen.items()))}")
    people = {what: count for what, count in seen.items() if what.startswith("people")}
    assert list(people) == ["people with 1 resets"], seen
    assert seen["lost, 1 in the directory"] >= cuts / 20, "changes whose answer was lost"
    assert not [what for what in seen if what.startswith("done, 0")], "no false done"


def blind(directory: OpenLdapDirectory, uid: str, tried: int) -> str:
    """The same Modify, without marker, note or assertion."""
    changes = [(ldap.MOD_REPLACE, "userPassword", [f"Capivara-{tried}-{uid}".encode()])]

    def work(session: LdapSession) -> None:
        entry = directory._reader.entry(session, uid)
        assert entry is not None
        session.modify(entry.dn, changes)

    try:
        directory.pool.run(work)
    except PortError as error:
        return "lost" if error.unknown_outcome else "not sent"
    return "done"


def test_without_marker_and_assertion_the_same_cuts_make_second_resets(
    wire: ChaosWire, slapd_branch: Branch
) -> None:
    seen, cuts = cut_many(wire, slapd_branch, "marker_attribute", blind)
    tell(f"blind: {cuts} cuts: {dict(sorted(seen.items()))}")
    assert seen["people with 2 resets"] > 0


@pytest.mark.parametrize("mode", MODES)
def test_of_eight_racers_on_each_of_many_people_exactly_one_wins(
    slapd_branch: Branch, mode: str
) -> None:
    directory = build(slapd_branch, mode, pool_size=8)
    wins: Counter[int] = Counter()
    for number in range(RACED_USERS):
        uid = f"corre{number}"
        slapd_branch.add(uid, FIRST, demoCpf=f"{number:011}")
        passwords = [f"Vence-So-Uma-{racer}" for racer in range(8)]
        errors = in_parallel(
            [
                lambda uid=uid, password=password: directory.reset(  # type: ignore[misc]
                    uid=uid, password=password, marker="job:1", must_change=False
                )
                for password in passwords
            ]
        )
        assert errors == []
        assert directory.applied(uid=uid, marker="job:1")
        wins[times_set(slapd_branch, uid)] += 1
    tell(f"{mode}: 8 racers on {RACED_USERS} people: {wins[1]} with exactly 1 winner")
    assert wins == {1: RACED_USERS}
    directory.pool.close()


@pytest.mark.parametrize("mode", MODES)
def test_racers_with_orders_of_their_own_are_each_made_once_and_none_is_told_falsely(
    slapd_branch: Branch, mode: str
) -> None:
    directory = build(slapd_branch, mode, pool_size=8)
    for number in range(RACED_USERS):
        uid = f"cada{number}"
        slapd_branch.add(uid, FIRST, demoCpf=f"{number:011}")
        errors = in_parallel(
            [
                lambda uid=uid, racer=racer: directory.reset(  # type: ignore[misc]
                    uid=uid,
                    password=f"Cada-Um-A-Sua-{racer}",
                    marker=f"job:{racer}",
                    must_change=False,
                )
                for racer in range(3)
            ]
        )
        assert errors == []
        assert all(directory.applied(uid=uid, marker=f"job:{racer}") for racer in range(3))
        assert times_set(slapd_branch, uid) == 3
    directory.pool.close()


def test_without_the_assertion_more_than_one_racer_writes(slapd_branch: Branch) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909")

    def write(racer: int) -> None:
        service = slapd_branch.server.connect(SERVICE, SERVICE_PASSWORD)
        password = [f"Vencem-Todas-{racer}".encode()]
        service.modify_s(slapd_branch.dn_of("ana"), [(ldap.MOD_REPLACE, "userPassword", password)])
        service.unbind_s()

    in_parallel([lambda racer=racer: write(racer) for racer in range(8)])  # type: ignore[misc]
    assert times_set(slapd_branch, "ana") > 1


def die_and_retry(branch: Branch, points: FailPoints, mode: str, uid: str, at: set[int]) -> int:
    """Order a reset, dying at the points ``at`` and beginning anew each time; how many deaths."""
    points.passed, points.at = 0, frozenset(at)
    for deaths in itertools.count():
        directory = build(branch, mode)
        try:
            assert once(directory, uid, deaths) == "done"
        except Died:
            continue
        finally:
            directory.pool.close()
        points.at = frozenset()
        assert directory.applied(uid=uid, marker="job:1")
        directory.pool.close()
        return deaths
    raise AssertionError


@pytest.mark.parametrize("mode", MODES)
def test_process_that_dies_before_or_after_any_statement_leaves_exactly_one_reset(
    slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    points, count = FailPoints(monkeypatch), itertools.count()
    tried = 0

    def case(at: set[int]) -> int:
        uid = f"morre{next(count)}"
        slapd_branch.add(uid, FIRST, demoCpf="12345678909")
        deaths = die_and_retry(slapd_branch, points, mode, uid, at)
        assert times_set(slapd_branch, uid) == 1, at
        return deaths

    for point in itertools.count(1):
        if case({point}) == 0:
            break
        tried += 1
        for second in range(point + 1, point + 14, 3):
            case({point, second})
    tell(f"{mode}: {tried} failpoints alone, {next(count)} orders in all: 1 reset each")
    assert tried >= 2 * REQUESTS[mode]


def test_without_the_note_a_death_after_the_change_makes_a_second_reset(
    slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = FailPoints(monkeypatch)
    monkeypatch.setattr(Notes, "read", lambda *_: Note())
    monkeypatch.setattr(Notes, "write", lambda *_: True)
    resets = set()
    for point in range(1, 6):
        uid = f"morre{point}"
        slapd_branch.add(uid, FIRST, demoCpf="12345678909")
        with monkeypatch.context() as patch:
            patch.setattr(OpenLdapDirectory, "applied", lambda *_, **__: True)
            die_and_retry(slapd_branch, points, "notes_base", uid, {point})
        resets.add(times_set(slapd_branch, uid))
    assert resets == {1, 2}
