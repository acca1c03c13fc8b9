"""Signed webhooks at a steady rate, from a process of their own: ``python -m tools.bench.pop_load
SECONDS PREFIX`` prints the latencies in milliseconds as JSON."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import count
from queue import Queue

from tools.bench.turn_rate import PORT, Request, signed

RATE = 50
"""Webhooks a second."""
TURNS = 4
CLIENTS = 16


def requests(prefix: str) -> Iterator[Request]:
    """Calls one after another: the first webhook, then turns that answer the menu."""
    for number in count():
        sid = f"CA{prefix}{number:0{32 - len(prefix)}x}"
        yield signed("/voice/incoming", CallSid=sid, CallStatus="ringing")
        for n in range(1, TURNS + 1):
            yield signed(
                f"/voice/turn?n={n}", CallSid=sid, Digits="9", FinishedOnKey="", msg="Gather End"
            )


def drive(seconds: float, prefix: str) -> list[float]:
    """Latencies. A request waits for no other: a late answer does not lower the rate."""
    work: Queue[Request | None] = Queue()
    latencies: list[float] = []

    def client() -> None:
        connection = HTTPConnection("127.0.0.1", PORT, timeout=15)
        while (request := work.get()) is not None:
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
            latencies.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise SystemExit(f"{request.path}: {answer.status}")

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for number, request in zip(range(int(seconds * RATE)), requests(prefix), strict=False):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        work.put(request)
    for _ in threads:
        work.put(None)
    for thread in threads:
        thread.join()
    return latencies


if __name__ == "__main__":
    sys.stdout.write(json.dumps(drive(float(sys.argv[1]), sys.argv[2])))
