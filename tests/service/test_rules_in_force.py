"""Rules changed on a page: in force at the next turn everywhere, audited, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from desk import NIGHT, OPEN, Desk

from ivr.domain.rule_faults import RuleFaultError
from ivr.flow.requests import CheckHours, CheckQueue
from ivr.ports.staff import AuditLine, StaffRow
from ivr.ports.store import StoreUnavailableError
from ivr.service.admin_rules import ChangedMeanwhileError, change, rules_seen, tried
from ivr.service.audit import verify
from ivr.service.queue_hours import hours_of
from ivr.service.requests.desk import check_hours, check_queue
from ivr.service.requests.registry import TurnContext
from ivr.service.rules_in_force import in_force
from ivr.service.rules_kept import AFTER_A_FAULT_S, LOOK_EVERY_S, RulesKept
from ivr.service.runtime import Runtime
from ivr.service.waiting import minutes_to_wait

BY = StaffRow(id="s1", login="s.um", name="S Um", created_at=OPEN)
KEY = "limits.account_sends"
EVERY_NIGHT = {
    day: {"opens": "18:00:00", "closes": "23:00:00"}
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
}


class Hand:
    """Monotonic seconds that only a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Counted:
    """A store that counts its transactions, or is away."""

    def __init__(self, store: Any) -> None:
        self.store, self.begun, self.away = store, 0, False

    @contextmanager
    def begin(self, *, write: bool = True) -> Iterator[Any]:
        self.begun += 1
        if self.away:
            raise StoreUnavailableError
        with self.store.begin(write=write) as tx:
            yield tx


def another_process(rt: Runtime, hand: Hand, store: Any = None) -> Runtime:
    """The same service elsewhere, over the same database."""
    return replace(rt, stopwatch=hand, rules_kept=RulesKept(), store=store or rt.store)


def audit_of(rt: Runtime, key: str) -> list[AuditLine]:
    with rt.store.begin(write=False) as tx:
        return tx.audit.of(f"rule:{key}")


def context(desk: Desk) -> TurnContext:
    call: Any = type("Call", (), {"sid": "CA-none", "caller": None})()
    return TurnContext(call=call, turn=1, session=None, effects=[])  # type: ignore[arg-type]


def test_without_changes_the_runtime_is_the_very_one(still: Desk) -> None:
    assert in_force(still.rt) is still.rt


def test_change_holds_at_once_here_and_within_two_seconds_elsewhere(still: Desk) -> None:
    hand = Hand()
    other = another_process(still.rt, hand)
    assert in_force(other).limits.account_sends == 3
    assert change(still.rt, {KEY: 2}, was={}, by=BY) == 1
    assert in_force(still.rt).limits.account_sends == 2
    hand.at += LOOK_EVERY_S - 0.01
    assert in_force(other).limits.account_sends == 3
    hand.at += 0.01
    assert in_force(other).limits.account_sends == 2


def test_turns_between_two_looks_ask_the_database_nothing(still: Desk) -> None:
    change(still.rt, {KEY: 2}, was={}, by=BY)
    hand, store = Hand(), Counted(still.rt.store)
    other = another_process(still.rt, hand, store)
    found = [in_force(other) for _ in range(50)]
    assert store.begun == 1
    assert all(one is found[0] for one in found)


def test_database_that_is_away_leaves_the_last_rules_in_force(still: Desk) -> None:
    change(still.rt, {KEY: 2}, was={}, by=BY)
    hand, store = Hand(), Counted(still.rt.store)
    other = another_process(still.rt, hand, store)
    assert in_force(other).limits.account_sends == 2
    store.away = True
    hand.at += LOOK_EVERY_S
    assert in_force(other).limits.account_sends == 2
    begun = store.begun
    hand.at += AFTER_A_FAULT_S - 0.01
    assert in_force(other).limits.account_sends == 2
    assert store.begun == begun, "a database that is away is not asked at every turn"
    store.away = False
    change(still.rt, {KEY: 1}, was={KEY: 1}, by=BY)
    hand.at += 0.01
    assert in_force(other).limits.account_sends == 1


