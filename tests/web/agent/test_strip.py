"""What 200 consoles ask for all day must cost little: the strip, and reads that write nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from desk import Desk
from web.agent.console_world import Agent, caller_waits, plain, proven_caller_waits
from web.phone_line import later

from ivr.adapters.db.store import SqlStore


def key_of(page: str) -> str:
    found = re.search(r'id="r-fila" data-regiao data-chave="([^"]*)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


@contextmanager
def writes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether each transaction that begins meanwhile may write."""
    seen: list[bool] = []
    begin = SqlStore.begin

    def counted(store: SqlStore, *, write: bool = True) -> Any:
        seen.append(write)
        return begin(store, write=write)

    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "begin", counted)
        yield seen


def test_strip_tells_the_queues_and_nothing_when_they_are_as_the_page_shows(
    desk: Desk, ana: Agent
) -> None:
    ana.press("/agente/estado", estado="paused", motivo="descanso")
    before = ana.open("/agente/faixa")
    assert "0 na fila" in plain(before)
    key = key_of(before)
    assert ana.browser.open(f"/agente/faixa?chave={key}").status_code == 204
    line = caller_waits(desk)
    later(desk, seconds=42)
    after = ana.open(f"/agente/faixa?chave={key}")
    assert "1 na fila · maior 00:42" in plain(after)
    line.hang_up()
    assert "0 na fila" in plain(ana.open("/agente/faixa?chave=outra"))


def test_strip_has_only_regions_that_the_page_has(desk: Desk, ana: Agent) -> None:
    regions = re.findall(r'id="(r-[a-z-]+)" data-regiao', ana.open("/agente/faixa"))
    assert len(regions) == len(set(regions)) == 4
    page = ana.open("/agente")
    assert all(page.count(f'id="{name}"') == 1 for name in regions)


def test_strip_is_for_agents_who_are_logged_in(desk: Desk) -> None:
    from web.staff_browser import DAVI, staff_inside

    assert staff_inside(desk, DAVI).open("/agente/faixa").status_code == 403
    assert desk.app.test_client().get("/agente/faixa").status_code in (302, 303, 401)


def test_strip_and_panel_write_nothing_in_any_state(
    desk: Desk, ana: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> None:
        with writes(monkeypatch) as seen:
            ana.open("/agente/faixa")
            ana.open()
        assert seen
        assert not any(seen)

    asked()
    line = proven_caller_waits(desk)
    asked()
    ana.picks_up()
    asked()
    assert "Identidade e ações" in ana.open()
    line.hang_up()
    asked()
