"""Offer committed → card painted, with 200 consoles and telephone calls beside; and whether a full
live service slows a webhook. ``python -m tools.bench.pop [sqlite|postgresql]``.

The consoles run on the machine of the server, which they do not elsewhere. So the processor time
that they take is measured, and the webhooks are measured once more beside that much work of nobody
(``pop_burn``), without an offer: what is left between the two is what offers cost the service.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Page

from ivr.bootstrap import build
from ivr.ports.staff import StaffRow
from ivr.ports.store import QueueRow
from ivr.service import staff_sessions
from ivr.service.desk.entries import enter_queue
from ivr.service.desk.offers import caller_left
from ivr.service.desk.presence import beat, go_available
from ivr.service.desk.router import route_now
from ivr.service.runtime import Runtime
from ivr.settings import Settings
from tools.bench.pop_consoles import Refused, Streams, tabs
from tools.bench.pop_server import database, server
from tools.bench.pop_share import Processes, burn, share_of
from tools.bench.turn_rate import PORT, ROOT, drive, signed

CONSOLES, TABS = 200, 8
OFFERS = 96
EVERY_S = 0.25
LOAD_S = 15.0
SLICE_S = 6.0
ROUNDS = 3
OFFER_ROUNDS = 2
FULL = 1000
QUEUE = "atendimento"


def hire(rt: Runtime, settings: Settings) -> list[tuple[str, str]]:
    """Agents who are free, each with the cookie of a log-in."""
    app = Flask("cookie")
    app.secret_key = settings.secret_key
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    found = []
    for n in range(CONSOLES):
        row = StaffRow(
            id=f"agent-{n}",
            login=f"agent.{n}",
            name=f"Atendente {n}",
            skills=(QUEUE,),
            created_at=datetime.now(UTC),
        )
        with rt.store.begin() as tx:
            tx.staff.add(row)
            token = staff_sessions.begin(rt, tx, row, way="local", second_factor=True)  # type: ignore[arg-type]
        found.append((row.id, f"ivr={signer.dumps({'staff': token})}"))
    return found


def offer(rt: Runtime, agent: str, sid: str) -> tuple[str, float]:
    """Offer a call to one agent: the offer, and when its transaction began (wall-clock ms)."""
    go_available(rt, agent)
    beat(rt, agent)
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        enter_queue(tx, QueueRow(call_sid=sid, queue=QUEUE, entered_at=now, target=agent), now=now)
    route_now(rt)
    with rt.store.begin(write=False) as tx:
        made = tx.desk.open_offer_of(sid)
    assert made is not None, "no offer"
    return made.id, made.reserved_at.timestamp() * 1000


def load(prefix: str, seconds: float = LOAD_S) -> subprocess.Popen[bytes]:
    """Webhooks from another process."""
    command = [sys.executable, "-m", "tools.bench.pop_load", str(seconds), prefix]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def latencies(process: subprocess.Popen[bytes]) -> list[float]:
    out, _ = process.communicate(timeout=120)
    found: list[float] = json.loads(out)
    return found


@contextmanager
def pages(cookies: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Consoles without a browser, in a process of their own that gives way to the server."""
    process = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "tools.bench.pop_streams", str(PORT)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(cookies) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


@dataclass
class Found:
    """Milliseconds to the card, in tabs and in consoles without a browser; webhook latencies with
    idle consoles, beside offers, and beside work of nobody; processor shares; faults."""

    in_tabs: list[float] = field(default_factory=list)
    streamed: list[float] = field(default_factory=list)
    quiet: list[list[float]] = field(default_factory=list)
    offers: list[list[float]] = field(default_factory=list)
    control: list[list[float]] = field(default_factory=list)
    idle_shares: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    lost: int = 0
    faults: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)


def measure(rt: Runtime, agents: list[tuple[str, str]], pid: int) -> Found:
    """Everything that is measured with 200 consoles."""
    found = Found()
    sids = iter([f"CAbb{n:030x}" for n in range(OFFERS * OFFER_ROUNDS)])
    waiting = [f"CAbb{n:030x}" for n in range(OFFERS * OFFER_ROUNDS)]
    drive([[signed("/voice/incoming", CallSid=sid, CallStatus="ringing")] for sid in waiting])
    began: dict[str, float] = {}
    in_tab: set[str] = set()
    processes = Processes(pid)
    painted: dict[str, float] = {}
    with (
        tabs(PORT, [cookie for _, cookie in agents[:TABS]]) as browser_pages,
        pages([cookie for _, cookie in agents[TABS:]]) as others,
    ):
        processes.clients.append(others.pid)
        first = browser_pages[0]
        first.wait_for_timeout(2000)
        for n in range(OFFER_ROUNDS):
            with share_of(processes, found.idle_shares):
                found.quiet.append(beside(first, load(f"b{n}", LOAD_S / 2)))
            with share_of(processes, found.shares):
                hooks = load(f"e{n}", OFFERS * EVERY_S)
                _offers(rt, agents, sids, first, began=began, in_tab=in_tab)
                found.offers.append(latencies(hooks))
            extra = found.shares["clients"] - found.idle_shares["clients"]
            burning = burn(LOAD_S / 2, max(0.0, extra), EVERY_S)
            found.control.append(beside(first, load(f"f{n}", LOAD_S / 2)))
            burning.wait(timeout=60)
        told, _ = others.communicate(timeout=30)
        seen = json.loads(told)
        painted.update(seen["painted"])
        found.faults, found.asked = seen["failed"], seen["requests"]
        for page in browser_pages:
            painted.update({k: v for k, v in page.evaluate("painted").items() if v})
    took = {made: painted[made] - at for made, at in began.items() if made in painted}
    found.lost = len(began) - len(took)
    found.in_tabs = [ms for made, ms in took.items() if made in in_tab]
    found.streamed = [ms for made, ms in took.items() if made not in in_tab]
    return found


