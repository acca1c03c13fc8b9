"""A thousand scripted calls of the reset story through the real routes and signatures, in
virtual time, on two processes. The password hash's cost is lowered for this run alone."""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = 1000
PROCESSES = 2


def some_calls(count: int) -> tuple[int, int, int]:
    """Run calls one after the other on a desk of their own: (calls, turns, resolved)."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from datetime import timedelta

    from desk import DESK, OPEN, asks, make_desk, people

    from ivr.carrier.call import Call
    from ivr.carrier.events import GatherStarted, HungUp
    from ivr.carrier.exchange import Exchange
    from ivr.domain.limits import Limits

    generous = Limits(
        account_sends=10**6,
        destination_sends=10**6,
        send_gap=timedelta(microseconds=1),
        resets_per_day=10**6,
        resets_per_month=10**6,
    )
    ana = people()["ana"]
    with tempfile.TemporaryDirectory() as folder:
        desk = make_desk(Path(folder), judged=False, limits=generous)

        async def one(exchange: Exchange) -> Call:
            call = exchange.call(from_=ana["mobile"], to=DESK)
            line = call.handset.listen()
            for keys in ("1", ana["cpf"], "1", ana["pin"] + "#", "", "1", "1", "1", "5"):
                await line.until(GatherStarted, asks)
                call.handset.press(keys or desk.sms.code())
            await line.until(HungUp)
            await call.finished()
            return call

        async def all_(exchange: Exchange) -> list[str]:
            return [(await one(exchange)).sid for _ in range(count)]

        sids = desk.run(all_, at=OPEN)
        turns = sum(desk.call(sid).turn for sid in sids)
        resolved = sum(desk.ticket(sid).outcome == "resolved_self_service" for sid in sids)
    return count, turns, resolved


def report() -> list[str]:
    """Lines for people."""
    began = time.perf_counter()
    share = CALLS // PROCESSES
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(some_calls, [share] * PROCESSES))
    seconds = time.perf_counter() - began
    calls, turns, resolved = (sum(part[i] for part in parts) for i in range(3))
    return [
        f"{calls} calls, {turns} turns, {resolved} resolved, {seconds:.1f} s on {PROCESSES} "
        "processes (bar: under 30 s)",
        "password hash: cost lowered for this run alone (Argon2id, 8 KiB, 1 pass)",
    ]
