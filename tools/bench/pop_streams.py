"""Consoles without a browser that ask the server for what the page asks for:
``python -m tools.bench.pop_streams PORT`` reads their cookies as JSON, says ``ready``, and at the
end of its input prints what it saw as JSON.

Each keeps an event stream, gives its sign of life every 10 s, reads the panel and acknowledges when
it is offered a call, reads the panel when its own state has changed since, and reads the strip at
most every 5 s, at a moment of its own, when a queue has changed.
"""

from __future__ import annotations

import heapq
import json
import random
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from tools.bench.pop_consoles import Streams

PULSE_S, STRIP_S, SPREAD_S = 10.0, 5.0, 1.5
WORKERS = 12


@dataclass
class Page:
    """What one page knows."""

    cookie: str
    agent: str = ""
    token: str = ""
    version: int = 0
    key: str = ""
    ringing: str = ""
    asks: bool = False
    strip_due: bool = False
    strip_at: float = field(default=-STRIP_S)


class Consoles:
    """All pages. ``painted``: offer → wall-clock milliseconds at which its whole card was there."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.painted: dict[str, float] = {}
        self.failed: list[str] = []
        self.requests: dict[str, int] = {}
        self._pages: dict[str, Page] = {}
        self._pool = ThreadPoolExecutor(WORKERS)
        self._local = threading.local()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._lock = threading.Lock()
        self._streams = Streams(port, self._heard)
        threading.Thread(target=self._clock, daemon=True).start()

    def open(self, cookie: str) -> None:
        page = Page(cookie=cookie)
        self._pages[cookie] = page
        self._read(page, self._ask(page, "pagina", "GET", "/agente"))
        self._streams.open(cookie)
        self._at(random.random() * PULSE_S, lambda: self._pulse(page))

    def _at(self, seconds: float, deed: Callable[[], None]) -> None:
        with self._lock:
            self._number += 1
            heapq.heappush(self._later, (time.monotonic() + seconds, self._number, deed))

    def _clock(self) -> None:
        while True:
            time.sleep(0.01)
            with self._lock:
                due = []
                while self._later and self._later[0][0] <= time.monotonic():
                    due.append(heapq.heappop(self._later)[2])
            for deed in due:
                self._pool.submit(self._safely, deed)

    def _safely(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except (OSError, HTTPException, ValueError) as error:
            self.failed.append(f"{type(error).__name__}: {error}")

    def _heard(self, block: bytes, cookie: str) -> None:
        page = self._pages[cookie]
        topic = block.partition(b"event: ")[2].partition(b"\n")[0].decode()
        told = re.search(rb'"id":"([^"]*)","v":(\d+)', block)
        entity, version = (told[1].decode(), int(told[2])) if told else ("", 0)
        if topic == "oferta.nova":
            self._pool.submit(self._safely, lambda: self._offered(page, entity))
        elif topic == "agente.estado" and entity == page.agent:
            self._at(0.01, lambda: self._behind(page, version))
        elif topic == "oferta.fim":
            self._at(0.01, lambda: self._over(page, entity))
        elif topic == "fila.resumo" and not page.strip_due:
            page.strip_due = True
            wait = max(0.0, page.strip_at + STRIP_S - time.monotonic())
            self._at(wait + random.random() * SPREAD_S, lambda: self._strip(page))

    def _offered(self, page: Page, offer: str) -> None:
        text = self._ask(page, "painel", "GET", f"/agente/painel?oferta={offer}")
        if f'data-cartao="{offer}"' not in text:
            self.failed.append(f"{offer}: no card")
            return
        self.painted[offer] = time.time() * 1000
        self._read(page, text)
        self._read(page, self._ask(page, "vista", "POST", f"/ofertas/{offer}/vista"))

    def _behind(self, page: Page, version: int) -> None:
        if page.version < version and not page.asks:
            page.asks = True
            try:
                self._read(page, self._ask(page, "painel", "GET", "/agente/painel"))
            finally:
                page.asks = False

    def _over(self, page: Page, offer: str) -> None:
        if page.ringing == offer:
            path = f"/agente/painel?oferta={offer}"
            self._read(page, self._ask(page, "painel", "GET", path))

    def _strip(self, page: Page) -> None:
        page.strip_due, page.strip_at = False, time.monotonic()
        text = self._ask(page, "faixa", "GET", f"/agente/faixa?chave={quote(page.key)}")
        if text:
            self._key(page, text)

    def _pulse(self, page: Page) -> None:
        self._at(PULSE_S, lambda: self._pulse(page))
        self._ask(page, "pulso", "POST", "/agente/pulso", "audio=ramal&rede=5")

    def _read(self, page: Page, text: str) -> None:
        found = re.search(r'name="csrf-token" content="([^"]+)"', text)
        if found:
            page.token = found[1]
        state = re.search(r'id="r-estado"[^>]*', text)
        if state:
            given = dict(re.findall(r'data-([a-z]+)="([^"]*)"', state[0]))
            page.agent = given["agente"]
            page.version = max(page.version, int(given["versao"]))
            page.ringing = given["tocando"]
            page.strip_at = time.monotonic()
            self._key(page, text)

    def _key(self, page: Page, text: str) -> None:
        found = re.search(r'id="r-fila" data-regiao data-chave="([^"]*)"', text)
        if found:
            page.key = found[1]

    def _ask(self, page: Page, name: str, method: str, path: str, body: str = "") -> str:
        self.requests[name] = self.requests.get(name, 0) + 1
        headers = {"Cookie": page.cookie}
        if method == "POST":
            headers["X-CSRFToken"] = page.token
            headers["HX-Request"] = "true"
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        for last in (False, True):
            line = getattr(self._local, "line", None)
            if line is None:
                line = self._local.line = HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                line.request(method, path, body or None, headers)
                answer = line.getresponse()
                text = answer.read().decode()
                for fresh in answer.headers.get_all("Set-Cookie") or []:
                    page.cookie = fresh.partition(";")[0]
            except (OSError, HTTPException):
                line.close()
                self._local.line = None  # kept open too long, or the server is gone
                if last:
                    raise
                continue
            if answer.status >= 400 and answer.status != 409:
                self.failed.append(f"{path}: {answer.status}")
            return text
        return ""


def main(port: int) -> None:
    """Serve the cookies of standard input until it ends."""
    consoles = Consoles(port)
    for cookie in json.loads(sys.stdin.readline()):
        consoles.open(cookie)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    seen: dict[str, Any] = {
        "painted": consoles.painted,
        "failed": consoles.failed,
        "requests": consoles.requests,
    }
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