def _offers(
    rt: Runtime,
    agents: list[tuple[str, str]],
    sids: Iterator[str],
    page: Page,
    *,
    began: dict[str, float],
    in_tab: set[str],
) -> None:
    due = time.monotonic()
    for n in range(OFFERS):
        sid, tab = next(sids), n % 2 == 0
        agent = agents[n // 2 % TABS if tab else TABS + n * 7 % (CONSOLES - TABS)][0]
        made, at = offer(rt, agent, sid)
        began[made] = at
        if tab:
            in_tab.add(made)
        due += EVERY_S
        page.wait_for_timeout(max(0.0, due - time.monotonic()) * 1000)
        with rt.store.begin() as tx:
            caller_left(tx, sid)


def beside(page: Page, process: subprocess.Popen[bytes]) -> list[float]:
    """Latencies, while the browser goes on."""
    while process.poll() is None:
        page.wait_for_timeout(200)
    return latencies(process)


def fill(agents: list[tuple[str, str]], streams: Streams) -> int:
    """Open streams until there are enough or one is refused; how many there are."""
    for n in range(FULL):
        try:
            streams.open(agents[n % CONSOLES][1])
        except Refused:
            return n
    return FULL


def report(engine: str = "sqlite") -> list[str]:
    """Lines for people."""
    with (
        tempfile.TemporaryDirectory() as name,
        database(engine, Path(name)) as address,
        server(address) as (settings, pid),
    ):
        rt = build(settings)
        agents = hire(rt, settings)
        latencies(load("a0", 3))
        alone = [p95(latencies(load("a1")))]
        found = measure(rt, agents, pid)
        filled = []
        for n in range(ROUNDS):
            time.sleep(1)
            alone.append(p95(latencies(load(f"c{n}", SLICE_S))))
            streams = Streams(PORT)
            full = fill(agents, streams)
            filled.append(p95(latencies(load(f"d{n}", SLICE_S))))
            streams.close()
    base, hooks_full = statistics.median(alone), statistics.median(filled)
    quiet, offers, control = (
        p95([ms for part in parts for ms in part])
        for parts in (found.quiet, found.offers, found.control)
    )
    both = found.in_tabs + found.streamed
    asked = ", ".join(f"{name} {n}" for name, n in sorted(found.asked.items()))
    return [
        f"{engine}: {CONSOLES} consoles ({TABS} tabs of Chromium), {OFFERS * OFFER_ROUNDS} offers "
        f"at {1 / EVERY_S:.0f}/s, 50 webhooks/s beside",
        f"offer committed → card painted in a tab: p50 {statistics.median(found.in_tabs):.0f} ms, "
        f"p95 {p95(found.in_tabs):.0f} ms",
        f"offer committed → card fetched without a browser: p50 "
        f"{statistics.median(found.streamed):.0f} ms, p95 {p95(found.streamed):.0f} ms",
        f"all together p95 {p95(both):.0f} ms (bar: under 500 ms), not painted: {found.lost}, "
        f"failed requests: {len(found.faults)} {'; '.join(found.faults[:2])}".rstrip(),
        f"requests of the {CONSOLES - TABS} consoles without a browser: {asked}",
        f"webhook p95 alone: median {base:.1f} ms of {', '.join(f'{ms:.1f}' for ms in alone)}",
        f"webhook p95 with the consoles connected {quiet:.1f} ms: ratio {quiet / base:.2f} "
        "(bar: at most 1.20)",
        f"webhook p95 with the consoles and the offers {offers:.1f} ms: ratio "
        f"{offers / base:.2f} to alone (bar: at most 1.20)",
        f"the same with the consoles' own work but no offers (control) {control:.1f} ms: ratio "
        f"{control / base:.2f} to alone; offers to control {offers / control:.2f}",
        "processors in use, idle consoles / offers: "
        + ", ".join(f"{k} {found.idle_shares[k]:.2f} / {found.shares[k]:.2f}" for k in found.shares)
        + f" of {os.cpu_count()}",
        f"webhook p95 with {full} streams: median {hooks_full:.1f} ms, ratio "
        f"{hooks_full / base:.2f} (bar: at most 1.20)",
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(report(*sys.argv[1:2])) + "\n")
