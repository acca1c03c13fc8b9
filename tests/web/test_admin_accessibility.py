"""Flows and administration in a real browser: axe finds nothing serious, a telephone fits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from chromium import ARGS, CHROMIUM, RULES, SERIOUS, SHOTS
from desk import Desk
from playwright.sync_api import Browser, Page, sync_playwright
from web.phone_line import still_desk
from web.staff_browser import ANA, DAVI, StaffBrowser, staff_row, with_staff
from web.test_flows_pages import earlier_revision, heard
from werkzeug.serving import make_server

from ivr.service.blocked import block

PAGES = (
    "/fluxos",
    "/fluxos/main?no=menu",
    "/fluxos/access",
    "/fluxos/diferenca",
    "/admin",
    "/admin/pessoas",
    f"/admin/pessoas/{ANA}",
    "/admin/bloqueios",
    "/admin/calendario",
    "/admin/filas",
    "/admin/horarios",
    "/admin/limites",
    "/admin/retencao",
    "/admin/falas",
    "/admin/falas/main.menu",
    "/admin/auditoria",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def address(quick: Path) -> Iterator[tuple[str, Desk]]:
    """A desk with traffic, a block and built audio, and where a browser finds it."""
    folder = quick / "prompts"
    folder.mkdir()
    entry = {"text": "x", "sha256": "ab" * 32, "key": "k", "seconds": 2.5, "source": "tts"}
    (folder / "manifest.json").write_text(json.dumps({"main.menu": entry}))
    desk = with_staff(still_desk(quick, changes={"IVR_VAR": str(quick)}))
    desk.rt.flows.publish(desk.rt.store)
    earlier_revision(desk)
    for number in range(12):
        heard(desk, f"CA{number}", ("node.entered", "main", "menu"), ("fault.x", "main", "menu"))
    note = "Trotes repetidos à noite, com ofensas a quem atende"
    block(desk.rt, number="+5567999990066", note=note, span="7d", by=staff_row(desk, DAVI))
    desk.app.config["SERVER_NAME"] = None
    server = make_server("127.0.0.1", 0, desk.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", desk
    server.shutdown()
    thread.join()
    server.server_close()


def violations(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    found = page.evaluate(f"axe.run({options})")
    assert found["passes"], "axe did run"
    return [
        f"{page.url} {v['id']}: {node['html'][:120]}"
        for v in found["violations"]
        if v["impact"] in SERIOUS
        for node in v["nodes"]
    ]


def test_axe_finds_nothing_serious_and_a_telephone_shows_it_too(
    browser: Browser, address: tuple[str, Desk]
) -> None:
    where, desk = address
    inside = StaffBrowser(desk)
    inside.log_in(DAVI)
    cookies: Any = [
        {"name": cookie.key, "value": cookie.value, "url": where}
        for cookie in inside.client._cookies.values()  # type: ignore[union-attr]
    ]
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.add_cookies(cookies)
    page = context.new_page()
    refused: list[str] = []
    page.on(
        "console",
        lambda said: refused.append(said.text) if "Security Policy" in said.text else None,
    )
    wide: dict[str, int] = {}
    found: list[str] = []
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 720})
        answer = page.goto(where + path)
        assert answer is not None and answer.status == 200, path
        picture(page, path, 1280)
        found += violations(page)
        page.set_viewport_size({"width": 360, "height": 720})
        picture(page, path, 360)
        wide[path] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert found == []
    assert refused == []
    assert {path: width for path, width in wide.items() if width > 360} == {}


def picture(page: Page, path: str, width: int) -> None:
    if SHOTS:
        name = path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-")
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
