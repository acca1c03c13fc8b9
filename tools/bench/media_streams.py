"""Simultaneous media streams in real time: WebSocket, decoding, Vosk, flow, TwiML, next prompt.

The recogniser alone is measured on what the same callers said. One process answers webhooks, two
serve streams, one is the callers; all share the machine's processors.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.media_load import MEDIA_PORT
from tools.bench.turn_rate import ACCOUNT, PORT, PUBLIC, ROOT, TOKEN

STREAMS = int(os.environ.get("BENCH_STREAMS", "100"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "40"))
MODEL = ROOT / "tests" / "fixtures" / "speech" / "model-pt-8k-test-only"
BATCH_FRAMES = 5
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def servers(folder: Path) -> Iterator[int]:
    """Webhooks and streams on one database; the number of the streams' parent process."""
    (folder / "prompts").symlink_to(ROOT / "var" / "prompts")
    env = {
        **os.environ,
        "SECRET_KEY": "key-of-the-bench-" + "k" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "PUBLIC_URL": PUBLIC,
        "FLASK_APP": "app:create_app",
        "IVR_LOG_LEVEL": "ERROR",
        "IVR_VAR": str(folder),
        "IVR_SPEECH": "vosk",
        "IVR_SPEECH_MODEL": str(MODEL),
    }
    bin_ = Path(sys.executable).parent
    subprocess.run([bin_ / "flask", "db", "upgrade"], cwd=ROOT, env=env, check=True)

    def serve(entry: str, port: int, workers: int) -> subprocess.Popen[bytes]:
        command = [str(bin_ / "gunicorn"), f"wsgi:{entry}", f"--bind=127.0.0.1:{port}"]
        command += ["--worker-class=gthread", f"--workers={workers}", "--threads=8"]
        command += ["--no-control-socket", "--log-level=error"]
        return subprocess.Popen(command, cwd=ROOT, env=env)

    running = [serve("application", PORT, 1), serve("media", MEDIA_PORT, 2)]
    try:
        for port in (PORT, MEDIA_PORT):
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
        yield running[1].pid
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def children(parent: int) -> list[int]:
    """The worker processes of a server."""
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in text.split()]


def cpu_seconds(pids: list[int]) -> float:
    """Processor time so far."""
    total = 0
    for pid in pids:
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(parts[11]) + int(parts[12])
    return total / TICKS


def memory(pids: list[int]) -> float:
    """Proportional resident megabytes."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def engine_alone(said: list[list[list[int]]], payloads: list[str]) -> float:
    """Processor seconds that a second of this sound costs the engine by itself: as many listenings
    at a time, fed in turns in one thread, each for what the flow listens for in it."""
    from ivr.adapters.speech.recogniser import open_vosk
    from ivr.ports.speech import Grammar, RecogniserSession

    menu = tomllib.loads((ROOT / "callflows" / "main.toml").read_text("utf-8"))["nodes"]["menu"]
    phrases = tuple(phrase for each in menu["words"].values() for phrase in each)
    words = Grammar(kind="words", length=1, phrases=phrases)
    digits, yes_no = Grammar(kind="digits", length=11), Grammar(kind="yes_no")
    grammars = [words, words, digits]
    sounds = [base64.b64decode(payload) for payload in payloads]
    engine = open_vosk(MODEL, demo=True)
    for grammar in (*grammars, yes_no):
        engine.start(grammar=grammar, rate=8000).close()

    def caller(turns: list[list[int]]) -> Iterator[int]:
        session: RecogniserSession
        for number, frames in enumerate(turns):
            grammar = grammars[number] if number < len(grammars) else yes_no
            session = engine.start(grammar=grammar, rate=8000)
            for at in range(0, len(frames), BATCH_FRAMES):
                batch = b"".join(sounds[frame] for frame in frames[at : at + BATCH_FRAMES])
                session.feed(batch)
                yield len(batch)
            session.close()

    talking = [caller(turns) for turns in said]
    fed = 0
    began = time.process_time()
    while talking:
        for one in list(talking):
            size = next(one, 0)
            fed += size
            if not size:
                talking.remove(one)
    return (time.process_time() - began) / (fed / 8000)


def report() -> list[str]:
    """Lines for people."""
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as parent:
        folder = Path(name)
        pids = children(parent)
        empty = memory(pids)
        load = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.media_load"]
            + [str(STREAMS), str(SECONDS), str(folder / "ready")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        while not (folder / "ready").exists():
            if load.poll() is not None:
                raise SystemExit("the callers gave up")
            time.sleep(0.05)
        before, began = cpu_seconds(pids), time.perf_counter()
        time.sleep(SECONDS - 1)
        busy, full = cpu_seconds(pids) - before, memory(pids)
        wall = time.perf_counter() - began
        out, _ = load.communicate()
        told = json.loads(out)
    late = sorted(1000 * each for each in told["late"])
    cuts = statistics.quantiles(late, n=20)
    path = busy / wall / STREAMS
    alone = engine_alone(told["said"], told["payloads"])
    return [
        f"{STREAMS} streams at a time for {SECONDS:.0f} s in real time, {told['calls']} calls, "
        f"{len(late)} answers, {told['lost']} streams lost (bar: none)",
        f"end of speech to the next prompt's first frame: p50 {cuts[9]:.0f} ms, p95 "
        f"{cuts[18]:.0f} ms, at most {late[-1]:.0f} ms (bar: p95 under 1200 ms)",
        f"a stream: {1000 * path:.2f} ms of processor a second, "
        f"{(full - empty) / STREAMS:.2f} MB; all streams {100 * path * STREAMS:.0f} % of a core",
        f"the engine alone on the same sound: {1000 * alone:.2f} ms a second; "
        f"the path costs {path / alone:.2f} times that (bar: at most 3)",
        f"callers behind their clock by at most {1000 * told['behind']:.0f} ms",
    ]
