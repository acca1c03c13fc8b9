"""The agent's console as a person uses it: real processes, a real browser, the agent's desk phone
and the caller at the local carrier. The agent's hands stay on the keyboard."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from chromium import ARGS, CHROMIUM
from e2e.console_floor import (
    ANA,
    ANA_ID,
    BRUNO,
    Floor,
    examine,
    seeing_when_the_card_comes,
    wrap_up,
)
from e2e.console_system import DeskSystem, run_desk
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import text

from ivr.bootstrap import open_store_of
from ivr.ports.store import Store
from ivr.settings import ROOT, read_settings

pytestmark = pytest.mark.timeout(120)
SMALL_QUEUE = ("most_waiting = 20", "most_waiting = 1")
PHONE = {
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_API_SECRET": "secret-of-the-tests-0123456789abcdef",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSystem]:
    folder = tmp_path_factory.mktemp("console")
    flows = folder / "callflows"
    shutil.copytree(ROOT / "callflows", flows)
    queues = flows / "queues.toml"
    queues.write_text(queues.read_text("utf-8").replace(*SMALL_QUEUE), "utf-8")
    with run_desk(folder, IVR_CALLFLOWS=str(flows), **PHONE) as running:
        yield running


@pytest.fixture(scope="module")
def store(desk: DeskSystem) -> Iterator[Store]:
    opened = open_store_of(read_settings(desk.system.env))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def inside() -> dict[str, Any]:
    """Log-ins of the agents, for all tests of this module."""
    return {}


@pytest.fixture
def floor(
    desk: DeskSystem, browser: Browser, store: Store, inside: dict[str, Any]
) -> Iterator[Floor]:
    context = browser.new_context(locale="pt-BR")
    phone = context.new_page()
    phone.set_default_timeout(15_000)
    phone.goto(desk.carrier)
    one = Floor(desk=desk, browser=browser, store=store, phone=phone, inside=inside)
    try:
        yield one
        assert one.problems == []
    finally:
        one.leave()
        context.close()


def test_whole_call_by_keyboard_only_every_state_without_a_serious_finding(floor: Floor) -> None:
    page = floor.agent()
    examine(page, "idle")
    with seeing_when_the_card_comes(page):
        floor.calls(floor.desk.people["ana"]["mobile"])
        page.wait_for_selector("[data-cartao]", timeout=30_000)
    with floor.store.begin(write=False) as tx:
        offer = tx.desk.open_offers()[0]
    painted = page.evaluate("window.cardAt") / 1000
    assert painted - offer.reserved_at.timestamp() < 1.0
    expect(page.locator("#r-centro [role=alert]")).to_have_count(1)
    assert page.locator("[role=alert]").count() == 1
    expect(page.locator("body")).to_have_class(re.compile("tocando"))
    examine(page, "ringing")
    page.keyboard.press("F2")
    expect(page.locator("#r-mensagem")).to_contain_text("Atenda no seu telefone")
    floor.pick_up()
    expect(page.locator("[data-conversa]")).to_be_visible()
    expect(page.locator("#notas")).to_be_focused()
    expect(page.locator("body")).not_to_have_class(re.compile("tocando"))
    expect(page.locator("#gravacao")).to_be_visible(timeout=15_000)
    examine(page, "talk")
    page.keyboard.type("Impressora da sala 3 não imprime.")
    page.keyboard.press("F9")
    expect(page.locator(".faixa-espera")).to_contain_text("Em espera")
    examine(page, "hold")
    page.keyboard.press("F9")
    expect(page.locator(".faixa-espera")).to_have_count(0)
    page.keyboard.press("F8")
    expect(page.locator(".faixa-mudo")).to_be_visible()
    page.keyboard.press("F8")
    expect(page.locator(".faixa-mudo")).to_have_count(0)
    expect(page.locator("#notas-estado")).to_contain_text("Notas gravadas às")
    page.keyboard.press("Shift+F9")
    expect(page.locator("#dialogo-transferir")).to_be_visible()
    examine(page, "transfer")
    page.keyboard.press("Escape")
    expect(page.locator("#dialogo-transferir")).to_be_hidden()
    expect(page.locator("[data-conversa]")).to_be_visible()
    page.keyboard.press("Shift+F8")
    expect(page.locator("#r-mensagem")).to_contain_text("de novo para desligar")
    page.keyboard.press("Shift+F8")
    expect(page.locator("#form-pos")).to_be_visible()
    expect(page.locator("#notas")).to_have_value("Impressora da sala 3 não imprime.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#erro-desfecho")).to_contain_text("Escolha o desfecho.")
    examine(page, "wrap-up")
    wrap_up(page)
    expect(page.locator("#r-estado")).to_contain_text("Disponível")
    expect(page.locator("#r-dia")).to_contain_text(re.compile(r"Atendidas\s*1"))
    with floor.store.begin(write=False) as tx:
        talk = tx.desk.engagement(offer.id)
    assert talk is not None
    assert talk.notes == "Impressora da sala 3 não imprime."
    assert talk.wrapped_at is not None


def test_reload_in_a_talk_brings_the_panel_and_the_notes_back(floor: Floor) -> None:
    page = floor.agent()
    page.on("dialog", lambda dialog: dialog.accept())
    caller = floor.calls()
    page.wait_for_selector("[data-cartao]", timeout=30_000)
    floor.pick_up()
    page.wait_for_selector("[data-conversa]")
    page.keyboard.press("F4")
    page.keyboard.type("Meio caminho")
    page.reload()
    expect(page.locator("[data-conversa]")).to_be_visible()
    expect(page.locator("#r-mensagem")).to_contain_text("Conversa em andamento")
    expect(page.locator("#notas")).to_have_value("Meio caminho")
    caller.hang_up()
    expect(page.locator("#form-pos")).to_be_visible()
    before = page.locator("tempo-ate").get_attribute("fim")
    page.reload()
    assert page.locator("tempo-ate").get_attribute("fim") == before
    page.focus("#mais-tempo")
    page.keyboard.press("Enter")
    expect(page.locator("tempo-ate")).to_have_attribute("fim", str(int(before or 0) + 30_000))
    wrap_up(page)


def test_two_missed_offers_pause_with_a_banner_and_one_key_leads_back(floor: Floor) -> None:
    floor.account(ring_seconds=2)
    page = floor.agent()
    for _ in range(2):
        caller = floor.calls()
        page.wait_for_selector("[data-cartao]", timeout=30_000)
        expect(page.locator(".cartao-fim")).to_contain_text("Não atendida a tempo", timeout=20_000)
        caller.hang_up()
    expect(page.locator("#r-aviso")).to_contain_text("Você não atendeu — pausado por sistema.")
    examine(page, "missed")
    page.focus("#voltar")
    page.keyboard.press("Enter")
    expect(page.locator("#r-estado")).to_contain_text("Disponível")
    floor.account(ring_seconds=20)


def test_one_call_two_free_agents_one_card_and_a_refusal_leads_it_to_the_other(
    floor: Floor,
) -> None:
    first, second = floor.agent(ANA), floor.agent(BRUNO)
    floor.calls()
    first.wait_for_selector("[data-cartao]", timeout=30_000)
    assert second.locator("[data-cartao]").count() == 0
    first.keyboard.press("Shift+F2")
    expect(first.locator("#dialogo-recusar")).to_be_visible()
    examine(first, "decline")
    first.keyboard.press("Enter")
    second.wait_for_selector("[data-cartao]", timeout=10_000)
    expect(first.locator("[data-cartao]")).to_have_count(0)
    expect(first.locator("#r-mensagem")).to_contain_text("segue na fila")


def test_caller_who_gives_up_turns_the_card_grey_and_the_ring_stops(floor: Floor) -> None:
    page = floor.agent()
    caller = floor.calls()
    page.wait_for_selector("[data-cartao]", timeout=30_000)
    caller.hang_up()
    expect(page.locator(".cartao-fim")).to_contain_text("Desistiu após 00:0")
    expect(page.locator("body")).not_to_have_class(re.compile("tocando"))
    examine(page, "gave-up")
    page.focus("#fechar-cartao")
    page.keyboard.press("Enter")
    expect(page.locator("#r-centro")).to_contain_text("Nenhuma chamada.")


def test_second_tab_says_so_and_can_take_the_console_over(floor: Floor) -> None:
    first = floor.agent()
    second = floor.contexts[-1].new_page()
    second.goto(f"{floor.desk.web}/agente")
    expect(second.locator("#outra-aba")).to_contain_text("aberto em outra aba")
    expect(first.locator("#outra-aba")).to_be_hidden()
    examine(second, "other-tab")
    second.focus("#usar-aqui")
    second.keyboard.press("Enter")
    expect(second.locator("#outra-aba")).to_be_hidden()
    expect(first.locator("#outra-aba")).to_be_visible()


def test_log_in_that_ends_in_a_talk_says_that_the_talk_goes_on(floor: Floor) -> None:
    page = floor.agent()
    floor.calls()
    page.wait_for_selector("[data-cartao]", timeout=30_000)
    floor.pick_up()
    page.wait_for_selector("[data-conversa]")
    with floor.store.begin() as tx:
        for session in tx.staff.sessions_of(ANA_ID):
            tx.staff.end_session(session.id, at=tx.now())
    floor.inside.pop(ANA)
    page.keyboard.press("F8")
    expect(page.locator("#sessao-fim")).to_contain_text("A sua sessão acabou.")
    expect(page.locator("#sessao-conversa")).to_contain_text("A conversa continua no telefone")
    examine(page, "session-over")
    with floor.store.begin(write=False) as tx:
        talk = tx.desk.unwrapped_of(ANA_ID)
    assert talk is not None
    assert talk.ended_at is None


def test_lost_network_is_told_and_the_page_comes_back_by_itself(floor: Floor) -> None:
    page = floor.agent()
    expect(page.locator("#ao-vivo-texto")).to_have_text("ao vivo")
    floor.desk.stop_web()
    try:
        expect(page.locator("#sem-vivo")).to_be_visible(timeout=20_000)
        expect(page.locator("#sem-vivo-texto")).to_contain_text("Sem conexão desde")
        examine(page, "lost")
    finally:
        floor.desk.start_web()
    expect(page.locator("#ao-vivo-texto")).to_have_text("ao vivo", timeout=20_000)
    expect(page.locator("#sem-vivo")).to_be_hidden()


def test_help_is_one_key_away_and_not_while_typing(floor: Floor) -> None:
    page = floor.agent(available=False)
    page.focus("#conteudo")
    page.keyboard.press("?")
    expect(page.locator("#dialogo-ajuda")).to_be_visible()
    examine(page, "help")
    page.keyboard.press("Escape")
    page.focus("#aba-ajuda")
    page.keyboard.press("Enter")
    page.focus("#rascunho")
    page.keyboard.type("O que é?")
    expect(page.locator("#dialogo-ajuda")).to_be_hidden()
    assert page.input_value("#rascunho") == "O que é?"


def choose(page: Page, field: str, label: str) -> None:
    """Pick an option of a list by typing its first letters."""
    page.focus(field)
    page.keyboard.type(label)


def test_warm_transfer_by_the_keyboard_brings_the_caller_to_the_colleague(floor: Floor) -> None:
    ana, bruno = floor.agent(ANA), floor.agent(BRUNO, available=False)
    floor.talk(ana)
    protocol = ana.locator("#r-chamado h2").inner_text()
    bruno.focus("#ficar-disponivel")
    bruno.keyboard.press("Enter")
    expect(bruno.locator("#r-estado")).to_contain_text("Disponível")
    ana.keyboard.press("Shift+F9")
    expect(ana.locator("#dialogo-transferir")).to_be_visible()
    choose(ana, "#para-colega", "Bruno")
    ana.focus("#consultar")
    ana.keyboard.press("Enter")
    expect(ana.locator("#dialogo-transferir")).to_be_hidden()
    expect(bruno.locator("[data-cartao]")).to_contain_text("Colega pede ajuda")
    floor.pick_up()
    expect(bruno.locator("[data-conversa]")).to_be_visible()
    expect(ana.locator(".faixa-consulta")).to_contain_text("Consultando Bruno")
    examine(ana, "consult")
    for _ in range(10):  # "a conversa ainda está sendo ligada: espere um segundo e tente de novo"
        ana.focus("#concluir-transferencia")
        ana.keyboard.press("Enter")
        ana.wait_for_timeout(1000)
        if ana.locator("#form-pos").count():
            break
    expect(ana.locator("#form-pos")).to_be_visible()
    expect(bruno.locator("[data-conversa]")).to_be_visible()
    assert bruno.locator("#r-chamado h2").inner_text() == protocol
    with floor.store.begin(write=False) as tx:
        talk = tx.desk.unwrapped_of("bruno-agente")
    assert talk is not None
    assert talk.ended_at is None


def test_transfer_to_an_empty_and_to_a_full_queue_keeps_the_caller_and_says_why(
    floor: Floor,
) -> None:
    ana = floor.agent(ANA)
    floor.talk(ana)

    def transfer() -> None:
        ana.keyboard.press("Shift+F9")
        expect(ana.locator("#dialogo-transferir")).to_be_visible()
        choose(ana, "#para-fila", "Segundo")
        ana.focus("#transferir-fila")
        ana.keyboard.press("Enter")

    transfer()
    expect(ana.locator("#r-mensagem")).to_contain_text("Ninguém atende essa fila agora.")
    expect(ana.locator("#dialogo-transferir")).to_be_hidden()
    bruno = floor.agent(BRUNO)
    bruno.locator("#r-comandos button:has-text('Pausar')").press("Enter")
    expect(bruno.locator("#r-estado")).to_contain_text("Em pausa")
    other = floor.calls("+5567999990097")
    moved = text("UPDATE queue_entries SET queue = 'segundo_nivel' WHERE call_sid = :sid")
    for _ in range(150):
        with floor.store.engine.begin() as connection:  # type: ignore[attr-defined]
            if connection.execute(moved, {"sid": other.sid}).rowcount:
                break
        ana.wait_for_timeout(100)
    else:
        raise AssertionError("the second caller never came to wait")
    transfer()
    expect(ana.locator("#r-mensagem")).to_contain_text("A fila está cheia.")
    expect(ana.locator("[data-conversa]")).to_be_visible()


def test_answer_after_the_caller_left_says_so(floor: Floor) -> None:
    page = floor.agent()
    caller = floor.calls()
    page.wait_for_selector("[data-cartao]", timeout=30_000)
    page.route("**/agente/painel*", lambda route: None)  # what would tell the page never comes
    caller.hang_up()
    for _ in range(50):
        with floor.store.begin(write=False) as tx:
            if not tx.desk.open_offers():
                break
        page.wait_for_timeout(100)
    expect(page.locator("#atender")).to_be_visible()
    page.keyboard.press("F2")
    expect(page.locator("#r-mensagem")).to_contain_text("Quem ligou desistiu antes.")
    expect(page.locator(".cartao-fim")).to_contain_text("Desistiu após")


def test_line_without_the_stream_is_yellow_after_5_and_red_after_30_seconds(floor: Floor) -> None:
    page = floor.agent(script="delete globalThis.SharedWorker;", still=True)
    page.context.set_offline(True)
    expect(page.locator("#ao-vivo-texto")).to_have_text("reconectando…")
    page.clock.fast_forward(7_000)
    expect(page.locator("#sem-vivo")).to_be_visible()
    expect(page.locator("#sem-vivo")).not_to_have_class(re.compile("faixa-vermelha"))
    expect(page.locator("#sem-vivo-texto")).to_contain_text("tentando de novo")
    page.clock.fast_forward(30_000)
    expect(page.locator("#sem-vivo")).to_have_class(re.compile("faixa-vermelha"))
    expect(page.locator("#sem-vivo-texto")).to_contain_text("você não receberá chamadas")
    examine(page, "red")
    page.context.set_offline(False)
    page.clock.fast_forward(11_000)
    expect(page.locator("#ao-vivo-texto")).to_have_text("ao vivo")
    expect(page.locator("#sem-vivo")).to_be_hidden()


NOTES = """() => document.querySelector("main").insertAdjacentHTML("beforeend",
  "<textarea id='notas' aria-label='Notas' aria-keyshortcuts='F4'></textarea>")"""


def test_agent_chooses_a_key_of_their_own_and_takes_it_back(floor: Floor) -> None:
    page = floor.agent(available=False)
    page.evaluate(NOTES)
    page.focus("#abrir-ajuda")
    page.keyboard.press("Enter")
    row = page.locator("[data-tecla='F4']")
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    told = page.locator("#tecla-aviso")
    expect(told).to_contain_text("Aperte agora a tecla nova")
    for taken, words in (("F5", "não pode ser usada"), ("n", "não pode"), ("F9", "já serve para")):
        page.keyboard.press(taken)
        expect(told).to_contain_text(words)
    examine(page, "keys")
    page.keyboard.press("Control+F8")
    expect(told).to_contain_text("Ctrl+F8 agora serve para: Ir para as notas.")
    expect(row.locator("kbd")).to_have_text("Ctrl+F8")
    page.keyboard.press("Escape")
    expect(page.locator("#notas")).to_have_attribute("aria-keyshortcuts", "Control+F8")
    page.keyboard.press("F4")
    expect(page.locator("#notas")).not_to_be_focused()
    page.keyboard.press("Control+F8")
    expect(page.locator("#notas")).to_be_focused()
    page.reload()
    page.evaluate(NOTES)
    expect(page.locator("#notas")).to_have_attribute("aria-keyshortcuts", "Control+F8")
    page.click("#abrir-ajuda")
    page.click("#teclas-padrao")
    expect(row.locator("kbd")).to_have_text("F4")
    page.keyboard.press("Escape")
    page.keyboard.press("F4")
    expect(page.locator("#notas")).to_be_focused()


BAD_PHONE = """
const refused = () => Promise.reject(new DOMException("no", "NotAllowedError"));
const granted = () => Promise.resolve(new MediaStream());
navigator.mediaDevices.getUserMedia = () => (MICROPHONE ? granted() : refused());
globalThis.fabricaDevice = (token) => {
  const told = {};
  return {
    on: (name, handler) => { told[name] = handler; }, updateToken: () => {}, destroy: () => {},
    register: async () => { if (EXPIRED) { throw { code: 20104 }; } told.registered(); },
  };
};
"""


@pytest.mark.parametrize(
    ("microphone", "words"),
    [(False, "Microfone bloqueado. Clique no cadeado"), (True, "A ficha do telefone venceu")],
    ids=["microphone refused", "token expired"],
)
def test_agent_whose_browser_telephone_cannot_ring_is_told_why_and_gets_no_call(
    floor: Floor, microphone: bool, words: str
) -> None:
    floor.account(audio="navegador")
    try:
        script = BAD_PHONE.replace("MICROPHONE", str(microphone).lower())
        page = floor.agent(available=False, script=script.replace("EXPIRED", "true"))
        page.focus("#ficar-disponivel")
        page.keyboard.press("Enter")
        expect(page.locator("#faixa-audio")).to_contain_text(words)
        expect(page.locator("#r-estado")).to_contain_text("Desconectado")
        examine(page, "microphone" if not microphone else "token")
        expect(page.locator("#audio-de-novo")).to_be_visible()
    finally:
        floor.account(audio="ramal")


SOFTPHONE = """async ({microphone, token, register}) => {
  const { Softphone } = await import("/static/agent-softphone.js");
  class FakeDevice extends EventTarget {
    constructor(token, options) { super(); this.token = token; this.options = options;
      this.muted = []; this.handlers = {};
      this.audio = {incoming: (on) => this.muted.push(["incoming", on]),
        outgoing: () => {}, disconnect: () => {}}; }
    on(name, handler) { this.handlers[name] = handler; }
    fire(name, ...given) { return this.handlers[name]?.(...given); }
    updateToken(token) { this.token = token; }
    async register() {
      if (register === "expired") { this.fire("error", {code: 20104});
        throw {code: 20104}; }
      this.fire("registered"); }
    destroy() { this.fire("destroyed"); }
  }
  class FakeCall {
    constructor(oferta) { this.customParameters = new Map([["oferta", oferta]]);
      this.handlers = {}; this.accepted = 0; }
    on(name, handler) { this.handlers[name] = handler; }
    fire(name, ...given) { this.handlers[name]?.(...given); }
    accept() { this.accepted += 1; this.fire("accept"); }
  }
  const seen = [];
  let device = null;
  let tokens = 0;
  const phone = new Softphone({
    fabricaDevice: (...given) => { device = new FakeDevice(...given); return device; },
    buscarFicha: async () => { tokens += 1;
      if (token === "refused" || (token === "once" && tokens > 1)) throw new Error("503");
      return `ficha-${tokens}`; },
    pedirMicrofone: async () => { if (microphone) throw {name: microphone}; return null; },
    som: "/static/sounds/toque.wav",
  });
  phone.addEventListener("estado", ({ detail }) => seen.push([detail.estado, detail.texto]));
  const ready = await phone.registrar();
  const out = {ready, device: Boolean(device)};
  if (ready) {
    out.sounds = device.options.sounds; out.quiet = device.muted;
    out.protects = device.options.closeProtection;
    await device.fire("tokenWillExpire"); out.token = device.token;
    const early = phone.atender("OF1"); const call = new FakeCall("OF1");
    device.fire("incoming", call); out.early = early; out.accepted = call.accepted;
    phone.atender("OF1"); out.twice = call.accepted; out.talking = phone.emConversa;
    call.fire("disconnect"); out.after = phone.emConversa;
    device.fire("unregistered"); out.lost = phone.registrado;
  }
  return {...out, seen};
}"""


def test_browser_telephone_registers_answers_once_and_tells_every_trouble_in_words(
    floor: Floor,
) -> None:
    page = floor.phone.context.new_page()
    page.goto(f"{floor.desk.web}/entrar")

    def play(**how: str) -> dict[str, object]:
        got = page.evaluate(SOFTPHONE, {"microphone": "", "token": "", "register": "", **how})
        assert isinstance(got, dict)
        return got

    good = play()
    assert good["ready"] is True
    assert good["quiet"] == [["incoming", False]]
    assert set(good["sounds"].values()) == {"/static/sounds/toque.wav"}  # type: ignore[attr-defined]
    assert (good["token"], good["protects"]) == ("ficha-2", True)
    assert (good["early"], good["accepted"], good["twice"]) == (False, 1, 1)
    assert (good["talking"], good["after"], good["lost"]) == (True, False, False)
    assert "perdeu o registro" in good["seen"][-1][1]  # type: ignore[index]
    refused = play(microphone="NotAllowedError")
    assert (refused["ready"], refused["device"]) == (False, False)
    assert refused["seen"][-1][0] == "sem-microfone"  # type: ignore[index]
    assert "Clique no cadeado" in refused["seen"][-1][1]  # type: ignore[index]
    assert play(microphone="NotFoundError")["seen"][-1][0] == "falta-microfone"  # type: ignore[index]
    assert play(token="refused")["seen"][-1][0] == "sem-ficha"  # type: ignore[index]
    expired = play(register="expired")
    assert expired["ready"] is False
    assert expired["seen"][-1][0] == "ficha-vencida"  # type: ignore[index]
    states = [state for state, _ in play(token="once")["seen"]]  # type: ignore[attr-defined]
    assert "ficha-vencida" in states
