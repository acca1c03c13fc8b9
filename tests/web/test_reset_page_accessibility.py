"""The pages in a real browser: axe finds nothing serious, keys work, and so does no JavaScript."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from chromium import ARGS, CHROMIUM, RULES, SERIOUS, SHOTS
from playwright.sync_api import Browser, Page, sync_playwright
from web.link_world import GOOD, World, built_world
from werkzeug.serving import make_server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with built_world(tmp_path) as built:
        yield built


@pytest.fixture
def address(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, world.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def visit(browser: Browser, address: str, *, javascript: bool = True) -> Iterator[Page]:
    """A page in a context of its own; whatever it logs as an error or asks of others is a fault."""
    context = browser.new_context(java_script_enabled=javascript, bypass_csp=False)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: faults.append(message.text) if "Policy" in message.text else None,
    )
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(address) else faults.append(asked.url),
    )
    yield page
    context.close()
    assert faults == []


def serious(page: Page) -> list[str]:
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(f"axe.run({options})")
    assert found["passes"], "axe did run"
    return [
        f"{rule['id']}: {[node['html'] for node in rule['nodes']]}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]


def examine(page: Page, name: str) -> None:
    """Check the page as it is, in high contrast, and on a narrow screen (320 px, WCAG 1.4.10)."""
    for width, contrast in ((1280, False), (1280, True), (320, False)):
        page.set_viewport_size({"width": width, "height": 800})
        page.locator("#contraste").set_checked(contrast)
        page.wait_for_timeout(200)
        if SHOTS:
            shot = f"{name}-{width}{'-contraste' if contrast else ''}.png"
            page.screenshot(path=Path(SHOTS) / shot, full_page=True)
        assert serious(page) == [], (name, width, contrast)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def type_and_send(page: Page, password: str, again: str | None = None) -> None:
    page.fill("#password", password)
    page.fill("#again", password if again is None else again)
    page.click("button[type=submit]")


def test_form_refusal_and_success_pages_are_accessible(
    browser: Browser, world: World, address: str
) -> None:
    _, token = world.link()
    with visit(browser, address) as page:
        page.goto(f"{address}/senha/{token}")
        examine(page, "form")
        type_and_send(page, "curta", "outra")
        assert page.locator("#resumo").is_visible()
        examine(page, "form-errors")
        type_and_send(page, "curta")
        page.wait_for_selector("#resumo:focus", timeout=5000)
        examine(page, "refused")
        type_and_send(page, GOOD)
        assert page.inner_text("h1") == "Senha trocada"
        examine(page, "done")
    assert world.opens(GOOD)


def test_dead_later_stale_and_not_me_pages_are_accessible(
    browser: Browser, world: World, address: str
) -> None:
    _, token = world.link()
    _, not_me = world.link("not_me")
    with visit(browser, address) as page:
        page.goto(f"{address}/senha/x")
        examine(page, "dead")
        page.goto(f"{address}/senha/{token}")
        world.directory.faults.down = True
        type_and_send(page, GOOD)
        assert page.inner_text("h1") == "Tente de novo em alguns minutos"
        examine(page, "later")
        world.directory.faults.down = False
        page.goto(f"{address}/senha/{token}")
        page.context.clear_cookies()
        type_and_send(page, GOOD)
        assert page.inner_text("h1") == "A página ficou aberta tempo demais"
        examine(page, "stale")
        page.goto(f"{address}/nao-fui-eu/{not_me}")
        examine(page, "not-me")
        page.click("button[type=submit]")
        assert page.inner_text("h1") == "Conta protegida"
        examine(page, "not-me-done")


@pytest.mark.parametrize("template", ["senha/busy.html", "senha/already.html"])
def test_pages_of_a_second_submit_are_accessible(
    browser: Browser, world: World, address: str, template: str
) -> None:
    app = world.app()
    with app.test_request_context("/senha/x"):
        html = app.jinja_env.get_or_select_template(template)
        app.update_template_context(context := {})
        text = html.render(context)
    with visit(browser, address) as page:
        page.route("**/senha/y", lambda route: route.fulfill(body=text, content_type="text/html"))
        page.goto(f"{address}/senha/y")
        examine(page, template.removeprefix("senha/").removesuffix(".html"))


def test_axe_would_find_a_fault(browser: Browser, world: World, address: str) -> None:
    _, token = world.link()
    with visit(browser, address) as page:
        page.goto(f"{address}/senha/{token}")
        page.evaluate("document.querySelector('label[for=password]').remove()")
        assert any(fault.startswith("label:") for fault in serious(page))


def test_page_works_without_javascript(browser: Browser, world: World, address: str) -> None:
    _, token = world.link()
    with visit(browser, address, javascript=False) as page:
        page.goto(f"{address}/senha/{token}")
        assert not page.locator("[data-show]").is_visible()
        page.check("#contraste")
        ground = page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
        assert ground == "rgb(0, 0, 0)"
        type_and_send(page, "curta")
        assert "Use pelo menos 12 caracteres" in page.inner_text("main")
        type_and_send(page, GOOD)
        assert page.inner_text("h1") == "Senha trocada"
    assert world.opens(GOOD)


def test_passwords_can_be_pasted_shown_and_are_counted(
    browser: Browser, world: World, address: str
) -> None:
    _, token = world.link()
    with visit(browser, address) as page:
        page.goto(f"{address}/senha/{token}")
        page.evaluate(
            "text => { const box = document.createElement('textarea'); box.value = text;"
            " document.body.append(box); box.select(); document.execCommand('copy');"
            " box.remove(); }",
            GOOD,
        )
        page.focus("#password")
        page.keyboard.press("Control+V")
        assert page.input_value("#password") == GOOD
        assert "tamanho bom" in page.inner_text("#contagem")
        page.fill("#again", "capivara")
        assert "diferentes" in page.inner_text("#igualdade")
        page.click("[data-show]")
        assert page.get_attribute("#password", "type") == "text"
        assert page.inner_text("[data-show]") == "Esconder as senhas"
        page.click("[data-show]")
        assert page.get_attribute("#again", "type") == "password"


def press_access_key(page: Page, key: str) -> None:
    """Alt and a digit, told to the browser itself: Playwright's keyboard leaves out the text."""
    session = page.context.new_cdp_session(page)
    pressed = {
        "modifiers": 1,
        "key": key,
        "code": f"Digit{key}",
        "windowsVirtualKeyCode": ord(key),
        "unmodifiedText": key,
        "text": key,
    }
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **pressed})
    session.send("Input.dispatchKeyEvent", {"type": "char", **pressed})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})
    session.detach()


def test_keyboard_alone_reaches_everything_in_order(
    browser: Browser, world: World, address: str
) -> None:
    _, token = world.link()
    with visit(browser, address) as page:
        page.goto(f"{address}/senha/{token}")
        reached = []
        for _ in range(11):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate(
                    "document.activeElement.id || document.activeElement.textContent.trim()"
                )
            )
        assert reached[0].startswith("Ir para o conteúdo")
        wanted = ["contraste", "password", "again", "Mostrar as senhas", "Gravar a nova senha"]
        assert [name for name in reached if name in wanted] == wanted
        for key, place in (("1", "conteudo"), ("2", "menu"), ("4", "rodape")):
            press_access_key(page, key)
            page.wait_for_selector(f"#{place}:focus", timeout=5000)


def test_contrast_is_kept_for_the_next_page(browser: Browser, world: World, address: str) -> None:
    with visit(browser, address) as page:
        page.goto(f"{address}/senha/x")
        page.check("#contraste")
        page.goto(f"{address}/nao-fui-eu/x")
        assert page.is_checked("#contraste")
