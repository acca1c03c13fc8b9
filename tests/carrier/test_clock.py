from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from ivr.carrier.clock import NothingWillHappen, run_virtual, wall_clock

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_hour_passes_in_no_time() -> None:
    async def scenario() -> datetime:
        await asyncio.sleep(3600)
        return wall_clock()

    began = time.monotonic()
    assert run_virtual(scenario(), start=START) == START + timedelta(hours=1)
    assert time.monotonic() - began < 5


def test_timers_fire_in_their_order_and_at_their_time() -> None:
    async def scenario() -> list[tuple[str, float]]:
        loop, seen = asyncio.get_running_loop(), []

        async def late(name: str, after: float) -> None:
            await asyncio.sleep(after)
            seen.append((name, loop.time()))

        await asyncio.gather(late("b", 2.5), late("a", 1.0), late("c", 300.0))
        return seen

    assert run_virtual(scenario(), start=START) == [("a", 1.0), ("b", 2.5), ("c", 300.0)]


def test_waiting_for_nothing_is_an_error_and_not_a_hang() -> None:
    async def scenario() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingWillHappen):
        run_virtual(scenario(), start=START)


def test_outside_virtual_time_the_clock_is_the_machines() -> None:
    assert abs(wall_clock() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_start_without_time_zone_is_refused() -> None:
    async def scenario() -> None:
        return None

    coroutine = scenario()
    with pytest.raises(ValueError, match="time zone"):
        run_virtual(coroutine, start=datetime(2026, 3, 2))
    coroutine.close()
