"""Live events in a real browser: one stream for eight tabs, what the page tells when it is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import ARGS, CHROMIUM
from playwright.sync_api import BrowserContext, Page, sync_playwright
from web.live_rig import LiveService, serve

from ivr.ports.staff import StaffRow
from ivr.service import staff_sessions

TABS = 8
ESTABLISHED = "01"

LISTEN = """async () => {
  const live = await import("/static/live.js");
  window.seen = {events: [], states: [], snapshots: 0, polls: 0};
  live.onEvent("*", (data, topic) => seen.events.push(topic + " " + (data.id ?? "")));
  live.onEvent("oferta.nova", () => { seen.offerAt = Date.now(); });
  live.onStatus((status) => {
    seen.states.push(status.state + (status.red ? "!" : ""));
    seen.since = status.since;
  });
  live.onSnapshot(() => { seen.snapshots += 1; });
  live.onPoll(() => { seen.polls += 1; });
  window.watchTickets = live.watchTickets;
}"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("live")
    with serve(folder, f"sqlite:///{folder}/calls.db", threads=4) as service:
        yield service


@pytest.fixture
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        context = opened.new_context(locale="pt-BR", timezone_id="America/Campo_Grande")
        context.set_default_timeout(15_000)
        yield context
        opened.close()


def let_in(browser: BrowserContext, live: LiveService, staff: StaffRow) -> str:
    """Give the browser a log-in; the value of its cookie."""
    name, value = live.log_in(staff).split("=", 1)
    browser.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
    return f"{name}={value}"


def a_tab(browser: BrowserContext, live: LiveService) -> Page:
    page = browser.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if "Content Security" in m.text else None)
    page.goto(f"http://127.0.0.1:{live.port}/")
    page.evaluate(LISTEN)
    assert problems == []
    return page


def until(page: Page, expression: str, *, seconds: float = 15) -> None:
    """Wait for it; Playwright's own waiting needs an eval that the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, (expression, page.evaluate("seen"))
        time.sleep(0.05)


def is_live(page: Page) -> None:
    until(page, "seen.states.at(-1) === 'ao-vivo' && seen.snapshots > 0")


def streams_on(port: int) -> int:
    """Connections that a client holds open to the port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == ESTABLISHED for row in rows)


@pytest.mark.timeout(90)
def test_eight_tabs_share_one_stream_and_each_hears_of_a_call_within_a_second(
    live: LiveService, browser: BrowserContext
) -> None:
    ana = live.hire("ana", skills="redes")
    let_in(browser, live, ana)
    tabs = [a_tab(browser, live) for _ in range(TABS)]
    for tab in tabs:
        is_live(tab)
    end = time.monotonic() + 8
    while streams_on(live.port) > 1 and time.monotonic() < end:
        time.sleep(0.2)
    assert streams_on(live.port) == 1
    told = time.time() * 1000
    live.tell("oferta.nova", "of-1", f"agent:{ana.id}")
    for tab in tabs:
        until(tab, "seen.events.includes('oferta.nova of-1')")
        assert tab.evaluate("seen.offerAt") - told < 1000
    tabs[0].close()
    live.tell("fila.resumo", "redes", "queue:redes")
    for tab in tabs[1:]:
        until(tab, "seen.events.at(-1) === 'fila.resumo redes'")


@pytest.mark.timeout(90)
def test_a_deploy_is_told_on_the_page_and_everything_is_read_anew_after_it(
    live: LiveService, browser: BrowserContext
) -> None:
    ana = live.hire("ana")
    let_in(browser, live, ana)
    tab = a_tab(browser, live)
    is_live(tab)
    snapshots = tab.evaluate("seen.snapshots")
    live.kill()
    until(tab, "seen.states.at(-1) === 'reconectando'")
    until(tab, "seen.states.at(-1) === 'sem-conexao' && seen.polls > 0")
    assert tab.evaluate("seen.since instanceof Date")
    live.start()
    until(tab, "seen.states.at(-1) === 'ao-vivo'", seconds=30)
    until(tab, f"seen.snapshots === {snapshots + 1}")
    live.tell("oferta.nova", "of-2", f"agent:{ana.id}")
    until(tab, "seen.events.at(-1) === 'oferta.nova of-2'")


@pytest.mark.timeout(90)
def test_a_log_out_elsewhere_is_told_and_no_stream_is_asked_for_again(
    live: LiveService, browser: BrowserContext
) -> None:
    ana = live.hire("ana")
    let_in(browser, live, ana)
    tab = a_tab(browser, live)
    is_live(tab)
    with live.store.begin() as tx:
        staff_sessions.end_all(tx, ana.id, actor="test")
    until(tab, "seen.events.at(-1) === 'sessao.fim '")
    until(tab, "seen.states.at(-1) === 'sessao-encerrada'")
    time.sleep(4)
    assert tab.evaluate("seen.states.at(-1)") == "sessao-encerrada"
    ends = time.monotonic() + 15
    while streams_on(live.port) and time.monotonic() < ends:
        time.sleep(0.2)
    assert streams_on(live.port) == 0
    let_in(browser, live, ana)
    is_live(a_tab(browser, live))


@pytest.mark.timeout(90)
def test_a_ticket_that_is_put_on_the_screen_is_heard_of_without_losing_the_stream(
    live: LiveService, browser: BrowserContext
) -> None:
    let_in(browser, live, live.hire("ana"))
    tab = a_tab(browser, live)
    is_live(tab)
    tab.evaluate("watchTickets(['2026-000007'])")
    until(tab, "seen.snapshots === 2")
    live.tell("chamado.mudou", "2026-000008", "ticket:2026-000008")
    live.tell("chamado.mudou", "2026-000007", "ticket:2026-000007")
    until(tab, "seen.events.length > 0")
    assert tab.evaluate("seen.events") == ["chamado.mudou 2026-000007"]
    assert "reconectando" not in tab.evaluate("seen.states.slice(seen.states.indexOf('ao-vivo'))")


@pytest.mark.timeout(90)
def test_without_a_shared_worker_the_page_listens_itself_and_goes_red_after_half_a_minute(
    live: LiveService, browser: BrowserContext
) -> None:
    ana = live.hire("ana")
    let_in(browser, live, ana)
    browser.add_init_script("delete window.SharedWorker")
    page = browser.new_page()
    page.clock.install()
    page.goto(f"http://127.0.0.1:{live.port}/")
    page.evaluate(LISTEN)
    is_live(page)
    live.tell("oferta.nova", "of-3", f"agent:{ana.id}")
    until(page, "seen.events.at(-1) === 'oferta.nova of-3'")
    live.kill()
    until(page, "seen.states.at(-1) === 'reconectando'")
    page.clock.run_for(7_000)
    assert page.evaluate("seen.states.at(-1)") == "sem-conexao"
    page.clock.run_for(25_000)
    assert page.evaluate("seen.states.at(-1)") == "sem-conexao!"
    assert page.evaluate("seen.polls") >= 5
    live.start()
