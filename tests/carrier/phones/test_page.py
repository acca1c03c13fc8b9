"""The telephone page in a real browser, on a carrier whose service follows a script."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from axe_playwright_python.base import AXE_SCRIPT
from chromium import ARGS, CHROMIUM, RULES, SERIOUS, SHOTS
from playwright.sync_api import Browser, Page, expect, sync_playwright
from scripted_service import ACCOUNT, CITIZEN, DESK, TOKEN, Reply, ScriptedService, route

from ivr.carrier.call import Goto
from ivr.carrier.exchange import Exchange
from ivr.carrier.presets import read_presets
from ivr.carrier.server import make_app
from ivr.carrier.sid import Sids
from ivr.carrier.transport_wsgi import WsgiTransport

AGENT = "+556733180001"
PRESETS = read_presets(
    {
        "people": [
            {
                "key": "ana",
                "name": "Ana Demonstração",
                "cpf": "12345678909",
                "matricula": "100013",
                "pin": "80264917",
                "mobile": CITIZEN,
                "note": "Servidora comum.",
            },
            {
                "key": "fabio",
                "name": "Fábio Sem Celular",
                "cpf": "44455566619",
                "matricula": "100064",
                "pin": None,
                "mobile": None,
                "note": "Não tem celular.",
            },
            {
                "key": "bento",
                "name": "Bento Exemplo",
                "cpf": "11144477735",
                "matricula": "100021",
                "pin": "59318046",
                "mobile": "+5567999990002",
                "note": "Outro servidor.",
            },
        ],
        "presets": [
            {"id": "known", "label": "Servidora conhecida (Ana)", "number": CITIZEN},
            {"id": "unknown", "label": "Número desconhecido", "number": "+5567999990098"},
            {"id": "withheld", "label": "Número oculto", "number": None},
        ],
    }
)
TEXTS = {
    "greeting.welcome": "Olá, suporte do Estado.",
    "greeting.protocol~0": "Seu protocolo é",
    "v.digit.1": "um",
    "v.digit.2": "dois",
    "greeting.protocol~1": "Anote.",
    "main.menu": "Para senha, tecle 1.",
}


class Desk:
    """A carrier in a thread of its own, which the browser reaches by ``address``."""

    def __init__(self, service: ScriptedService) -> None:
        self._service = service
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.exchange: Exchange
        self.address = ""

    async def start(self) -> None:
        self.exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(self._service),
            route=route(),
            dial_plan=PRESETS.dial_plan,
            sids=Sids(random.Random(7)),
        )
        runner = web.AppRunner(make_app(self.exchange, PRESETS))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._runner = runner

    def do(self, work: Callable[[], Any]) -> Any:
        """Call ``work`` in the carrier's loop."""

        async def called() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(5)

    def __enter__(self) -> Desk:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result(10)
        return self

    def stop(self) -> None:
        if self.address:
            self.address = ""
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(20)

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def desk(service: ScriptedService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("ivr.carrier.pages.sound.FRESH", 0.0)
    manifest = {piece: {"text": text} for piece, text in TEXTS.items()}
    service.on("/prompts/manifest.json", Reply(json.dumps(manifest), kind="application/json"))
    for piece in TEXTS:
        service.sound(f"/prompts/{piece}.wav", 0.3)
    service.on("/turn", "<Pause length='30'/>")
    with Desk(service) as started:
        yield started


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    """The page at a desktop's size; what it breaks, or asks of others, is a fault."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(5000)
    address, faults = desk.address, []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda message: faults.append(message.text) if "Policy" in message.text else None,
    )
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith(address) else faults.append(asked.url),
    )
    opened.goto(address)
    expect(opened.locator("#falhas-estado")).to_have_text("Tudo funciona como deve.")
    yield opened
    context.close()
    assert faults == []


def plays(*pieces: str) -> str:
    return "".join(f"<Play>/prompts/{piece}.wav</Play>" for piece in pieces)


def gather(*pieces: str, digits: int = 1) -> str:
    inside = plays(*pieces)
    return (
        f'<Gather input="dtmf speech" numDigits="{digits}" speechTimeout="1" timeout="30" '
        f'action="/turn">{inside}</Gather>'
    )


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble.heard p").all_inner_texts()


def state(page: Page, words: str) -> None:
    expect(page.locator("#visor-estado")).to_have_text(words)


def until(page: Page, condition: str) -> None:
    """The page's own policy forbids to evaluate a condition inside of it again and again."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def turns(page: Page, service: ScriptedService, count: int) -> list[dict[str, str]]:
    """The fields of the turns, as soon as there are so many."""
    for _ in range(100):
        if len(found := service.at("/turn")) >= count:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(service.paths)


def test_a_call_is_dialled_heard_read_answered_by_keys_and_words_and_ended(
    page: Page, service: ScriptedService
) -> None:
    spelled = ("greeting.protocol~0", "v.digit.1", "v.digit.2", "greeting.protocol~1")
    service.on("/voice", gather("greeting.welcome", *spelled, "main.menu", digits=3))
    service.sound("/prompts/main.menu.wav", 20)
    service.on("/turn", gather("main.menu"), "<Pause length='30'/>")
    page.click("#ligar")
    state(page, "Em ligação")
    expect(page.locator("#espera")).to_have_text("Escuta teclas e fala")
    until(page, "document.querySelector('audio.line-sound')?.currentTime > 0.05")
    expect(page.locator(".bubble.now p")).to_have_text("Para senha, tecle 1.")
    assert bubbles(page) == [
        "Olá, suporte do Estado.",
        "Seu protocolo é um dois Anote.",
        "Para senha, tecle 1.",
    ]
    assert page.inner_text("#visor-de") == "de (67) 99999-0000"
    page.keyboard.press("4")
    expect(page.locator(".bubble.now")).to_have_count(0)
    expect(page.locator(".bubble.heard").last).to_contain_text("interrompido")
    page.click(".key:has-text('5')")
    page.check("#esconder")
    assert page.locator(".keys").all_inner_texts() == ["••"]
    assert page.inner_text("#visor-teclas") == "••"
    page.uncheck("#esconder")
    assert page.locator(".keys").all_inner_texts() == ["45"]
    page.keyboard.press("#")
    expect(page.locator(".bubble.now p")).to_have_text("Para senha, tecle 1.")
    page.fill("#fala-texto", "minha senha 7")
    page.locator("#confianca").fill("0.6")
    page.press("#fala-texto", "Enter")
    expect(page.locator(".bubble.said").last).to_contain_text("certeza 60%")
    until(page, "!document.querySelector('audio.line-sound')")
    first, second = turns(page, service, 2)
    expect(page.locator("#espera")).to_be_hidden()
    page.click("#desligar")
    state(page, "Ligação encerrada")
    expect(page.locator(".event").last).to_contain_text("Você desligou.")
    assert page.inner_text("#visor-tempo") != "00:00"
    assert (first["Digits"], first["FinishedOnKey"]) == ("45", "#")
    assert (second["SpeechResult"], float(second["Confidence"])) == ("minha senha 7", 0.6)
    assert service.at("/voice")[0]["From"] == CITIZEN


def test_keys_of_the_computer_do_nothing_in_a_field_or_when_switched_off(
    page: Page, service: ScriptedService
) -> None:
    service.on("/voice", gather(digits=5))
    page.keyboard.press("1")
    state(page, "Aperte Ligar primeiro")
    page.click("#ligar")
    expect(page.locator("#espera")).to_be_visible()
    page.locator("#fala-texto").press_sequentially("12#")
    page.uncheck("#teclas-do-teclado")
    page.keyboard.press("3")
    page.check("#teclas-do-teclado")
    page.keyboard.press("?")
    expect(page.locator("#ajuda")).to_be_visible()
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    expect(page.locator("#ajuda")).to_be_hidden()
    state(page, "Em ligação")
    page.keyboard.press("9")
    assert page.locator(".keys").all_inner_texts() == ["9"]


def test_who_calls_and_what_is_on_the_paper_can_be_chosen(
    page: Page, service: ScriptedService
) -> None:
    service.on("/voice", gather(digits=11))
    page.select_option("#pessoa", "bento")
    assert page.is_checked("input[value=own]")
    assert page.locator("#papel span").all_inner_texts() == ["11144477735", "100021", "59318046"]
    page.select_option("#pessoa", "fabio")
    assert page.locator("#papel span").all_inner_texts()[2] == "não tem"
    assert page.is_checked("input[value=unknown]")
    page.check("input[value=withheld]")
    assert page.input_value("#pessoa") == "fabio"
    page.check("input[value=known]")
    assert page.input_value("#pessoa") == "ana"
    page.check("input[value=withheld]")
    page.click("#ligar")
    expect(page.locator("#espera")).to_be_visible()
    page.click("[aria-label='Teclar CPF']")
    expect(page.locator("#espera")).to_be_hidden()
    assert turns(page, service, 1)[0]["Digits"] == "12345678909"
    assert service.at("/voice")[0]["From"] == "+266696687"


def test_text_messages_come_with_links_and_stay_unread_until_they_are_read(
    page: Page, desk: Desk
) -> None:
    expect(page.locator("#sem-mensagens")).to_be_visible()
    body = "Crie sua senha em http://127.0.0.1:8000/senha/abc. <b>Não</b> repasse."
    desk.do(lambda: desk.exchange.inbox.send(from_=DESK, to=CITIZEN, body=body))
    desk.do(lambda: desk.exchange.inbox.send(from_=DESK, to="+5567999990002", body="segunda"))
    expect(page.locator("#nao-lidas")).to_have_text("2 novas")
    expect(page).to_have_title("(2) Telefone de teste")
    assert page.locator(".sms strong").all_inner_texts() == ["Bento Exemplo", "Ana Demonstração"]
    link = page.locator(".sms a")
    assert link.get_attribute("href") == "http://127.0.0.1:8000/senha/abc"
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in (link.get_attribute("rel") or "")
    assert page.locator(".sms-body").last.inner_text() == body
    assert page.inner_text("#chegou") == "SMS novo para Bento Exemplo"
    page.locator(".sms").first.click()
    expect(page.locator("#nao-lidas")).to_have_text("1 nova")
    page.click("#marcar-lidas")
    expect(page.locator("#nao-lidas")).to_be_hidden()
    expect(page.locator(".sms-status").last).to_have_text("entregue")


def test_faults_are_switched_on_for_the_carrier_and_off_again(
    page: Page, desk: Desk, service: ScriptedService
) -> None:
    service.on("/voice", gather())
    button = page.get_by_role("button", name="Responde 500")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Aviso de fim em dobro").click()
    expect(page.locator("#falhas-estado")).to_contain_text("Responde 500, Aviso de fim em dobro")
    assert desk.exchange.faults.answer_500 and desk.exchange.faults.duplicate_callback == 2
    page.click("#ligar")
    expect(page.locator(".event.wrong").first).to_have_text("O serviço respondeu 500.")
    expect(page.locator("#registro .wrong").first).to_contain_text("POST /voice → 500")
    state(page, "Ligação encerrada")
    page.get_by_role("button", name="Limpar falhas").click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert not desk.exchange.faults.answer_500
    page.click("#ligar")
    state(page, "Em ligação")
    page.get_by_role("button", name="Desligar agora").click()
    state(page, "Ligação encerrada")


def test_a_recording_says_how_to_end_it_and_can_be_heard(
    page: Page, service: ScriptedService
) -> None:
    service.on("/voice", '<Record playBeep="true" action="/turn"/>')
    page.click("#ligar")
    expect(page.locator("#gravando")).to_contain_text("Para terminar, tecle #.")
    page.fill("#fala-texto", "um recado")
    page.click("#fala-enviar")
    page.wait_for_timeout(700)
    page.keyboard.press("Tab")
    page.click(".key:has-text('#')")
    expect(page.locator("#gravando")).to_be_hidden()
    expect(page.locator(".tape audio")).to_have_count(1)
    page.evaluate("document.querySelector('.tape audio').play()")
    until(page, "document.querySelector('.tape audio').currentTime > 0")


def test_a_one_time_sound_is_played_but_its_words_are_dots(
    page: Page, service: ScriptedService
) -> None:
    service.on("/voice", "<Play>/audio/secret/t0ken.wav</Play><Pause length='30'/>")
    service.sound("/audio/secret/t0ken.wav", 3, **{"Cache-Control": "no-store"})
    page.click("#ligar")
    until(page, "document.querySelector('audio.line-sound')?.currentTime > 0")
    assert bubbles(page) == ["•••• (senha soletrada)"]
    assert "t0ken" not in str(page.text_content("body"))
    assert service.paths.count("/audio/secret/t0ken.wav") == 1


def test_without_sound_the_words_still_come(page: Page, service: ScriptedService) -> None:
    service.on("/voice", gather("main.menu"))
    service.sound("/prompts/main.menu.wav", 5)
    page.check("#mudo")
    page.click("#ligar")
    until(page, "document.querySelector('audio.line-sound')?.muted")
    assert bubbles(page) == ["Para senha, tecle 1."]


def test_a_page_loaded_again_finds_its_call(page: Page, service: ScriptedService) -> None:
    service.on("/voice", gather("greeting.welcome"))
    page.click("#ligar")
    expect(page.locator(".bubble.heard")).to_have_count(1)
    page.reload()
    state(page, "Em ligação")
    assert bubbles(page) == ["Olá, suporte do Estado."]
    expect(page.locator("#espera")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#espera")).to_be_hidden()
    assert turns(page, service, 1)[0]["Digits"] == "1"


def test_another_phone_rings_and_is_answered_beside_the_call(
    page: Page, service: ScriptedService, desk: Desk
) -> None:
    service.on("/voice", f'<Dial timeout="30"><Number>{AGENT}</Number></Dial>')
    page.click("#ligar")
    card = page.get_by_role("alert")
    expect(card).to_contain_text("Toca o telefone de (67) 3318-0001.")
    assert "Ana Demonstração" in card.inner_text()
    page.get_by_role("button", name="Atender").click()
    expect(page.locator(".ring .heard")).to_have_text("Em conversa com quem ligou.")
    expect(page.locator(".event").last).to_contain_text("Em conversa com uma pessoa.")
    page.locator(".ring").get_by_role("button", name="Desligar").click()
    state(page, "Ligação encerrada")


def test_a_phone_that_rings_while_ours_is_free_is_answered_on_it_or_refused(
    page: Page, service: ScriptedService, desk: Desk
) -> None:
    service.on("/back", gather("greeting.welcome"))

    def ring() -> None:
        there = route(voice=Goto(url="http://ivr.test/back"))
        desk.exchange.dial_out(from_=DESK, to=CITIZEN, route=there)

    desk.do(ring)
    expect(page.get_by_role("alert")).to_contain_text("Toca o telefone de Ana Demonstração.")
    page.get_by_role("button", name="Recusar").click()
    expect(page.locator("#tocando")).to_be_hidden()
    desk.do(ring)
    page.get_by_role("button", name="Atender").click()
    state(page, "Em ligação")
    expect(page.locator(".bubble.heard p")).to_have_text("Olá, suporte do Estado.")
    expect(page.locator("#tocando")).to_be_hidden()


def test_what_to_do_is_said_when_the_service_or_the_carrier_is_gone(
    page: Page, service: ScriptedService, desk: Desk
) -> None:
    service.on("/prompts/manifest.json", Reply("", status="503 Service Unavailable"))
    page.reload()
    expect(page.locator(".notice")).to_contain_text("O serviço de atendimento não responde.")
    expect(page.locator(".notice")).to_contain_text("make run")
    desk.stop()
    expect(page.locator(".notice").last).to_contain_text("A operadora local parou.")


def serious(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    found = page.evaluate(f"axe.run({options})")
    assert found["passes"], "axe did run"
    return [
        f"{rule['id']}: {[node['html'] for node in rule['nodes']]}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]


def examine(page: Page, name: str) -> None:
    """As it is, in high contrast, and narrow: nothing serious, nothing cut off."""
    for width, contrast in ((1280, False), (360, True), (320, False)):
        page.set_viewport_size({"width": width, "height": 800})
        if not page.locator("dialog[open]").count():
            page.locator("#contraste").set_checked(contrast)
        page.wait_for_timeout(100)
        if SHOTS:
            shot = f"phone-{name}-{width}{'-contraste' if contrast else ''}.png"
            page.screenshot(path=Path(SHOTS) / shot, full_page=True)
        if width != 320:
            assert serious(page) == [], (name, width, contrast)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_is_accessible_idle_and_in_a_call(
    page: Page, service: ScriptedService, desk: Desk
) -> None:
    examine(page, "idle")
    menu = f"{gather('greeting.welcome', 'main.menu')}<Dial><Number>{AGENT}</Number></Dial>"
    service.on("/voice", menu).on("/turn", '<Record playBeep="false"/><Pause length="30"/>')
    body = "Seu endereço: http://127.0.0.1:8000/senha/abc"
    desk.do(lambda: desk.exchange.inbox.send(from_=DESK, to=CITIZEN, body=body))
    there = route(voice=Goto(url="http://ivr.test/voice"))
    desk.do(lambda: desk.exchange.dial_out(from_=DESK, to=AGENT, route=there))
    page.get_by_role("button", name="Perde o aviso de fim").click()
    page.click("#ligar")
    expect(page.locator("#espera")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#gravando")).to_be_visible()
    expect(page.locator(".sms")).to_be_visible()
    page.click("summary")
    examine(page, "call")


def test_the_help_is_accessible(page: Page) -> None:
    page.click("#abrir-ajuda")
    examine(page, "help")


def test_axe_would_find_a_fault(page: Page) -> None:
    page.evaluate("document.querySelector('#fala-texto').previousElementSibling?.remove()")
    page.evaluate("document.querySelector('label[for=fala-texto]').remove()")
    page.evaluate("document.querySelector('#fala-texto').removeAttribute('placeholder')")
    assert any(found.startswith("label:") for found in serious(page))


def test_every_target_is_large_enough_to_hit(page: Page, service: ScriptedService) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 pixels; the label of a box counts with it."""
    service.on("/voice", gather())
    page.click("#ligar")
    state(page, "Em ligação")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, .check, .card, input')]
          .filter((e) => e.checkVisibility() && !e.closest('.card, .check, nav, dialog'))
          .map((e) => [e.outerHTML, e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24)
          .map(([html]) => html)"""
    )
    assert small == []


def test_an_agents_telephone_in_another_window_answers_and_both_read_what_is_said(
    page: Page, desk: Desk, browser: Browser, service: ScriptedService
) -> None:
    room = "<Dial><Conference beep='false' waitUrl=''>sala</Conference></Dial>"
    service.on("/voice", room).on("/agent", room)
    other = browser.new_context().new_page()
    other.set_default_timeout(5000)
    other.goto(f"{desk.address}/?ramal=ana")
    expect(other.locator("#visor-numero")).to_have_text("Ramal de ana")
    assert other.locator("#ligar").is_hidden() and other.locator("#quem-liga").is_hidden()
    page.click("#ligar")
    state(page, "Em ligação")
    there = route(voice=Goto(url="http://ivr.test/agent"))
    desk.do(lambda: desk.exchange.dial_out(from_=DESK, to="client:bruno", route=there))
    leg = desk.do(lambda: desk.exchange.dial_out(from_=DESK, to="client:ana", route=there))
    expect(other.locator("#tocando .ring")).to_have_count(1)
    other.click("#tocando button:has-text('Atender')")
    state(other, "Em ligação")
    expect(page.locator(".event").last).to_contain_text("Em conversa com uma pessoa")
    page.fill("#fala-texto", "Bom dia, esqueci a senha.")
    page.press("#fala-texto", "Enter")
    expect(other.locator(".bubble.heard p").last).to_have_text("Bom dia, esqueci a senha.")
    other.fill("#fala-texto", "Vou ajudar.")
    other.press("#fala-texto", "Enter")
    expect(page.locator(".bubble.heard p").last).to_have_text("Vou ajudar.")
    other.click("#desligar")
    state(other, "Ligação encerrada")
    assert desk.do(lambda: leg.ended)
    page.click("#desligar")
    other.context.close()
