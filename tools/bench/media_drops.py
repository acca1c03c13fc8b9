"""A thousand media streams dropped at every point, with the real engine: what is left."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
from importlib import import_module
from pathlib import Path

from tools.bench.turn_rate import ROOT

COUNT = int(os.environ.get("BENCH_DROPS", "1000"))
WARM = 100
MODEL = ROOT / "tests" / "fixtures" / "speech" / "model-pt-8k-test-only"


def report() -> list[str]:
    """Lines for people."""
    import structlog

    from ivr.adapters.speech.recogniser import open_vosk

    sys.path.insert(0, str(ROOT / "tests"))
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    rig = import_module("web.media_line")
    drops = import_module("web.test_media_bad_input")
    engine = open_vosk(MODEL, demo=True)
    turns = rig.ScriptedTurns([rig.gather(digits=2)] * (4 * COUNT), slow=0.001)
    chance = random.Random(5)
    with rig.service(turns, engine, most=100) as running:
        for _ in range(WARM):
            drops.dropped_anywhere(running, chance)
        settled = running.settled()
        gc.collect()
        before = _left()
        for _ in range(COUNT):
            drops.dropped_anywhere(running, chance)
        settled = running.settled() and settled
        gc.collect()
        after = _left()
        sessions = engine.open_sessions
    return [
        f"{COUNT} streams dropped at any point, {len(turns.events)} turns taken; "
        f"all ended: {'yes' if settled else 'NO'} (bar: yes)",
        f"listenings left {sessions} (bar: 0); files {before[0]} → {after[0]}, threads "
        f"{before[1]} → {after[1]}, memory {before[2]:.1f} → {after[2]:.1f} MB",
    ]


def _left() -> tuple[int, int, float]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    megabytes = pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
    return len(os.listdir("/proc/self/fd")), threading.active_count(), megabytes
