"""The call log and a timeline in a real browser: axe finds nothing serious, keys work, nothing
stands out of a narrow screen, and the pages work without JavaScript."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from chromium import ARGS, CHROMIUM
from desk import Desk
from playwright.sync_api import Browser, Page, sync_playwright
from web.phone_line import call, reset_story
from web.staff_browser import CARLA, staff_password, with_staff
from web.test_reset_page_accessibility import examine, visit
from werkzeug.serving import make_server

from ivr.service.ending import end_call


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def address(still: Desk) -> Iterator[str]:
    with_staff(still)
    server = make_server("127.0.0.1", 0, still.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sid(still: Desk) -> str:
    line = reset_story(still)
    end_call(still.rt, sid=line.sid)
    call(still, "live")
    return line.sid


def enter(page: Page, address: str, desk: Desk) -> None:
    page.goto(f"{address}/entrar")
    page.fill("[name=login]", CARLA)
    page.fill("[name=password]", staff_password(desk))
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def test_log_and_its_other_pages_are_accessible(
    browser: Browser, still: Desk, address: str, sid: str
) -> None:
    with visit(browser, address) as page:
        enter(page, address, still)
        for name, path in (
            ("list", "/chamadas"),
            ("faulty", "/chamadas?nota=9"),
            ("empty", "/chamadas?resultado=refused"),
            ("export", "/chamadas/exportar"),
            ("call", f"/chamadas/{sid}"),
            ("missing", "/chamadas/CAx1"),
        ):
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            examine(page, f"calls-{name}")


def test_keys_walk_the_lines_and_open_the_panel_and_the_steps(
    browser: Browser, still: Desk, address: str, sid: str
) -> None:
    with visit(browser, address) as page:
        enter(page, address, still)
        page.goto(f"{address}/chamadas")
        page.wait_for_load_state("networkidle")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-panel]:not([hidden])")
        assert "Linha do tempo inteira" in page.inner_text("[data-panel]")
        examine(page, "calls-panel")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "procurar"
        page.goto(f"{address}/chamadas/{sid}")
        page.wait_for_load_state("networkidle")
        for key in ("j", "j", "k", "+"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == "s1"
        assert page.inner_text("[data-zoom-now]") == "200%"
        page.uncheck("[data-lane=ura]")
        assert not page.locator("li[data-lane-of=ura]").first.is_visible()
        page.check("[data-clock]")
        assert page.locator("#s1 .abs").is_visible() == page.locator("#s1").is_visible()


def test_pages_fit_a_narrow_screen(browser: Browser, still: Desk, address: str, sid: str) -> None:
    with visit(browser, address) as page:
        page.set_viewport_size({"width": 360, "height": 740})
        enter(page, address, still)
        for path in ("/chamadas", f"/chamadas/{sid}", "/chamadas/exportar"):
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over <= 0, path