def test_standard_comes_back_and_both_ways_are_audited_with_before_and_after(still: Desk) -> None:
    change(still.rt, {KEY: 2}, was={}, by=BY)
    seen = rules_seen(still.rt)
    mark = seen.mark(KEY)
    assert (mark.changed, mark.by, mark.at) == (True, "s1", still.clock.at)
    assert change(still.rt, {KEY: None}, was={KEY: mark.revision}, by=BY) == 1
    assert in_force(still.rt).limits.account_sends == 3
    assert not rules_seen(still.rt).mark(KEY).changed
    assert [(line.action, dict(line.data)) for line in audit_of(still.rt, KEY)] == [
        ("rule.standard", {"antes": "2", "depois": "3"}),
        ("rule.changed", {"antes": "3", "depois": "2"}),
    ]
    assert verify(still.rt.store).broken is None


def test_value_that_is_in_force_already_is_no_change(still: Desk) -> None:
    assert change(still.rt, {KEY: 3}, was={}, by=BY) == 0
    assert change(still.rt, {KEY: None}, was={}, by=BY) == 0
    assert audit_of(still.rt, KEY) == []


def test_of_two_administrators_the_second_is_told(still: Desk) -> None:
    change(still.rt, {KEY: 2}, was={}, by=BY)
    with pytest.raises(ChangedMeanwhileError):
        change(still.rt, {KEY: 1}, was={}, by=BY)
    assert in_force(still.rt).limits.account_sends == 2


def test_all_of_a_form_or_nothing_of_it(still: Desk) -> None:
    with pytest.raises(RuleFaultError):
        change(still.rt, {KEY: 2, "limits.tries_per_call": 99}, was={}, by=BY)
    assert in_force(still.rt) is still.rt
    assert audit_of(still.rt, KEY) == []


def test_change_that_would_break_another_kept_rule_is_refused(still: Desk) -> None:
    saturday = {**EVERY_NIGHT, "saturday": {"opens": "08:00:00", "closes": "12:00:00"}}
    change(still.rt, {"hours.week": saturday}, was={}, by=BY)
    own = {"saturday": {"opens": "08:00:00", "closes": "12:00:00"}}
    value = {"most_waiting": 50, "notes": False, "week": own}
    change(still.rt, {"queues.atendimento": value}, was={}, by=BY)
    with pytest.raises(RuleFaultError, match="Atendimento geral: nenhum horário em comum"):
        tried(still.rt, {"hours.week": EVERY_NIGHT})
    with pytest.raises(RuleFaultError):
        change(still.rt, {"hours.week": None}, was={"hours.week": 1}, by=BY)


def test_changed_hours_are_what_the_flow_asks_and_what_the_queue_is(still: Desk) -> None:
    rt = still.rt
    assert check_hours(rt, context(still), CheckHours()).open  # type: ignore[union-attr]
    change(rt, {"hours.week": EVERY_NIGHT}, was={}, by=BY)
    now = in_force(rt)
    answer = check_hours(now, context(still), CheckHours())
    assert (answer.open, answer.reopens_time) == (False, "18:00")  # type: ignore[union-attr]
    still.clock.at = NIGHT
    assert check_hours(now, context(still), CheckHours()).open  # type: ignore[union-attr]
    assert hours_of(now, "segundo_nivel").status(NIGHT).open


@pytest.mark.parametrize(("minute", "closed"), [(-1, True), (0, False), (59, False), (60, True)])
def test_queue_with_hours_of_its_own_takes_people_in_them_only(
    still: Desk, minute: int, closed: bool
) -> None:
    week = {"wednesday": {"opens": "10:00:00", "closes": "11:00:00"}}
    value = {"most_waiting": 50, "notes": False, "week": week}
    change(still.rt, {"queues.atendimento": value}, was={}, by=BY)
    still.clock.at = OPEN.replace(hour=14 + minute // 60, minute=minute % 60)
    now = in_force(still.rt)
    there = check_queue(now, context(still), CheckQueue(queue="atendimento"))
    other = check_queue(now, context(still), CheckQueue(queue="segundo_nivel"))
    assert (there.closed, other.closed) == (closed, False)  # type: ignore[union-attr]
    with now.store.begin(write=False) as tx:
        assert minutes_to_wait(tx, "atendimento", 1) >= 1
