"""A queue with hours of its own: promises stand in it in those hours only."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from desk_floor import CATALOGUE, QUEUE
from service.desk.test_callbacks import Desk
from store_rows import HandClock

from ivr.adapters.db.store import SqlStore
from ivr.domain.hours import WEEKDAYS, Shift
from ivr.service.desk.clockwork import tick
from ivr.service.desk.presence import beat

ELEVEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A Monday, in Campo Grande."""
WEEK = dict.fromkeys(WEEKDAYS, Shift(opens=time(11), closes=time(12)))


@pytest.fixture
def desk(store: SqlStore, clock: HandClock) -> Desk:
    """Whose first queue is open from 11:00 to 12:00, in the desk's longer day."""
    own = CATALOGUE.queue(QUEUE).model_copy(update={"week": WEEK})
    return Desk(store=store, clock=clock, queues=CATALOGUE.with_queue(own))


@pytest.mark.parametrize(("seconds", "stands"), [(-1, False), (0, True), (3599, True)])
def test_promise_is_offered_in_the_hours_of_its_queue_only(
    desk: Desk, seconds: int, stands: bool
) -> None:
    desk.clock.at = ELEVEN + timedelta(seconds=seconds)
    desk.promised()
    desk.agent("ana")
    tick(desk)
    assert (desk.offer_to("ana") is not None) is stands


def test_promise_leaves_its_queue_when_that_closes_though_the_desk_is_open(desk: Desk) -> None:
    desk.clock.at = ELEVEN
    row = desk.promised()
    desk.agent("ana")
    desk.call("CA9", priority=10)
    tick(desk)
    assert desk.entry(row.call_sid).left_at is None
    desk.clock.at = ELEVEN + timedelta(hours=1)
    beat(desk, "ana", {})
    assert desk.hours.status(desk.clock.at).open
    tick(desk)
    assert desk.entry(row.call_sid).result == "closed"
