"""Settings of gunicorn, for both entries: ``gunicorn -c deploy/gunicorn.conf.py wsgi:live``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

worker_class = "gthread"
threads = 8
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
graceful_timeout = 15
timeout = 30
max_requests = 0
control_socket_disable = True
# Paths may be one-time secrets.
accesslog = None


def on_starting(_: Any) -> None:
    """Counters of processes that are gone would be summed up for ever."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for file in Path(folder).glob("*.db"):
            file.unlink()


def when_ready(server: Any) -> None:
    """With ``WEB_PRELOAD=1`` the application is loaded once, before the workers are made: one that
    died is back at once, and they share its memory. gunicorn's own ``preload_app`` would load it
    before it listens, and refuse whoever calls meanwhile; so they wait.

    New code then needs a new master: a reload (HUP) would go on with the old.
    """
    if os.environ.get("WEB_PRELOAD") == "1":
        server.app.wsgi()


def child_exit(_: Any, worker: Any) -> None:
    """A worker process ended: what it was doing no longer counts."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)
