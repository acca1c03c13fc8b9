"""Import time of ``wsgi`` and memory of a worker that has answered calls."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
IMPORT = "import time; t = time.perf_counter(); import wsgi; print(time.perf_counter() - t)"
MEMORY = """
import resource, sys
sys.path[:0] = ["tests"]
import wsgi
from pathlib import Path
import tempfile
client = wsgi.application.test_client()
for _ in range(50):
    client.get("/readyz")
    client.post("/voice/turn?n=1", data={"CallSid": "CA" + "0" * 32})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def report() -> list[str]:
    """Lines for people."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            "SECRET_KEY": "key-of-the-bench-" + "k" * 32,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "token-of-the-bench-0123456789",
            "DATABASE_URL": f"sqlite:///{folder}/bench.db",
            "IVR_LOG_LEVEL": "ERROR",
            "FLASK_APP": "app:create_app",
        }
        flask = Path(sys.executable).parent / "flask"
        subprocess.run([flask, "db", "upgrade"], cwd=ROOT, env=env, check=True)

        def run(code: str) -> float:
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, env=env, check=True, capture_output=True
            )
            return float(done.stdout.split()[-1])

        run(IMPORT)  # compiles what nobody has compiled yet, as an installation does
        imports = [run(IMPORT) for _ in range(RUNS)]
        memory = run(MEMORY)
    return [
        f"import of wsgi, database and flows checked: {statistics.median(imports):.2f} s, "
        f"median of {RUNS} (bar: under 1 s)",
        f"memory of a worker, at most: {memory:.0f} MB (bar: under 150 MB)",
    ]
