"""One run: start everything, let everybody call while things are killed, then reconcile."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import select

from ivr import bootstrap
from ivr.adapters.db.tables import outbox
from ivr.carrier.call import Goto, Route
from ivr.carrier.exchange import Exchange
from ivr.carrier.server import make_app
from ivr.carrier.transport_http import HttpTransport
from ivr.carrier.twiml.dial import StatusCallback
from ivr.ports.store import StoreUnavailableError
from ivr.service.runtime import Runtime
from ivr.service.worker import drain, sweep
from ivr.settings import ROOT
from tools.soak.callers import Callers
from tools.soak.figures import Evidence, Figures, gather, reconcile
from tools.soak.people import PASSWORD, invent, register
from tools.soak.system import BIN, SoakSystem

ACCOUNT = "AC" + "7" * 32
TOKEN = "token-of-the-soak-0123456789"
STEPS = (*[timedelta(seconds=70)] * 4, *[timedelta(minutes=6)] * 4)
"""How far the clock is moved on, again and again, until no job waits: leases run out, retries
come due, and calls whose last callback was lost are old enough to be asked for."""
SETTLE_S = 5.0
"""Real seconds that the workers have for what the last calls ordered."""
PATIENCE_S = 60.0
"""Of a caller, in real seconds."""
LAST_WORDS_S = 10.0
"""Real seconds for the last callbacks; what is later than that is left to the sweep."""
MEMORY = Path("/dev/shm")


class AheadClock:
    """The host's clock, moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def soak(
    *, calls: int, every: float, at_once: int, patience_s: float = PATIENCE_S
) -> tuple[Figures, Evidence]:
    """Run it. ``every``: seconds between two kills; ``at_once``: lines that are busy together;
    ``patience_s``: of a caller, in seconds."""
    subprocess.run([BIN / "flask", "prompts", "build"], cwd=ROOT, check=True, capture_output=True,
                   env=_files_only())  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=MEMORY if MEMORY.is_dir() else None))
    folder.chmod(0o755)
    system = SoakSystem(folder, account=ACCOUNT, token=TOKEN)
    try:
        subprocess.run(
            [BIN / "flask", "db", "upgrade"],
            cwd=ROOT, env=system.env, check=True, capture_output=True,
        )  # fmt: skip
        return asyncio.run(
            _soak(system, calls=calls, every=every, at_once=at_once, patience_s=patience_s)
        )
    finally:
        system.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _soak(
    system: SoakSystem, *, calls: int, every: float, at_once: int, patience_s: float
) -> tuple[Figures, Evidence]:
    clock = AheadClock()
    rt = await asyncio.to_thread(bootstrap.build, system.settings, clock=clock)
    people = invent(calls)
    await asyncio.to_thread(register, rt, people)
    await asyncio.to_thread(system.directory.write, people, password=PASSWORD)
    exchange = _exchange(system)
    runner = web.AppRunner(make_app(exchange))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", system.carrier_port).start()
    await asyncio.to_thread(system.start)
    callers = Callers(exchange, prompts=rt.prompts, at_once=at_once, patience_s=patience_s)
    trouble = asyncio.create_task(_trouble(system, every=every))
    system.look()
    system.spent.begin()
    began = time.monotonic()
    try:
        await callers.all_call(people)
    finally:
        trouble.cancel()
        with suppress(asyncio.CancelledError):
            await trouble
    seconds = time.monotonic() - began
    system.look()
    spent = system.spent.seconds()
    await asyncio.to_thread(system.supervise)
    await _until(lambda: not _waiting(rt), seconds=SETTLE_S)
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            await exchange.drain()
    await asyncio.to_thread(system.stop)
    late = await asyncio.to_thread(_settle, rt, clock)
    evidence = await asyncio.to_thread(
        gather, rt, exchange, callers, directory=system.directory, logs=system.logs()
    )
    figures = reconcile(evidence)
    figures.facts = _facts(system, callers, evidence, seconds=seconds, spent=spent, late=late)
    await runner.cleanup()
    rt.store.close()  # type: ignore[attr-defined]
    return figures, evidence


def _exchange(system: SoakSystem) -> Exchange:
    return Exchange(
        account_sid=ACCOUNT,
        token=TOKEN,
        transport=HttpTransport(),
        route=Route(
            voice=Goto(url=f"{system.web}/voice/incoming"),
            fallback_url=f"{system.web}/voice/fallback",
            status=StatusCallback(
                url=f"{system.web}/voice/status", method="POST", events=("completed",)
            ),
        ),
        rest_url=f"http://127.0.0.1:{system.carrier_port}",
    )


async def _trouble(system: SoakSystem, *, every: float) -> None:
    """Kill something every so often, and start again what ended."""
    following = time.monotonic() + every
    while True:
        await asyncio.sleep(0.1)
        await asyncio.to_thread(system.supervise)
        if time.monotonic() >= following:
            await asyncio.shield(asyncio.to_thread(system.kill_one))
            following = max(following + every, time.monotonic())


def _waiting(rt: Runtime) -> int:
    """Jobs that are due or being done."""
    due = (outbox.c.state == "queued") & (outbox.c.run_at <= datetime.now(UTC))
    query = select(outbox.c.key).where(due | (outbox.c.state == "running"))
    with rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        return len(connection.execute(query).all())


async def _until(true: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(StoreUnavailableError):
            if await asyncio.to_thread(true):
                return
        await asyncio.sleep(0.3)


def _settle(rt: Runtime, clock: AheadClock) -> int:
    """What workers would do in the next half hour; the number of jobs."""
    done = 0
    for step in STEPS:
        clock.ahead += step
        done += drain(rt, limit=100_000)
        sweep(rt)
    return done + drain(rt, limit=100_000)


def _facts(
    system: SoakSystem,
    callers: Callers,
    seen: Evidence,
    *,
    seconds: float,
    spent: Mapping[str, float],
    late: int,
) -> dict[str, int | str]:
    waited = sorted(callers.seen.milliseconds) or [0]
    told = callers.told
    return {
        "calls": len(told),
        "seconds": f"{seconds:.0f}",
        "calls a second": f"{len(told) / seconds:.1f}",
        **{
            f"CPU a call, {kind}, ms": f"{each / len(told) * 1000:.0f}"
            for kind, each in [*sorted(spent.items()), ("all", sum(spent.values()))]
        },
        "calls that told their whole story": sum(not t.problems for t in told),
        "calls of which no webhook was answered": len(seen.placed - seen.answered),
        "tickets": len(seen.tickets),
        "changes in the directory": len(seen.changes),
        "text messages": len(seen.messages),
        "webhooks answered": seen.statuses[200] + seen.statuses[204],
        "webhooks without an answer": seen.statuses[0],
        "answer, p50 / p99 / longest, ms": "/".join(
            str(waited[min(int(len(waited) * q), len(waited) - 1)]) for q in (0.5, 0.99, 1.0)
        ),
        **{f"kills: {name}": number for name, number in sorted(system.killed.items())},
        "processes started again": system.restarts,
        "jobs done after their worker was killed": late,
    }


def _files_only() -> dict[str, str]:
    """Environment of a command that needs no database."""
    return {**os.environ, "FLASK_APP": "app:create_app"}
