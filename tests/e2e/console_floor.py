"""Agents and callers of the browser tests: consoles in real tabs, callers and desk phones at the
local carrier."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from chromium import RULES, SERIOUS, SHOTS
from e2e.console_system import DeskSystem
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from ivr.ports.store import Store

ANA, BRUNO = "ana.agente", "bruno.agente"
ANA_ID = "ana-agente"
WATCH = """() => { window.cardAt = 0; new MutationObserver(() => {
  if (!window.cardAt && document.querySelector('[data-cartao]')) window.cardAt = Date.now();
}).observe(document.body, {childList: true, subtree: true}); }"""
CALL = """(sid) => new Promise((resolve) => {
  const scheme = location.protocol.replace('http', 'ws');
  const line = new WebSocket(`${scheme}//${location.host}/phone/calls/${sid}/events`);
  window.lines = {...window.lines, [sid]: line};
  line.onopen = () => resolve(true);
})"""
CLEAR = (
    "UPDATE queue_entries SET left_at = entered_at, result = 'left' WHERE left_at IS NULL",
    "UPDATE offers SET state = 'abandoned', ended_at = reserved_at"
    " WHERE state IN ('reserved', 'seen', 'ringing')",
    "UPDATE engagements SET ended_at = started_at, wrapped_at = started_at"
    " WHERE wrapped_at IS NULL",
    "UPDATE agent_presence SET state = 'offline', reason = '', offer = '', misses = 0",
)
"""Whatever a test left behind."""
DO = "([sid, deed]) => window.lines[sid].send(JSON.stringify(deed))"


@dataclass
class Caller:
    """Somebody who calls, at a telephone that hurries the prompts."""

    phone: Page
    sid: str

    def do(self, **deed: str) -> None:
        self.phone.evaluate(DO, [self.sid, deed])

    def press(self, keys: str) -> None:
        self.do(do="press", keys=keys)

    def hang_up(self) -> None:
        self.do(do="hang_up")


@dataclass
class Floor:
    """One test's agents and callers; every one of them leaves at its end."""

    desk: DeskSystem
    browser: Browser
    store: Store
    phone: Page
    contexts: list[BrowserContext] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    inside: dict[str, Any] = field(default_factory=dict)

    def agent(
        self, login: str = ANA, *, available: bool = True, script: str = "", still: bool = False
    ) -> Page:
        """A console, logged in by the keyboard the first time. ``script``: runs before those of the
        page; ``still``: the test moves the page's clock."""
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 720},
            locale="pt-BR",
            reduced_motion="reduce",
            storage_state=self.inside.get(login),
        )
        self.contexts.append(context)
        if script:
            context.add_init_script(script)
        if still:
            context.clock.install()
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda m: self._note(m.text))
        page.on("pageerror", lambda e: self.problems.append(str(e)))
        page.goto(f"{self.desk.web}/agente")
        if login not in self.inside:
            staff = self.desk.staff(login)
            page.focus("#login")
            page.keyboard.type(staff["login"])
            page.keyboard.press("Tab")
            page.keyboard.type(staff["password"])
            page.keyboard.press("Enter")
            page.wait_for_url(f"{self.desk.web}/agente")
            self.inside[login] = context.storage_state()
        expect(page.locator("#ao-vivo-texto")).to_have_text("ao vivo")
        if available:
            page.focus("#ficar-disponivel")
            page.keyboard.press("Enter")
            expect(page.locator("#r-estado")).to_contain_text("Disponível")
        return page

    def _note(self, text: str) -> None:
        if "Content Security Policy" in text or "Uncaught" in text:
            self.problems.append(text)

    def calls(self, number: str = "+5567999990098") -> Caller:
        """A caller who wants a person at once."""
        sid = self.desk.carrier_call("/phone/calls", **{"from": number, "fast": True})["call"]
        self.phone.evaluate(CALL, sid)
        caller = Caller(phone=self.phone, sid=sid)
        self.callers.append(caller)
        caller.press("0")
        caller.press("9")  # no priority: straight to the queue
        return caller

    def pick_up(self) -> None:
        """The desk phone that rings is picked up."""
        self.phone.locator("#tocando button:has-text('Atender')").first.click()

    def talk(self, page: Page, number: str = "+5567999990098") -> Caller:
        """Somebody calls and is talked with."""
        caller = self.calls(number)
        page.wait_for_selector("[data-cartao]", timeout=30_000)
        self.pick_up()
        expect(page.locator("#gravacao")).to_be_visible(timeout=15_000)  # both are in the room
        return caller

    def account(self, login: str = ANA_ID, **changes: Any) -> None:
        """Change an account's settings."""
        with self.store.begin() as tx:
            row = tx.staff.get(login)
            assert row is not None
            tx.staff.save(replaced(row, **changes))

    def leave(self) -> None:
        for caller in self.callers:
            caller.hang_up()
        for context in self.contexts:
            context.close()
        with self.store.engine.begin() as connection:  # type: ignore[attr-defined]
            for statement in CLEAR:
                connection.execute(text(statement))


def examine(page: Page, name: str) -> None:
    """Axe finds nothing serious; a picture for people to look at."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"console-{name}.png"))
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [
        f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in SERIOUS
    ] == []


@contextmanager
def seeing_when_the_card_comes(page: Page) -> Iterator[None]:
    page.evaluate(WATCH)
    yield


def wrap_up(page: Page) -> None:
    """Choose the first disposition by the keyboard and conclude."""
    expect(page.locator("#form-pos")).to_be_visible()
    page.focus("input[name=desfecho]")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#form-pos")).to_have_count(0)
