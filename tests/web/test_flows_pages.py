"""``/fluxos``: the flows as they are, what happens in them today, what changed in them."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_rows import a_call, a_ticket
from web.staff_browser import CARLA, DAVI, ELISA, staff_inside, with_staff

from ivr.ports.store import JournalEntry
from ivr.service.flow_search import MOST, nodes_like
from ivr.service.flow_views import difference


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def heard(desk: Desk, sid: str, *lines: tuple[str, str, str], hours_ago: float = 0) -> None:
    """A call of today with these lines (kind, flow, node) in its journal."""
    with desk.rt.store.begin() as tx:
        at = tx.now() - timedelta(hours=hours_ago)
        tx.calls.add(a_call(sid, started_at=at))
        flow, node = (lines[-1][1], lines[-1][2]) if lines else ("", "")
        tx.tickets.add(a_ticket(sid, opened_at=at, node=f"{flow}.{node}"))
        entries = [
            JournalEntry(turn=0, seq=seq, at=at, kind=kind, flow=flow, node=node)
            for seq, (kind, flow, node) in enumerate(lines)
        ]
        tx.journal.add(sid, entries)


def row_of(page: str, flow: str) -> str:
    found = re.search(rf'<tr>\s*<th[^>]*><a href="/fluxos/{flow}".*?</tr>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_list_tells_every_flow_its_revision_and_that_the_check_is_clean(staffed: Desk) -> None:
    page = staff_inside(staffed, CARLA).open("/fluxos").text
    book = staffed.rt.flows.current
    for flow in book.flows.values():
        row = row_of(page, flow.id)
        assert flow.title in row
        assert book.revision in row
        assert "sem defeitos" in row


def test_list_counts_the_calls_and_errors_of_today_only(staffed: Desk) -> None:
    heard(staffed, "CA1", ("node.entered", "main", "menu"), ("request.failed", "main", "menu"))
    heard(staffed, "CA2", ("node.entered", "main", "menu"), ("node.entered", "main", "menu"))
    heard(staffed, "CA3", ("node.entered", "main", "menu"), hours_ago=30)
    page = staff_inside(staffed, DAVI).open("/fluxos").text
    assert re.search(r" 2 +1 +sem defeitos", row_of(page, "main"))
    assert "de 2 chamada(s)" in page


@pytest.mark.on_both_stores
def test_traffic_is_counted_over_a_bounded_number_of_calls(staffed: Desk) -> None:
    for number in range(5):
        heard(staffed, f"CA{number}", ("node.entered", "main", "menu"), hours_ago=number / 10)
    with staffed.rt.store.begin(write=False) as tx:
        since = tx.now() - timedelta(hours=5)
        few = tx.admin_views.traffic(since=since, most=3)
        all_ = tx.admin_views.traffic(since=since, most=5)
    assert (few.calls, few.whole, few.flows) == (3, False, {"main": 3})
    assert (all_.calls, all_.whole, [row.calls for row in all_.nodes]) == (5, True, [5])


def test_flow_shows_traffic_errors_and_where_callers_hung_up(staffed: Desk) -> None:
    heard(
        staffed,
        "CA1",
        ("node.entered", "main", "menu"),
        ("input.no_match", "main", "menu"),
        ("fault.bound", "main", "menu"),
    )
    with staffed.rt.store.begin() as tx:
        tx.calls.end("CA1", at=tx.now(), by="caller", outcome="abandoned")
    answer = staff_inside(staffed, CARLA).open("/fluxos/main?no=menu")
    words = text_of(answer)
    assert "1 chamada(s) · 1 entrada(s) sem efeito · 1 desligaram aqui · 1 erro(s)" in words
    assert "1 · 1 !" in words, "the badge of the drawing"


def test_drawing_has_a_link_for_each_node_and_the_panel_tells_the_node(staffed: Desk) -> None:
    answer = staff_inside(staffed, CARLA).open("/fluxos/main?no=menu")
    svg = re.search(r"<svg.*?</svg>", answer.text, re.DOTALL)
    assert svg is not None
    for node in staffed.rt.flows.current.flows["main"].nodes:
        assert f'href="/fluxos/main?no={node}#no"' in svg[0]
    assert "style=" not in svg[0], "the policy forbids inline styles"
    words = text_of(answer)
    assert staffed.rt.prompts.prompts["main.menu"].text in words
    assert "tecla 1" in words
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]


def test_without_graphviz_the_list_of_nodes_stands_alone(
    staffed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    answer = staff_inside(staffed, CARLA).open("/fluxos/main")
    assert answer.status_code == 200
    assert "<svg" not in answer.text
    assert "não está instalado" in answer.text
    for node in staffed.rt.flows.current.flows["main"].nodes:
        assert f'id="lista-{node}"' in answer.text


def test_every_node_of_every_flow_has_its_panel(staffed: Desk) -> None:
    browser = staff_inside(staffed, CARLA)
    for flow in staffed.rt.flows.current.flows.values():
        for node in flow.nodes:
            assert browser.open(f"/fluxos/{flow.id}?no={node}").status_code == 200, node


@pytest.mark.parametrize("path", ["/fluxos/nada", "/fluxos/..%2Fmain", "/fluxos/%00"])
def test_unknown_flow_is_told_as_such(staffed: Desk, path: str) -> None:
    answer = staff_inside(staffed, CARLA).open(path)
    assert answer.status_code == 404


def test_unknown_node_is_told_and_not_repeated(staffed: Desk) -> None:
    answer = staff_inside(staffed, CARLA).open("/fluxos/main?no=<script>alert(1)</script>")
    assert answer.status_code == 200
    assert "Nó desconhecido" in answer.text
    assert "alert(1)" not in answer.text


def earlier_revision(desk: Desk) -> str:
    """Keep a revision in which ``main`` had another menu and one more node."""
    with desk.rt.store.begin() as tx:
        text = tx.flows.get(desk.rt.flows.current.revision)
        assert text is not None
        files = json.loads(text)
        file = next(data for data in files.values() if data["id"] == "main")
        file["nodes"]["menu"]["attempts"] = 9
        file["nodes"]["old"] = {"type": "goto", "to": "menu"}
        del file["nodes"]["complaint"]
        tx.flows.save("aaaaaaaaaaaa", json.dumps(files), at=tx.now() - timedelta(days=3))
    return "aaaaaaaaaaaa"


def test_difference_tells_nodes_added_removed_and_changed_keys(staffed: Desk) -> None:
    staffed.rt.flows.publish(staffed.rt.store)
    old, new = earlier_revision(staffed), staffed.rt.flows.current.revision
    found = difference(staffed.rt, old, new)
    assert found is not None
    told = {(one.node, one.change) for one in found}
    assert told == {("menu", "changed"), ("old", "removed"), ("complaint", "added")}
    menu = next(one for one in found if one.node == "menu")
    assert [(key.key, key.before, key.after) for key in menu.keys] == [("attempts", "9", "")]
    assert difference(staffed.rt, new, new) == []
    page = staff_inside(staffed, CARLA).open(f"/fluxos/diferenca?de={old}&ate={new}")
    assert "main.old" in text_of(page)
    assert f"/fluxos/diferenca?de={old}" in staff_inside(staffed, CARLA).open("/fluxos").text


def test_unknown_revision_is_told(staffed: Desk) -> None:
    answer = staff_inside(staffed, CARLA).open("/fluxos/diferenca?de=nada&ate=nada")
    assert answer.status_code == 404
    assert "Revisão desconhecida" in answer.text


def test_auditor_does_not_see_flows(staffed: Desk) -> None:
    assert staff_inside(staffed, ELISA).open("/fluxos").status_code == 403


def test_node_is_found_by_name_by_what_is_said_and_without_accents(staffed: Desk) -> None:
    carla = staff_inside(staffed, CARLA)
    assert "no=priority" in carla.open("/fluxos?busca=prioridade").text
    said = staffed.rt.prompts.prompts["hours.reopens"].text.split("{")[0].strip()
    page = carla.open(f"/fluxos?busca={said.upper()}").text
    assert '/fluxos/person?no=closed#no"' in page
    assert "Nenhum nó" in carla.open("/fluxos?busca=xyzzy").text
    assert "<script>x" not in carla.open("/fluxos?busca=<script>x").text


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.text(max_size=80))
def test_any_search_finds_nodes_that_there_are(still: Desk, asked: str) -> None:
    book = still.rt.flows.current
    found = nodes_like(book, {n: p.text for n, p in still.rt.prompts.prompts.items()}, asked)
    assert len(found) <= MOST
    assert all(one.node in book.flows[one.flow].nodes for one in found)


def test_way_of_a_call_is_lit_in_the_drawing_and_told_as_a_list(staffed: Desk) -> None:
    with staffed.rt.store.begin() as tx:
        tx.calls.add(a_call("CA2", revision=staffed.rt.flows.current.revision))
        tx.tickets.add(a_ticket("CA2"))
        places = (("main", "menu"), ("person", "start"), ("person", "open"))
        entries = [
            JournalEntry(turn=0, seq=n, at=tx.now(), kind="node.entered", flow=flow, node=node)
            for n, (flow, node) in enumerate(places)
        ]
        tx.journal.add("CA2", entries)
    carla = staff_inside(staffed, CARLA)
    page = carla.open("/fluxos/person?chamada=CA2").text
    assert "Caminho da chamada em azul" in page
    assert len(re.findall(r'class="node lit"', page)) == 3, (
        "the two of this flow and where it came from"
    )
    assert len(re.findall(r'class="edge lit"', page)) == 1
    way = page.partition('<ol class="way">')[2].partition("</ol>")[0]
    assert re.findall(r">(\w+\.\w+)</a></li>", way) == [
        "main.menu",
        "person.start",
        "person.open",
    ]
    assert "chamada=CA2" in carla.open("/fluxos/main?no=menu&chamada=CA2").text
    assert 'class="node lit"' not in carla.open("/fluxos/person").text
    assert "/fluxos/person?chamada=CA2" in carla.open("/chamadas/CA2").text


@pytest.mark.parametrize("sid", ["CA-none", "x", "CA9"])
def test_way_of_no_call_is_told_in_the_words_of_one_that_may_not_be_seen(
    staffed: Desk, sid: str
) -> None:
    heard(staffed, "CA9")
    carla = staff_inside(staffed, CARLA)
    unknown = carla.open(f"/fluxos/person?chamada={sid}")
    assert (unknown.status_code, "Sem caminho para mostrar" in unknown.text) == (200, True)
    davi = staff_inside(staffed, DAVI)
    assert "Sem caminho para mostrar" in davi.open(f"/fluxos/person?chamada={sid}").text
