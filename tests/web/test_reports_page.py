"""``/relatorios``: numbers as the dictionary gives them, for whoever may see them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metric_stories import Story, write
from web.staff_browser import ANA, CARLA, DAVI, StaffBrowser, staff_inside, with_staff

from ivr.domain.local_time import local_date
from ivr.ports.staff import StaffRow
from ivr.service.reports import start_of

BLOCKS = (
    "volume", "mapa", "tendencia", "filas", "contencao", "desistencias", "quem-desligou",
    "servicos", "provas", "primeiro-contato", "satisfacao", "satisfacao-por-servico", "prazos",
)  # fmt: skip


def text_of(answer: object) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.text)  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture
def staffed(still: Desk) -> Desk:
    """Eleven answered calls, one abandoned, one short: all this morning."""
    with_staff(still)
    with still.rt.store.begin() as tx:
        now = tx.now()
        tx.staff.add(StaffRow(id="ana", login="ana", name="Ana Rara", created_at=now))
    base = start_of(local_date(now)) + timedelta(hours=8)
    for number in range(11):
        late = 90 if number == 0 else 10
        write(still.rt, base, Story(at=200 * number, kind="talk", wait=late, talk=100))
    write(still.rt, base, Story(at=4000, kind="abandoned", wait=120))
    write(still.rt, base, Story(at=4100, kind="abandoned", wait=2))
    write(still.rt, base, Story(at=4200, kind="menu"))
    return still


def inside(desk: Desk, login: str = CARLA) -> StaffBrowser:
    return staff_inside(desk, login)


def test_report_of_today_tells_the_figures_of_the_dictionary(staffed: Desk) -> None:
    words = text_of(inside(staffed).open("/relatorios"))
    assert "Chamadas 14" in words
    assert "Entraram na fila 13" in words
    assert "Abandonos curtos" in words
    assert "Nível de serviço 83,3% n=12" in words
    assert "F4: atendidas até T ÷ (atendidas + abandonadas depois de T), com T = 20 s" in words
    assert "Fórmula versão 1." in words


def test_every_block_has_its_table_its_file_and_its_calls(staffed: Desk) -> None:
    browser = inside(staffed)
    page = browser.open("/relatorios").text
    for block in (*BLOCKS, "agentes"):
        assert f'id="{block}"' in page, block
        answer = browser.open(f"/relatorios/csv/{block}")
        assert answer.status_code == 200, block
        assert answer.data.startswith(b"\xef\xbb\xbf")
        assert b";" in answer.data
    day = local_date(staffed.rt.clock.now()).isoformat()
    assert f"/chamadas?de={day}&amp;ate={day}&amp;abandonada=1" in page
    assert f"/chamadas?de={day}&amp;ate={day}&amp;agente=ana" in page


def test_file_of_the_queues_is_what_it_always_was(staffed: Desk) -> None:
    answer = inside(staffed).open("/relatorios/csv/filas")
    assert answer.data.decode("utf-8-sig").splitlines() == [
        "Fila;Entraram;Atendidas;Abandonaram;Abandonos curtos;Pediram retorno;Ninguém atendeu;"
        "Movidas;Esperando;Nível de serviço;Abandono;TME;Metade esperou até;9 em 10 esperaram até",
        "Atendimento geral;13;11;1;1;0;0;0;0;83,33;7,69;17;10;10",
    ]
    with staffed.rt.store.begin(write=False) as tx:
        lines = tx.audit.of("report:filas")
    assert [line.action for line in lines] == ["report.exported"]


def test_manager_sees_no_single_agent_anywhere(staffed: Desk) -> None:
    browser = inside(staffed, DAVI)
    page = browser.open("/relatorios").text
    assert "Ana Rara" not in page
    assert 'id="agentes"' not in page
    assert browser.open("/relatorios/csv/agentes").status_code == 404
    assert "Ana Rara" in inside(staffed).open("/relatorios").text


def test_agent_has_no_report(staffed: Desk) -> None:
    assert inside(staffed, ANA).open("/relatorios").status_code == 403


def test_share_of_few_calls_is_not_told(staffed: Desk) -> None:
    words = text_of(inside(staffed).open("/relatorios?mapa=ns"))
    assert "poucos dados (n=1)" in words or "poucos dados (n=2)" in words


def test_map_tells_nobody_called_from_has_not_happened_yet(staffed: Desk) -> None:
    day = local_date(staffed.rt.clock.now())
    page = inside(staffed).open(f"/relatorios?de={day}&ate={day}").text
    table = page[page.index('id="tabela-mapa"') :]
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)[:7]
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]
    today = cells[day.weekday()]
    assert today[3] == "0"
    assert today[8] not in ("0", "—")
    assert today[23] == "—"
    assert set(cells[(day.weekday() + 1) % 7]) == {"—"}


def test_comparison_tells_better_from_worse(staffed: Desk) -> None:
    base = start_of(local_date(staffed.rt.clock.now())) - timedelta(hours=14)
    for number in range(20):
        write(staffed.rt, base, Story(at=60 * number, kind="talk", wait=50))
    words = text_of(inside(staffed).open("/relatorios?comparar=1"))
    assert "▲ 83,3 pontos (melhor)" in words
    assert "Comparado com" in words


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("de=2026-11-20&ate=2026-11-10", "vem depois do último"),
        ("de=2026-02-30", "Esta data não existe"),
        ("de=2020-01-01&ate=2026-11-10", "passa de um ano"),
        ("dias=8", "não existe"),
        ("mapa=x", "não existe"),
        ("de=2099-01-01&ate=2099-01-02", "ainda não começou"),
    ],
)
def test_period_that_cannot_be_meant_is_told_in_plain_words(
    still: Desk, asked: str, told: str
) -> None:
    answer = inside(with_staff(still)).open(f"/relatorios?{asked}")
    assert answer.status_code == 400
    assert told in text_of(answer)


def test_empty_desk_has_a_report_without_a_single_number(still: Desk) -> None:
    answer = inside(with_staff(still)).open("/relatorios?comparar=1")
    assert answer.status_code == 200
    assert "Nenhuma chamada neste período" in text_of(answer)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=st.text(max_size=12), last=st.text(max_size=12), heat=st.text(max_size=5),
    days=st.text(max_size=4),
)  # fmt: skip
def test_any_address_gets_an_answer_in_plain_words(
    still: Desk, first: str, last: str, heat: str, days: str
) -> None:
    if not hasattr(still, "browser"):
        still.browser = inside(with_staff(still))  # type: ignore[attr-defined]
    answer = still.browser.client.get(  # type: ignore[attr-defined]
        "/relatorios",
        query_string={"de": first, "ate": last, "mapa": heat, "dias": days},
        base_url="http://ivr.test",
    )
    assert answer.status_code in (200, 400)
