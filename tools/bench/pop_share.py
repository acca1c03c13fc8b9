"""Whose processor time it is, and as much of it for nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.pop_consoles import browsers
from tools.bench.turn_rate import ROOT


class Processes:
    """Processor time by whose it is, in seconds since the start."""

    def __init__(self, server: int) -> None:
        self.server = server
        self.clients: list[int] = []

    def used(self) -> dict[str, float]:
        """``server``, ``desk`` (this process: it makes the offers), ``clients``."""
        return {
            "server": sum(_seconds(pid) for pid in _children(self.server)),
            "desk": time.process_time(),
            "clients": sum(_seconds(pid) for pid in (*self.clients, *browsers())),
        }


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    return [int(word) for word in text.split()]


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def burn(seconds: float, share: float, every: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tools.bench.pop_burn", str(seconds), str(share), str(every)]
    return subprocess.Popen(command, cwd=ROOT)


@contextmanager
def share_of(processes: Processes, shares: dict[str, float]) -> Iterator[None]:
    """Processors in use meanwhile, by whose they are; the newest counts."""
    before, began = processes.used(), time.monotonic()
    yield
    seconds = time.monotonic() - began
    shares.update({k: (v - before[k]) / seconds for k, v in processes.used().items()})
