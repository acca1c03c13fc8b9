"""A full turn against the floor, in the same gunicorn, over loopback."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

ROOT = Path(__file__).resolve().parents[2]
PORT = 8077
PUBLIC = f"http://127.0.0.1:{PORT}"
ACCOUNT = "AC" + "0" * 32
TOKEN = "token-of-the-bench-0123456789"
CLIENTS = 8
TURNS = 5
CALLS = 160
ROUNDS = 5
FIELDS = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "CallStatus": "in-progress",
    "Called": "+556733183600",
    "CalledCountry": "BR",
    "Caller": "+5567999990001",
    "CallerCountry": "BR",
    "Direction": "inbound",
    "From": "+5567999990001",
    "To": "+556733183600",
    "ToCity": "",
    "FromCity": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """``per_second`` requests; ``p50`` and ``p99`` in milliseconds."""

    per_second: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A signed request, made before it is timed."""

    path: str
    body: bytes
    signature: str


@contextmanager
def server() -> Iterator[None]:
    """gunicorn with one worker of eight threads, on a fresh SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **os.environ,
            "SECRET_KEY": "key-of-the-bench-" + "k" * 32,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "DATABASE_URL": f"sqlite:///{folder}/bench.db",
            "PUBLIC_URL": PUBLIC,
            "FLASK_APP": "app:create_app",
            "IVR_LOG_LEVEL": "ERROR",
        }
        python = Path(sys.executable).parent
        subprocess.run([python / "flask", "db", "upgrade"], cwd=ROOT, env=env, check=True)
        process = subprocess.Popen(
            [
                python / "gunicorn",
                "tools.bench.floor:application",
                f"--bind=127.0.0.1:{PORT}",
                "--worker-class=gthread",
                "--workers=1",
                f"--threads={CLIENTS}",
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
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def signed(path: str, **fields: str) -> Request:
    """A request as the carrier would send it."""
    form = {**FIELDS, **fields}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
    return Request(path=path, body=urlencode(form).encode(), signature=signature)


def drive(plans: list[list[Request]]) -> tuple[list[float], float]:
    """Latencies in seconds of all requests, and the whole time. A plan runs in order."""
    queue = list(plans)

    def client() -> list[float]:
        connection = HTTPConnection("127.0.0.1", PORT)
        seen: list[float] = []
        while True:
            try:
                plan = queue.pop()
            except IndexError:
                connection.close()
                return seen
            for request in plan:
                began = time.perf_counter()
                connection.request(
                    "POST",
                    request.path,
                    request.body,
                    {
                        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                        "X-Twilio-Signature": request.signature,
                    },
                )
                answer = connection.getresponse()
                answer.read()
                seen.append(time.perf_counter() - began)
                if answer.status != 200:
                    raise SystemExit(f"{request.path}: {answer.status}")

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = list(pool.map(lambda _: client(), range(CLIENTS)))
    return [t for part in parts for t in part], time.perf_counter() - began


def rate(latencies: list[float], seconds: float) -> Rate:
    """Figures of one run."""
    cuts = statistics.quantiles(latencies, n=100)
    return Rate(per_second=len(latencies) / seconds, p50=cuts[49] * 1000, p99=cuts[98] * 1000)


def measure() -> tuple[list[Rate], list[Rate]]:
    """Rates of floor and full turn, round about, in turns."""
    floors: list[Rate] = []
    fulls: list[Rate] = []
    with server():
        for round_ in range(ROUNDS + 1):
            sids = [f"CA{round_:016x}{i:016x}" for i in range(CALLS)]
            drive([[signed("/voice/incoming", CallSid=sid, CallStatus="ringing")] for sid in sids])
            plans = [
                [
                    signed(
                        f"/voice/turn?n={n}",
                        CallSid=sid,
                        Digits="9",
                        FinishedOnKey="",
                        msg="Gather End",
                    )
                    for n in range(1, TURNS + 1)
                ]
                for sid in sids
            ]
            floor = [[signed("/floor", CallSid=sid) for _ in range(TURNS)] for sid in sids]
            full_rate, floor_rate = rate(*drive(plans)), rate(*drive(floor))
            if round_:  # the first round warms up
                fulls.append(full_rate)
                floors.append(floor_rate)
    return floors, fulls


def report() -> list[str]:
    """Lines for people: ratio of the medians over the rounds."""
    floors, fulls = measure()

    def middle(rates: list[Rate], name: str) -> float:
        return statistics.median(getattr(r, name) for r in rates)

    ratio = middle(fulls, "per_second") / middle(floors, "per_second")
    tail = middle(fulls, "p99") / middle(floors, "p99")
    return [
        f"floor      {middle(floors, 'per_second'):7.0f} /s   p50 {middle(floors, 'p50'):6.2f} ms"
        f"   p99 {middle(floors, 'p99'):6.2f} ms",
        f"full turn  {middle(fulls, 'per_second'):7.0f} /s   p50 {middle(fulls, 'p50'):6.2f} ms"
        f"   p99 {middle(fulls, 'p99'):6.2f} ms",
        f"ratio of requests a second {ratio:.2f} (bar: at least 0.60)",
        f"ratio of p99 {tail:.2f} (bar: at most 2.00)",
    ]
