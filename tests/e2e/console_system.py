"""The whole desk as real processes, the agents' desk phones among them, for tests in a browser."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import System, answers, run_system


@dataclass
class DeskSystem:
    system: System

    def stop_web(self) -> None:
        """The web server is gone, for everybody at once."""
        self.system.processes[0].kill()
        self.system.processes[0].wait(timeout=10)

    def start_web(self) -> None:
        """It is there again, at the same address."""
        self.system.processes[0] = self.system.start(*self.system.serve)
        self.system.processes.pop()
        answers(f"{self.web}/readyz")

    @property
    def web(self) -> str:
        return self.system.web

    @property
    def carrier(self) -> str:
        return self.system.carrier

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        return self.system.people

    def staff(self, login: str) -> dict[str, Any]:
        return next(one for one in self.system.demo["staff"] if one["login"] == login)

    def carrier_call(self, path: str, **fields: Any) -> Any:
        """One command of the local carrier's own API."""
        request = urllib.request.Request(
            self.carrier + path,
            data=json.dumps(fields).encode() if fields else None,
            headers={"Content-Type": "application/json"},
            method="POST" if fields else "GET",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def run_desk(folder: Path, **settings: str) -> Iterator[DeskSystem]:
    """Start web, worker and carrier on a fresh database; stop them at the end."""
    system = run_system(folder, **settings)
    try:
        yield DeskSystem(system=system)
    finally:
        system.stop()
