"""Board, wall and reports in a real browser: axe finds nothing serious, numbers stay fresh."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from chromium import ARGS, CHROMIUM, RULES, SERIOUS, SHOTS
from desk import Desk
from metric_stories import Story, write
from playwright.sync_api import Browser, Page, expect, sync_playwright
from web.staff_browser import ANA, CARLA, StaffBrowser, staff_row, with_staff
from web.test_board_page import caller, later, there
from werkzeug.serving import make_server

from ivr.domain.local_time import local_date
from ivr.ports.staff import StaffRow
from ivr.service.board_alerts import watch
from ivr.service.reports import start_of

PAGES = ("/supervisao", "/supervisao?forma=blocos", "/supervisao/tv", "/relatorios?comparar=1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def busy(still: Desk) -> Desk:
    """A morning of calls, callers who wait, an alert."""
    with_staff(still)
    with still.rt.store.begin() as tx:
        now = tx.now()
        tx.staff.add(StaffRow(id="ana", login="ana", name="Ana Rara", created_at=now))
    base = start_of(local_date(now)) + timedelta(hours=7)
    for number in range(30):
        kind = ("talk", "talk", "ura", "abandoned", "menu")[number % 5]
        person = "p" if number % 3 else ""
        write(still.rt, base, Story(at=350 * number, kind=kind, wait=5 * number, person=person))
    caller(still, "CA1")
    caller(still, "CA2", queue="segundo_nivel", priority=20, priority_kind="oitenta")
    later(still, 140)
    there(still, ANA)
    watch(still.rt)
    return still


@pytest.fixture
def address(busy: Desk) -> Iterator[str]:
    busy.app.config["SERVER_NAME"] = None
    server = make_server("127.0.0.1", 0, busy.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def seen(browser: Browser, desk: Desk, address: str, *, width: int, path: str) -> Iterator[Page]:
    """A page as the supervisor sees it; what it logs as refused by the policy is a fault."""
    inside = StaffBrowser(desk)
    inside.log_in(CARLA)
    cookies: Any = [
        {"name": cookie.key, "value": cookie.value, "url": address}
        for cookie in inside.client._cookies.values()  # type: ignore[union-attr]
    ]
    context = browser.new_context(viewport={"width": width, "height": 720})
    context.add_cookies(cookies)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if "Security Policy" in said.text else None
    )
    page.clock.install()
    page.goto(address + path)
    yield page
    context.close()
    assert faults == []


def violations(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    found = page.evaluate(f"axe.run({options})")
    assert found["passes"], "axe did run"
    return [
        f"{v['id']}: {node['html'][:120]}"
        for v in found["violations"]
        if v["impact"] in SERIOUS
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_and_a_telephone_shows_it_too(
    browser: Browser, busy: Desk, address: str, path: str
) -> None:
    with seen(browser, busy, address, width=1280, path=path) as page:
        page.wait_for_timeout(300)
        picture(page, path, 1280)
        assert violations(page) == []
        page.set_viewport_size({"width": 360, "height": 720})
        page.wait_for_timeout(200)
        picture(page, path, 360)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, "no sideways scrolling of the page"


def picture(page: Page, path: str, width: int) -> None:
    if SHOTS:
        name = path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-")
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


def test_charts_are_drawn_from_the_tables_and_from_nothing_else(
    browser: Browser, busy: Desk, address: str
) -> None:
    with seen(browser, busy, address, width=1280, path="/relatorios") as page:
        page.wait_for_load_state("load")
        drawn = page.evaluate(
            "[...document.querySelectorAll('[data-grafico] canvas')].every(c => Chart.getChart(c))"
        )
        assert drawn
        columns = page.evaluate(
            "Chart.getChart(document.querySelector('#volume canvas')).data.datasets.length"
        )
        assert columns == 8


def test_board_is_new_within_five_seconds_and_goes_grey_when_it_cannot_be(
    browser: Browser, busy: Desk, address: str
) -> None:
    with seen(browser, busy, address, width=1280, path="/supervisao") as page:
        assert page.inner_text("#s-faixa dd >> nth=0") == "2"
        caller(busy, "CA3")
        began = time.monotonic()
        expect(page.locator("#s-faixa dd").first).to_have_text("3", timeout=8000)
        assert time.monotonic() - began < 6
        page.route("**/painel*", lambda route: route.abort())
        page.clock.fast_forward(11_000)
        expect(page.locator("body.stale")).to_be_attached(timeout=5000)
        assert "números são velhos" in page.inner_text("#parado")


def test_open_form_is_not_taken_away_by_fresh_numbers(
    browser: Browser, busy: Desk, address: str
) -> None:
    with seen(browser, busy, address, width=1280, path="/supervisao") as page:
        page.click("#s-espera summary >> nth=0")
        caller(busy, "CA4")
        expect(page.locator("#s-faixa dd").first).to_have_text("3", timeout=8000)
        assert page.locator("#s-espera details[open]").count() == 1


def test_numbers_of_the_wall_are_big_enough(browser: Browser, busy: Desk, address: str) -> None:
    assert staff_row(busy, CARLA)
    with seen(browser, busy, address, width=1280, path="/supervisao/tv") as page:
        sizes = page.evaluate(
            "[...document.querySelectorAll('.wall-strip dd')]"
            ".map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 48
