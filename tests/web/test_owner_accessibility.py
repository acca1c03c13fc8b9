"""The owner's page in a real browser: axe finds nothing serious, and no JavaScript is needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from chromium import ARGS, CHROMIUM
from desk import Desk, people
from playwright.sync_api import Browser, Page, sync_playwright
from web.owner_browser import (
    CODES,
    FREEZE,
    GOOD_PIN,
    HOME,
    LIFT,
    LOG_IN,
    PIN,
    password_of,
)
from web.phone_line import reset_story
from web.test_reset_page_accessibility import examine, serious, visit
from werkzeug.serving import make_server

from ivr.adapters.directory.demo import DemoDirectory


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def address(still: Desk) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, still.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def enter(page: Page, address: str, who: str = "ana", password: str = "") -> None:
    page.goto(address + LOG_IN)
    page.fill("#number", people()[who]["cpf"])
    page.fill("#password", password or password_of(who))
    page.click("main button[type=submit]")


def send(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.click("main form.form button[type=submit]")


def test_log_in_and_home_are_accessible(browser: Browser, still: Desk, address: str) -> None:
    reset_story(still)
    with visit(browser, address) as page:
        page.goto(address + LOG_IN)
        enter(page, address, password="senha errada")
        assert page.locator("#resumo").is_visible()
        examine(page, "owner-login-errors")
        enter(page, address)
        assert page.inner_text("h1") == "Meu acesso"
        examine(page, "owner-home")


def test_pages_of_changes_are_accessible(browser: Browser, still: Desk, address: str) -> None:
    with visit(browser, address) as page:
        enter(page, address)
        page.goto(address + PIN)
        send(page, pin="12345678", again="1", password="x")
        examine(page, "owner-pin-errors")
        send(page, pin=GOOD_PIN, again=GOOD_PIN, password=password_of())
        assert "já vale" in page.inner_text("main")
        page.goto(address + CODES)
        examine(page, "owner-codes")
        send(page, password=password_of())
        assert page.locator("ol.codes li").count() == 10
        examine(page, "owner-codes-shown")
        page.goto(address + FREEZE)
        examine(page, "owner-freeze")
        send(page)
        examine(page, "owner-home-frozen")
        page.goto(address + LIFT)
        examine(page, "owner-lift")


def test_later_and_stale_pages_are_accessible(browser: Browser, still: Desk, address: str) -> None:
    directory = still.rt.directories[still.rt.identity]
    assert isinstance(directory, DemoDirectory)
    with visit(browser, address) as page:
        enter(page, address)
        directory.faults.down = True
        page.goto(address + HOME)
        assert page.inner_text("h1") == "Tente de novo em alguns minutos"
        examine(page, "owner-later")
        directory.faults.down = False
        page.goto(address + LOG_IN.replace("entrar", "nao-fui-eu"))
        page.evaluate("document.querySelector('[name=csrf_token]').value = 'old'")
        send(page)
        assert page.inner_text("h1") == "A página ficou aberta tempo demais"
        examine(page, "owner-stale")


def test_printed_page_leaves_out_what_is_not_to_be_printed(
    browser: Browser, still: Desk, address: str
) -> None:
    with visit(browser, address) as page:
        enter(page, address)
        page.goto(address + CODES)
        send(page, password=password_of())
        page.emulate_media(media="print")
        assert page.locator("ol.codes").is_visible()
        for hidden in (".no-print", "#menu"):
            page.locator(hidden).wait_for(state="hidden", timeout=5000)


def test_axe_would_find_a_fault(browser: Browser, still: Desk, address: str) -> None:
    with visit(browser, address) as page:
        page.goto(address + LOG_IN)
        page.evaluate("document.querySelector('label[for=number]').remove()")
        assert any(fault.startswith("label:") for fault in serious(page))


def test_whole_way_works_without_javascript(browser: Browser, still: Desk, address: str) -> None:
    with visit(browser, address, javascript=False) as page:
        enter(page, address)
        page.click("text=Trocar a senha do telefone")
        send(page, pin=GOOD_PIN, again=GOOD_PIN, password=password_of())
        assert "já vale" in page.inner_text("main")
        page.click("text=Não fui eu")
        send(page)
        assert "Trocas de senha por telefone bloqueadas" in page.inner_text("main")
        page.click("button:has-text('Sair')")
        assert "Você saiu" in page.inner_text("main")
        page.goto(address + HOME)
        assert page.url == address + LOG_IN
