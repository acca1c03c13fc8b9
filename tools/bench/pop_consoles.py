"""Consoles for the bench: bare event streams, and real tabs of Chromium."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
WATCH = """
window.painted = {};
new MutationObserver(() => {
  for (const card of document.querySelectorAll("[data-cartao]")) {
    const id = card.dataset.cartao;
    if (!(id in painted)) {
      painted[id] = 0;
      requestAnimationFrame(() => { painted[id] = Date.now(); });
    }
  }
}).observe(document, {subtree: true, childList: true, attributes: true});
"""


class Refused(Exception):
    """The server takes no more streams."""


class Streams:
    """Event streams without a browser, read by one thread. ``heard`` gets each block of text and
    whose it is."""

    def __init__(self, port: int, heard: Callable[[bytes, str], None] | None = None) -> None:
        self.port = port
        self._heard = heard
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def open(self, cookie: str) -> None:
        """Raises :class:`Refused`."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        head = f"GET /eventos HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
        sock.sendall(head.encode())
        text = b""
        while b"event: ao-vivo" not in text:
            got = sock.recv(4096)
            if not got or text.startswith(b"HTTP/1.1 503"):
                sock.close()
                raise Refused
            text += got
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, cookie)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]

    def _read(self) -> None:
        while not self._stop.is_set():
            if not self._selector.get_map():
                time.sleep(0.05)
                continue
            for key, _ in self._selector.select(0.2):
                sock: Any = key.fileobj
                text = sock.recv(65536)
                if not text:
                    self._selector.unregister(sock)
                    sock.close()
                for block in text.split(b"\n\n"):
                    if self._heard is not None and block.strip():
                        self._heard(block, key.data)


@contextmanager
def tabs(port: int, cookies: list[str]) -> Iterator[list[Page]]:
    """One console a cookie, each in a browser profile of its own, live."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        pages = [_tab(browser.new_context(locale="pt-BR"), port, cookie) for cookie in cookies]
        _give_way()
        try:
            yield pages
        finally:
            with suppress(Exception):
                browser.close()


def _tab(context: BrowserContext, port: int, cookie: str) -> Page:
    name, value = cookie.split("=", 1)
    context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/agente")
    page.locator("#ao-vivo[data-estado='ao-vivo']").wait_for(timeout=15_000)
    return page


def _give_way() -> None:
    """Browsers run on other machines than the server: here they take what it leaves. Linux keeps
    the priority of each thread, and one of the whole session, which a browser has of its own
    (sched(7), "The autogroup feature")."""
    for pid in browsers():
        with suppress(OSError):
            Path(f"/proc/{pid}/autogroup").write_text("19")
        for thread in Path(f"/proc/{pid}/task").glob("[0-9]*"):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, int(thread.name), 19)


def browsers() -> list[int]:
    """Processes of Chromium that this one started, directly or not."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"chromium" in (folder / "cmdline").read_bytes() and _ours(int(folder.name)):
                found.append(int(folder.name))
    return found


def _ours(pid: int) -> bool:
    """Whether a process descends from this one."""
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])
    return False
