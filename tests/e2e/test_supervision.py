"""A supervisor in a call as people meet it: real processes, the board and the console in a real
browser, every telephone at the local carrier, whose lines tell who hears whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import ARGS, CHROMIUM, SHOTS
from e2e.console_floor import ANA, CALL, Floor, examine
from e2e.console_system import DeskSystem, run_desk
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ivr.bootstrap import open_store_of
from ivr.ports.store import Store
from ivr.settings import read_settings

pytestmark = pytest.mark.timeout(120)
CARLA = "carla.supervisora"
OUTSIDE = "(67) 3318-0055"
HEARD = """([sid, text]) => new Promise((resolve) => {
  const scheme = location.protocol.replace('http', 'ws');
  const line = new WebSocket(`${scheme}//${location.host}/phone/calls/${sid}/events`);
  const found = (yes) => { line.close(); resolve(yes); };
  line.onmessage = (m) => { const e = JSON.parse(m.data);
    if (e.event === 'other_spoke' && e.text === text) found(true); };
  setTimeout(() => found(false), 400);
})"""
SPEAK = "([sid, text]) => window.lines[sid].send(JSON.stringify({do: 'speak', text, seconds: 0.2}))"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSystem]:
    with run_desk(tmp_path_factory.mktemp("supervision")) as running:
        yield running


@pytest.fixture(scope="module")
def store(desk: DeskSystem) -> Iterator[Store]:
    opened = open_store_of(read_settings(desk.system.env))
    yield opened
    opened.close()


@pytest.fixture
def floor(desk: DeskSystem, store: Store) -> Iterator[Floor]:
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        context = browser.new_context(locale="pt-BR")
        phone = context.new_page()
        phone.set_default_timeout(15_000)
        phone.goto(desk.carrier)
        one = Floor(desk=desk, browser=browser, store=store, phone=phone)
        try:
            yield one
            assert one.problems == []
        finally:
            one.leave()
            context.close()
            browser.close()


def board(floor: Floor, browser: Browser) -> Page:
    """The supervisor's board, logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="pt-BR")
    floor.contexts.append(context)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda e: floor.problems.append(str(e)))
    page.goto(f"{floor.desk.web}/supervisao")
    staff = floor.desk.staff(CARLA)
    page.fill("#login", staff["login"])
    page.fill("input[type=password]", staff["password"])
    page.keyboard.press("Enter")
    expect(page.locator("#s-escuta")).to_be_visible()
    return page


def legs(store: Store, offer: str, caller: str) -> dict[str, str]:
    with store.begin(write=False) as tx:
        (agent,) = [leg.sid for leg in tx.desk.legs_of(offer)]
        row = tx.supervisions.of_talk(offer)
    return {"caller": caller, "agent": agent, "supervisor": row.leg if row else ""}


def picture(page: Page, name: str, *, narrow: bool = False) -> None:
    """For people to look at; only when asked for."""
    if not SHOTS:
        return
    before = page.viewport_size
    if narrow:
        page.set_viewport_size({"width": 360, "height": 740})
    page.screenshot(path=f"{SHOTS}/{name}.png", full_page=narrow)
    if before is not None:
        page.set_viewport_size(before)


def says(floor: Floor, who: str, text: str, *, to: dict[str, bool]) -> None:
    """``who`` says something; exactly those hear it who are ``to``: sid → whether they do."""
    if not floor.phone.evaluate("(sid) => Boolean(window.lines?.[sid])", who):
        floor.phone.evaluate(CALL, who)
    floor.phone.evaluate(SPEAK, [who, text])
    heard = floor.phone.evaluate(
        f"(asked) => Promise.all(asked.map({HEARD}))", [[sid, text] for sid in to]
    )
    assert dict(zip(to, heard, strict=True)) == to, text


