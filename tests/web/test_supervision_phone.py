"""The browser as a supervisor's telephone: it answers the call that was asked for, and no command
of the page ends it. The SDK is played by a few lines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from chromium import ARGS, CHROMIUM
from desk import Desk
from playwright.sync_api import Page, expect, sync_playwright
from web.staff_browser import CARLA, StaffBrowser, staff_row
from web.test_supervision_page import PAGE, talk_of_ana
from werkzeug.serving import make_server

from ivr.adapters.twilio.access_token import PhoneKeys
from ivr.ports.store import Transaction
from ivr.service.desk.supervision_leg import answers, came
from ivr.web.agent_view import PHONE_KEYS

LEG = "CA" + "d" * 32
SDK = """
globalThis.Twilio = { Device: class extends EventTarget {
  constructor() { super(); window.phone = this; this.handlers = {}; }
  on(name, handler) { this.handlers[name] = handler; }
  async register() { this.handlers.registered(); }
  updateToken() {}
  rings(id) {
    const call = { customParameters: new Map([["oferta", id]]), handlers: {}, on(name, handler) {
      this.handlers[name] = handler; }, accept() { window.accepted = id;
      this.handlers.accept(); } };
    this.handlers.incoming(call);
  }
} };
"""
MICROPHONE = "navigator.mediaDevices.getUserMedia = async () => ({ getTracks: () => [] });"


@pytest.fixture
def page(still: Desk) -> Iterator[tuple[Page, str]]:
    """The supervisor's page, whose telephone is the browser, and the id of a talk."""
    offer = talk_of_ana(still)
    still.telephony.end_call = lambda leg: True  # type: ignore[attr-defined]
    row = staff_row(still, CARLA)
    with still.rt.store.begin() as tx:
        assert tx.staff.save(replace(row, audio="navegador"))
    still.app.config[PHONE_KEYS] = PhoneKeys(
        account_sid="AC" + "0" * 32, key_sid="SK" + "0" * 32, secret="s" * 32
    )
    still.app.config["SERVER_NAME"] = None
    server = make_server("127.0.0.1", 0, still.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    inside = StaffBrowser(still)
    inside.log_in(CARLA)
    address = f"http://127.0.0.1:{server.server_port}"
    cookies: Any = [
        {"name": cookie.key, "value": cookie.value, "url": address}
        for cookie in inside.client._cookies.values()  # type: ignore[union-attr]
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        context = browser.new_context()
        context.add_cookies(cookies)
        context.add_init_script(MICROPHONE)
        context.route(
            "**/twilio-*.min.js",
            lambda route: route.fulfill(body=SDK, content_type="text/javascript"),
        )
        opened = context.new_page()
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(address + PAGE)
        yield opened, offer
        browser.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert faults == []


def in_room(tx: Transaction) -> None:
    leg = tx.desk.leg(LEG)
    assert leg is not None
    tx.desk.lock()
    came(tx, leg)


def test_browser_answers_what_was_asked_for_and_the_page_is_never_left(
    page: tuple[Page, str], still: Desk
) -> None:
    opened, offer = page
    expect(opened.locator("#escuta-telefone-estado")).to_have_text("registrado")
    opened.evaluate("window.same = true")
    opened.locator("#s-escuta summary").click()
    opened.select_option("#s-escuta select[name=motivo]", "apoio")
    opened.locator("#s-escuta button:has-text('Ouvir')").click()
    expect(opened.locator(".mine")).to_contain_text("está tocando")
    with still.rt.store.begin(write=False) as tx:
        row = tx.supervisions.of_talk(offer)
    assert row is not None
    opened.evaluate("window.phone.rings('OF' + '0'.repeat(32))")
    assert opened.evaluate("window.accepted") is None, "a call of the desk is none of this page"
    opened.evaluate("(id) => window.phone.rings(id)", row.id)
    for _ in range(50):
        if opened.evaluate("window.accepted") == row.id:
            break
        opened.wait_for_timeout(100)
    assert opened.evaluate("window.accepted") == row.id
    assert answers(still.rt, supervision=row.id, leg=LEG) is not None
    with still.rt.store.begin() as tx:
        in_room(tx)
    expect(opened.locator("#escuta-whisper")).to_be_visible(timeout=8_000)
    opened.click("#escuta-sair")
    expect(opened.locator("#escuta-fim")).to_contain_text("Você saiu da conversa")
    expect(opened.locator("#escuta-dito")).to_contain_text("Ela continua")
    assert opened.evaluate("window.same"), "no command leaves the page"
