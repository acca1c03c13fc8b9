"""The web processes of ``make run``, on an empty database, for the bench."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from ivr.settings import Settings, read_settings
from tools.bench.turn_rate import ACCOUNT, PORT, PUBLIC, ROOT, TOKEN


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """Address of an empty database that keeps what was committed."""
    if engine == "sqlite":
        yield f"sqlite:///{folder}/bench.db"
        return
    sys.path.insert(0, str(ROOT / "tests"))
    postgres = import_module("fixtures_postgres")

    postgres.SETTINGS["fsync"] = "on"
    os.chmod(folder, 0o755)
    (folder / "pg").mkdir()
    running = postgres.PostgresServer(folder / "pg")
    try:
        yield running.new_database()
    finally:
        running.stop("immediate")


@contextmanager
def server(address: str) -> Iterator[tuple[Settings, int]]:
    """The web processes of ``make run``; their parent's number."""
    given = {
        "SECRET_KEY": "key-of-the-bench-" + "k" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": address,
        "PUBLIC_URL": PUBLIC,
        "IVR_LOG_LEVEL": "ERROR",
        "IVR_PIN_COST": "low",
    }
    env = {**os.environ, **given, "FLASK_APP": "app:create_app"}
    bin_ = Path(sys.executable).parent
    subprocess.run([bin_ / "flask", "db", "upgrade"], cwd=ROOT, env=env, check=True)
    process = subprocess.Popen(
        [
            bin_ / "gunicorn",
            "wsgi:application",
            f"--bind=127.0.0.1:{PORT}",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=8",
            "--no-control-socket",
            "--log-level=error",
        ],
        cwd=ROOT,
        env=env,
    )
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{PUBLIC}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield read_settings(given), process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)