def test_supervisor_listens_whispers_joins_and_leaves_then_the_agent_passes_the_call_outside(
    floor: Floor,
) -> None:
    console = floor.agent(ANA)
    caller = floor.talk(console)
    page = board(floor, floor.browser)
    with floor.store.begin(write=False) as tx:
        (talk,) = tx.desk.talks_of(caller.sid)

    page.locator("#s-escuta summary").click()
    page.select_option("#s-escuta select[name=motivo]", "qualidade")
    page.locator("#s-escuta button:has-text('Ouvir')").click()
    expect(page.locator(".mine")).to_contain_text("O seu telefone está tocando")
    floor.pick_up()
    expect(page.locator(".mine")).to_contain_text("Ninguém ouve você")
    page.locator("#s-escuta").scroll_into_view_if_needed()
    examine(page, "supervision-listens")
    who = legs(floor.store, talk.offer, caller.sid)
    c, a, s = who["caller"], who["agent"], who["supervisor"]
    says(floor, c, "bom dia", to={a: True, s: True})
    says(floor, s, "ninguém ouve", to={a: False, c: False})
    expect(console.locator(".faixa-supervisao")).to_have_count(0)

    page.click("#escuta-whisper")
    expect(page.locator(".mine")).to_contain_text("Só o agente ouve você")
    expect(console.locator(".faixa-supervisao")).to_contain_text("sussurra para você")
    says(floor, s, "peça o protocolo", to={a: True, c: False})
    picture(console, "supervision-whisper")

    page.click("#escuta-barge")
    expect(console.locator(".faixa-supervisao")).to_contain_text("entrou na conversa")
    says(floor, s, "aqui é a supervisão", to={a: True, c: True})
    picture(page, "supervision-barge", narrow=True)

    console.click("#gravacao")
    expect(page.locator(".mine")).to_contain_text("Trecho sensível")
    says(floor, c, "a senha é segredo", to={a: True, s: False})
    picture(page, "supervision-shut")
    console.click("#gravacao")
    expect(page.locator(".mine")).to_contain_text("O agente e quem ligou ouvem você")

    page.click("#escuta-sair")
    expect(page.locator("#escuta-fim")).to_contain_text("Você saiu da conversa")
    expect(console.locator(".faixa-supervisao")).to_have_count(0)
    says(floor, c, "ainda aí?", to={a: True})

    page.goto(f"{floor.desk.web}/supervisao/escuta")
    expect(page.locator("#escuta-fim")).to_contain_text("Você saiu da conversa")
    expect(page.locator("#vivo")).to_have_text("ao vivo")
    examine(page, "supervision-page")
    picture(page, "supervision-page", narrow=True)

    console.keyboard.press("Shift+F9")
    console.fill("#fora-numero", "0900 123 4567")
    examine(console, "outside-dialog")
    console.click("#fora-falar")
    expect(console.locator("#r-mensagem")).to_contain_text("não está na lista")
    console.keyboard.press("Shift+F9")
    console.fill("#fora-numero", OUTSIDE)
    console.click("#fora-falar")
    expect(console.locator("#fora")).to_contain_text("Chamando Órgão do Estado …0055.")
    floor.pick_up()
    expect(console.locator("#fora")).to_contain_text("Falando com Órgão do Estado")
    picture(console, "outside-talks")
    console.click("#juntar")
    expect(console.locator("#fora")).to_contain_text("Três na linha")
    picture(console, "outside-three", narrow=True)
    with floor.store.begin(write=False) as tx:
        row = tx.outside.of_call(caller.sid)
    assert row is not None
    console.click("#concluir-fora")
    expect(console.locator("#form-pos")).to_be_visible()
    expect(console.locator("#fora-fim")).to_contain_text("em conversa com quem ligou")
    picture(console, "outside-left")
    says(floor, c, "obrigada", to={row.leg: True})
    with floor.store.begin(write=False) as tx:
        lines = tx.audit.of(f"call:{caller.sid}")
    told = [line.action for line in lines if line.action.startswith("supervision.")]
    reasons = {line.data.get("reason") for line in lines if line.action in told}
    assert len(told) == 5 and reasons == {"qualidade"}
