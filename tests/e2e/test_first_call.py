"""The whole thing as a person meets it: real processes, a real browser, real audio on the line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from chromium import ARGS, CHROMIUM
from playwright.sync_api import Page, expect, sync_playwright
from running import System

from ivr.adapters.clock import SystemClock
from ivr.adapters.directory.demo import DemoDirectory
from ivr.bootstrap import open_store_of
from ivr.settings import read_settings

CHOSEN = "Tatu-bola verde 88 na varanda"


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="pt-BR")
        page = context.new_page()
        page.set_default_timeout(20_000)
        yield page
        browser.close()


def heard(page: Page, words: str) -> None:
    """Wait until the line has said these words."""
    expect(page.locator("#falas")).to_contain_text(words, timeout=40_000)


def key(page: Page, keys: str) -> None:
    """Press keys on the page's keypad by the computer's keyboard."""
    page.locator("#visor-numero").click()
    for digit in keys:
        page.keyboard.press(digit)


@pytest.mark.timeout(180)
def test_servant_dials_resets_and_chooses_a_password_in_the_browser(
    system: System, page: Page
) -> None:
    ana = system.people["ana"]
    page.goto(system.carrier)
    page.locator("#pessoa").select_option(label=ana["name"])
    page.locator("#ligar").click()
    heard(page, "Protocolo")
    key(page, "1")
    heard(page, "Digite ou fale seu CPF")
    key(page, ana["cpf"])
    heard(page, "Se está certo, tecle 1")
    key(page, "1")
    heard(page, "Digite a sua senha do telefone")
    key(page, ana["pin"] + "#")
    heard(page, "Enviei um código de 6 números")
    inbox = page.locator("#lista-mensagens")
    expect(inbox).to_contain_text("codigo")
    code = re.search(r"codigo (\d{6})", inbox.inner_text())
    assert code is not None
    key(page, code[1])
    heard(page, "Identidade confirmada")
    key(page, "1")
    heard(page, "para criar uma senha nova")
    key(page, "1")
    heard(page, "Para receber no celular")
    key(page, "1")
    heard(page, "Enviei ao celular do seu cadastro um endereço")
    expect(inbox).to_contain_text("/senha/")
    link = inbox.locator("a[href*='/senha/']").first.get_attribute("href")
    assert link is not None
    heard(page, "que nota você dá")
    key(page, "5")
    heard(page, "O Estado agradece")

    chosen = page.context.new_page()
    chosen.goto(link)
    expect(chosen.locator("h1")).to_be_visible()
    fields = chosen.locator("input[type=password]")
    fields.nth(0).fill("12345678")
    fields.nth(1).fill("12345678")
    chosen.locator("form button[type=submit]").click()
    expect(chosen.locator("body")).to_contain_text("caracteres")
    fields.nth(0).fill(CHOSEN)
    fields.nth(1).fill(CHOSEN)
    chosen.locator("form button[type=submit]").click()
    expect(chosen.locator("h1")).to_contain_text("Senha trocada")
    chosen.goto(link)
    expect(chosen.locator("body")).to_contain_text("3318-3600")
    expect(inbox).to_contain_text("Nao foi voce", timeout=20_000)

    settings = read_settings(system.env)
    directory = DemoDirectory(open_store_of(settings).engine, clock=SystemClock())
    account = directory.find(kind="cpf", number=ana["cpf"])
    assert account is not None
    assert directory.authenticate(account.uid, CHOSEN)
    assert not directory.authenticate(account.uid, ana["password"])
    for secret in (CHOSEN, ana["pin"], code[1], link.rsplit("/", 1)[1], ana["cpf"]):
        assert secret not in system.logs()


@pytest.mark.timeout(120)
def test_caller_on_a_bad_line_meets_a_person_when_the_service_answers_500(
    system: System, page: Page
) -> None:
    page.goto(system.carrier)
    page.locator("#falhas").get_by_role("button", name="Responde 500").click()
    page.locator("#ligar").click()
    expect(page.locator("#falas")).to_contain_text("problema técnico", timeout=30_000)
    page.locator("#desligar").click()
    page.locator("#falhas").get_by_role("button", name="Limpar falhas").click()
