"""``/supervisao``: the desk as it is now, its alerts, and what a supervisor may change."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import Desk
from metric_stories import Story, write
from store_rows import a_call, a_ticket, an_attempt
from web.phone_line import call
from web.staff_browser import (
    ANA,
    BRUNO,
    CARLA,
    DAVI,
    StaffBrowser,
    staff_inside,
    staff_row,
    with_staff,
)

from ivr.domain.local_time import local_date
from ivr.ports.desk import EngagementRow, OfferRow
from ivr.ports.queues import QueueRow
from ivr.ports.staff import StaffRow
from ivr.service.board import board_of
from ivr.service.board_actions import messages_of
from ivr.service.board_alerts import watch
from ivr.service.desk.entries import enter_queue
from ivr.service.desk.ledger import check_ledger
from ivr.service.desk.presence import beat, go_available, pause
from ivr.service.reports import start_of

QUEUE = "atendimento"
NUMBER = "+5567999990001"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def caller(desk: Desk, sid: str, *, queue: str = QUEUE, **changes: Any) -> str:
    """Somebody who waits."""
    with desk.rt.store.begin() as tx:
        now = tx.now()
        tx.calls.add(a_call(sid, started_at=now, caller=NUMBER))
        tx.tickets.add(a_ticket(sid, opened_at=now, service="email", identity="identified"))
        tx.desk.lock()
        enter_queue(tx, QueueRow(call_sid=sid, queue=queue, entered_at=now, **changes), now=now)
    return sid


def entry(desk: Desk, sid: str) -> QueueRow:
    with desk.rt.store.begin(write=False) as tx:
        found = tx.queues.entry(sid)
    assert found is not None
    return found


def order(desk: Desk, queue: str = QUEUE) -> list[str]:
    with desk.rt.store.begin(write=False) as tx:
        return [row.call_sid for row in tx.metrics.waiting(queue, limit=9)]


def audited(desk: Desk, subject: str) -> list[str]:
    with desk.rt.store.begin(write=False) as tx:
        return [f"{line.actor} {line.action}" for line in tx.audit.of(subject)]


def later(desk: Desk, seconds: float) -> None:
    desk.clock.at += timedelta(seconds=seconds)  # type: ignore[misc]


def there(desk: Desk, login: str = ANA) -> str:
    agent = staff_row(desk, login).id
    beat(desk.rt, agent)
    go_available(desk.rt, agent)
    return agent


def inside(desk: Desk, login: str = CARLA) -> StaffBrowser:
    return staff_inside(desk, login)


def act(browser: StaffBrowser, path: str, **fields: str) -> str:
    """Send a form of the board; what the board says then."""
    answer = browser.send(path, form_at="/supervisao", **fields)
    assert answer.status_code == 303
    return text_of(browser.open(answer.headers["Location"]))


def test_strip_tells_the_numbers_of_now_in_their_order(staffed: Desk) -> None:
    pause(staffed.rt, there(staffed), "almoco")
    caller(staffed, "CA1")
    later(staffed, 102)
    caller(staffed, "CA2")
    words = text_of(inside(staffed).open("/supervisao"))
    names = [
        "Na fila agora 2", "Maior espera 01:42", "Livres 0", "Em chamada 0", "Pós-atendimento 0",
        "Em pausa 1 Almoço 1", "Desconectados", "Nível de serviço hoje", "Abandono hoje", "TME",
        "TMA", "Resolvidas na URA", "CSAT hoje",
    ]  # fmt: skip
    places = [words.index(name) for name in names]
    assert places == sorted(places)


def test_waiting_callers_are_masked_and_led_to_their_call(staffed: Desk) -> None:
    caller(staffed, "CA1")
    page = inside(staffed).open("/supervisao").text
    assert "(**) *****-0001" in page
    assert "99999" not in page
    assert 'href="/chamadas/CA1"' in page
    assert "E-mail oficial" in page


def test_day_on_the_board_is_the_day_of_the_report(staffed: Desk) -> None:
    with staffed.rt.store.begin() as tx:
        now = tx.now()
        tx.staff.add(StaffRow(id="ana", login="ana", name="Ana", created_at=now))
    base = start_of(local_date(now)) + timedelta(hours=6)
    for number in range(12):
        write(staffed.rt, base, Story(at=1000 * number, kind="talk", wait=30 if number else 5))
    board = board_of(staffed.rt)
    assert board.today["nivel_de_servico"].parts == {"over": 1, "under": 12}
    assert board.today["tma"].value == 80
    words = text_of(inside(staffed).open("/relatorios"))
    assert "Nível de serviço 8,3% n=12" in words
    assert "8,3%" in text_of(inside(staffed).open("/supervisao"))


def test_wall_shows_nothing_of_single_people(staffed: Desk) -> None:
    there(staffed)
    caller(staffed, "CA1")
    for login in (CARLA, DAVI):
        page = inside(staffed, login).open("/supervisao/tv").text
        assert "Na fila" in page
        for secret in ("0001", "Ana", "Bruno", "CA1", "P-CA1"):
            assert secret not in page, secret


def test_moved_call_keeps_its_rank_and_the_ledger_holds(staffed: Desk) -> None:
    caller(staffed, "CA1", queue=QUEUE)
    began = entry(staffed, "CA1").ranked_at
    later(staffed, 60)
    caller(staffed, "CA2", queue="segundo_nivel")
    words = act(inside(staffed), "/supervisao/espera/CA1/mover", fila="segundo_nivel")
    assert "A chamada foi movida" in words
    assert order(staffed, "segundo_nivel") == ["CA1", "CA2"]
    assert entry(staffed, "CA1").ranked_at == began
    assert audited(staffed, "call:CA1") == [f"{staff_row(staffed, CARLA).id} call.moved"]
    lines, wrong = check_ledger(staffed.rt)
    assert lines > 2
    assert wrong is None


def test_call_put_ahead_is_next_even_before_a_right_by_law(staffed: Desk) -> None:
    caller(staffed, "CA1", priority=20, priority_kind="oitenta")
    caller(staffed, "CA2")
    assert order(staffed) == ["CA1", "CA2"]
    browser = inside(staffed)
    assert "passou à frente" in act(browser, "/supervisao/espera/CA2/priorizar")
    assert order(staffed) == ["CA2", "CA1"]
    assert "já está na frente" in act(browser, "/supervisao/espera/CA2/priorizar")


@pytest.mark.parametrize("queue", [QUEUE, "nenhuma", ""])
def test_call_moves_only_to_another_queue_that_exists(staffed: Desk, queue: str) -> None:
    caller(staffed, "CA1")
    words = act(inside(staffed), "/supervisao/espera/CA1/mover", fila=queue)
    assert "Escolha outra fila" in words
    assert entry(staffed, "CA1").queue == QUEUE
    assert audited(staffed, "call:CA1") == []


def test_call_that_is_gone_or_rings_is_not_moved(staffed: Desk) -> None:
    browser = inside(staffed)
    assert "já não espera" in act(browser, "/supervisao/espera/CAx/priorizar")
    caller(staffed, "CA1")
    agent = staff_row(staffed, ANA).id
    with staffed.rt.store.begin() as tx:
        now = tx.now()
        tx.desk.add_offer(
            OfferRow(
                id="O1",
                call_sid="CA1",
                protocol="P-CA1",
                queue=QUEUE,
                agent=agent,
                reserved_at=now,
                due_at=now + timedelta(seconds=3),
            )  # fmt: skip
        )
    assert "já está tocando" in act(browser, "/supervisao/espera/CA1/priorizar")
    assert "tocando para um agente" in text_of(browser.open("/supervisao"))


def test_agent_is_paused_and_sent_away_and_both_are_audited(staffed: Desk) -> None:
    agent = there(staffed)
    browser = inside(staffed)
    path = f"/supervisao/agentes/{agent}/estado"
    act(browser, path, estado="pausa", motivo="reuniao")
    with staffed.rt.store.begin(write=False) as tx:
        row = tx.desk.presence(agent)
    assert row is not None
    assert (row.state, row.reason) == ("paused", "reuniao")
    act(browser, path, estado="desconectar")
    assert "só ele mesmo pode entrar" in act(browser, path, estado="disponivel")
    assert "Este estado não existe" in act(browser, path, estado="voando")
    lines = [line for line in audited(staffed, f"staff:{agent}") if "state_changed" in line]
    assert len(lines) == 2


def test_stuck_wrap_up_is_finished(staffed: Desk) -> None:
    agent = there(staffed)
    caller(staffed, "CA1")
    with staffed.rt.store.begin() as tx:
        now = tx.now()
        offer = OfferRow(
            id="O1", call_sid="CA1", protocol="P-CA1", queue=QUEUE, agent=agent, state="answered",
            reserved_at=now, due_at=now,
        )  # fmt: skip
        tx.desk.add_offer(offer)
        tx.desk.add_engagement(
            EngagementRow(
                offer="O1",
                call_sid="CA1",
                protocol="P-CA1",
                queue=QUEUE,
                agent=agent,
                started_at=now,
                ended_at=now,
                wrap_until=now + timedelta(minutes=9),
            )  # fmt: skip
        )
        row = tx.desk.presence(agent)
        assert row is not None
        tx.desk.change_presence(replace(row, state="wrap_up", offer="O1"), was=row.version)
        tx.queues.leave("CA1", at=now, result="answered")
    browser = inside(staffed)
    words = act(browser, f"/supervisao/agentes/{agent}/pos-atendimento")
    assert "O pós-atendimento foi encerrado" in words
    with staffed.rt.store.begin(write=False) as tx:
        row, talk = tx.desk.presence(agent), tx.desk.engagement("O1")
    assert row is not None
    assert row.state == "available"
    assert talk is not None
    assert talk.wrapped_at is not None
    again = act(browser, f"/supervisao/agentes/{agent}/pos-atendimento")
    assert "não está em pós-atendimento" in again


def test_alert_comes_once_stays_while_it_wavers_and_goes(staffed: Desk) -> None:
    caller(staffed, "CA1")
    there(staffed, BRUNO)
    assert watch(staffed.rt) == 0
    later(staffed, 130)
    assert watch(staffed.rt) == 1
    assert watch(staffed.rt) == 0
    browser = inside(staffed)
    words = text_of(browser.open("/supervisao"))
    assert "Maior espera na fila — Atendimento geral: 02:10" in words
    with staffed.rt.store.begin(write=False) as tx:
        (alert,) = tx.switches.raised()
    assert alert.level == "attention"
    assert "marcado como visto" in act(browser, f"/supervisao/alertas/{alert.id}/visto")
    assert "já tinha sido visto" in act(browser, f"/supervisao/alertas/{alert.id}/visto")
    assert audited(staffed, f"alert:{alert.id}") == [f"{staff_row(staffed, CARLA).id} alert.seen"]
    later(staffed, 200)
    assert watch(staffed.rt) == 1
    with staffed.rt.store.begin() as tx:
        assert [a.level for a in tx.switches.raised()] == ["critical"]
        tx.queues.leave("CA1", at=tx.now(), result="abandoned")
    assert watch(staffed.rt) == 1
    with staffed.rt.store.begin(write=False) as tx:
        assert list(tx.switches.raised()) == []
    assert "resolvido · Maior espera" in text_of(browser.open("/supervisao"))


def test_spike_of_failed_proofs_alarms(staffed: Desk) -> None:
    with staffed.rt.store.begin() as tx:
        for turn in range(25):
            tx.proofs.reserve(an_attempt(turn, at=tx.now(), passed=False))
    watch(staffed.rt)
    with staffed.rt.store.begin(write=False) as tx:
        assert [(a.kind, a.value) for a in tx.switches.raised()] == [("failed_proofs", 25)]


def test_queue_is_closed_for_a_while_and_opened_again(staffed: Desk) -> None:
    browser = inside(staffed)
    words = act(browser, f"/supervisao/filas/{QUEUE}/fechar", minutos="30")
    assert "A fila foi fechada" in words
    assert "fechada até" in words
    later(staffed, 31 * 60)
    assert "fechada até" not in text_of(inside(staffed).open("/supervisao"))
    browser = inside(staffed)
    act(browser, f"/supervisao/filas/{QUEUE}/fechar", minutos="0")
    assert "A fila foi aberta" in act(browser, f"/supervisao/filas/{QUEUE}/abrir")
    assert "já está aberta" in act(browser, f"/supervisao/filas/{QUEUE}/abrir")
    for minutes in ("", "-1", "9999999", "x"):
        words = act(browser, f"/supervisao/filas/{QUEUE}/fechar", minutos=minutes)
        assert "Escolha um prazo" in words
    kinds = [line.split()[1] for line in audited(staffed, f"queue:{QUEUE}")]
    assert kinds == ["queue.opened", "queue.closed", "queue.closed"]


def test_agents_are_filtered_by_queue_and_state_with_totals(staffed: Desk) -> None:
    there(staffed, ANA)
    browser = inside(staffed)
    words = text_of(browser.open("/supervisao?estado=available&forma=blocos"))
    assert "mostrando 1 de" in words
    section = browser.open("/supervisao?estado=available").text.split('id="t-agentes"')[1]
    assert "Ana Atendente" in section
    assert "Bruno" not in section
    assert browser.open("/supervisao?fila=x&estado=y&forma=z").status_code == 200


def test_form_without_its_token_does_nothing(staffed: Desk) -> None:
    browser = inside(staffed)
    answer = browser.post(f"/supervisao/filas/{QUEUE}/fechar", minutos="5")
    assert answer.status_code == 400
    assert "Nada foi feito" in text_of(answer)
    assert audited(staffed, f"queue:{QUEUE}") == []


def test_message_stands_before_the_menu_until_it_expires(staffed: Desk) -> None:
    browser = inside(staffed)
    assert not call(staffed, "zero").hears("outage.email")
    words = act(browser, "/supervisao/aviso", aviso="outage.email", minutos="30")
    assert "O aviso já toca antes do menu" in words
    assert "o e-mail oficial está com falha" in words
    line = call(staffed, "one")
    assert line.hears("outage.email")
    assert line.hears("main.menu")
    later(staffed, 30 * 60 + 1)
    line = call(staffed, "two")
    assert not line.hears("outage.email")
    assert line.hears("main.menu")


def test_message_is_stopped_by_hand_and_a_new_one_takes_its_place(staffed: Desk) -> None:
    browser = inside(staffed)
    act(browser, "/supervisao/aviso", aviso="outage.email", minutos="30")
    act(browser, "/supervisao/aviso", aviso="outage.network", minutos="30")
    line = call(staffed, "one")
    assert line.hears("outage.network")
    assert not line.hears("outage.email")
    with staffed.rt.store.begin(write=False) as tx:
        outage = tx.switches.outage(now=tx.now())
    assert outage is not None
    path = f"/supervisao/aviso/{outage.id}/encerrar"
    assert "deixou de tocar" in act(browser, path)
    assert "já tinha acabado" in act(browser, path)
    assert not call(staffed, "two").hears("outage.network")


@pytest.mark.parametrize(
    ("prompt", "minutes", "told"),
    [
        ("main.menu", "30", "Este aviso não existe"),
        ("", "30", "Este aviso não existe"),
        ("outage.email", "0", "Escolha um prazo"),
        ("outage.email", "1441", "Escolha um prazo"),
        ("outage.email", "", "Escolha um prazo"),
    ],
)
def test_only_a_message_of_the_catalogue_with_an_end_is_played(
    staffed: Desk, prompt: str, minutes: str, told: str
) -> None:
    assert told in act(inside(staffed), "/supervisao/aviso", aviso=prompt, minutos=minutes)
    assert not call(staffed).hears("outage.email")


def test_caller_of_a_closed_queue_is_not_left_waiting(staffed: Desk) -> None:
    browser = inside(staffed)
    act(browser, f"/supervisao/filas/{QUEUE}/fechar", minutos="30")
    line = call(staffed, "one")
    line.key("0")
    line.key("0")
    with staffed.rt.store.begin(write=False) as tx:
        assert tx.queues.entry(line.sid) is None
        kinds = [entry.kind for entry in tx.journal.of(line.sid)]
    assert "queue.closed" in kinds
    assert "queue.entered" not in kinds


def test_every_message_that_may_be_set_is_one_that_the_flow_says(staffed: Desk) -> None:
    book = staffed.rt.flows.current
    node = book.flows["main"].nodes["outage"]
    said = {prompt for _, prompt in node.prompts()}
    assert said == set(messages_of(staffed.rt))
