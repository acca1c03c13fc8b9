"""The screen pop: what an agent knows of a caller before the first word, and nothing more."""

from __future__ import annotations

import re
from datetime import timedelta

from desk import Desk, people
from web.agent.console_world import (
    Agent,
    asks_for_person,
    caller_waits,
    failed_caller_waits,
    plain,
    proven_caller_waits,
    region,
    tick,
)
from web.phone_line import call, identify, later
from web.staff_browser import BRUNO

from ivr.ports.staff import StaffRow
from ivr.service.desk.pop import pop_of


def test_card_tells_who_how_sure_why_wait_ticket_in_that_order(desk: Desk, ana: Agent) -> None:
    proven_caller_waits(desk)
    shown = region(ana.open(), "r-centro")
    order = [
        people()["ana"]["name"],
        "Identidade confirmada — CPF + senha do telefone + código por SMS, 10:00",
        "Por quê",
        "pediu atendente",
        "Já esperou",
        "Chamado",
        "prazo",
        "Atender",
        "Recusar",
    ]
    shown = shown[shown.index("Chamada chegando:") + len("Chamada chegando: ") :]
    shown = shown[shown.index(people()["ana"]["name"], 1) :]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)


def test_number_that_tells_nothing_is_an_unknown_number(desk: Desk, ana: Agent) -> None:
    caller_waits(desk, caller="+5567999990098")
    shown = region(ana.open(), "r-centro")
    assert "Número desconhecido" in shown
    assert "telefone de final 0098" in shown
    assert "Não confirmada" in shown


def test_withheld_number_says_so(desk: Desk, ana: Agent) -> None:
    caller_waits(desk, caller="anonymous")
    assert "número oculto" in region(ana.open(), "r-centro")


def test_failed_proofs_are_counted_by_factor_and_are_the_reason(desk: Desk, ana: Agent) -> None:
    failed_caller_waits(desk)
    shown = region(ana.open(), "r-centro")
    assert re.search(r"Falhou \d× — senha do telefone \d×", shown)
    assert re.search(r"senha do telefone não confere \d×", shown)
    assert "Muitas provas erradas nesta conta" in shown


def test_somebody_who_only_keyed_a_number_is_partial(desk: Desk, ana: Agent) -> None:
    line = identify(call(desk), people()["bento"]["cpf"])
    asks_for_person(line)
    assert "Parcial — só CPF" in region(ana.open(), "r-centro")


def test_call_from_another_number_than_the_registered_mobile_warns(desk: Desk, ana: Agent) -> None:
    line = identify(call(desk, caller="+5567999990098"), people()["bento"]["cpf"])
    asks_for_person(line)
    assert "Liga de um número que não é o celular cadastrado" in region(ana.open(), "r-centro")


def test_call_from_the_registered_mobile_does_not_warn(desk: Desk, ana: Agent) -> None:
    line = identify(call(desk), people()["ana"]["cpf"])
    asks_for_person(line)
    assert "não é o celular" not in region(ana.open(), "r-centro")


def test_mobile_changed_yesterday_and_frozen_and_locked_accounts_warn(
    desk: Desk, ana: Agent
) -> None:
    for who, words in (
        ("gilda", "Celular trocado há pouco"),
        ("clara", "Conta bloqueada no diretório"),
        ("davi", "Conta desativada no diretório"),
        ("elisa", "Conta de administração"),
    ):
        line = identify(call(desk, who), people()[who]["cpf"])
        if who == "gilda":
            with desk.rt.store.begin() as tx:
                person = tx.calls.view(line.sid, 0).call.person  # type: ignore[union-attr]
                tx.resets.freeze(person, until=tx.now() + timedelta(days=30))
        asks_for_person(line)
        shown = region(ana.open(), "r-centro")
        assert words in shown
        assert ("não fui eu" in shown) == (who == "gilda")
        line.hang_up()


def test_second_call_of_the_day_says_so(desk: Desk, ana: Agent) -> None:
    caller_waits(desk, "first").hang_up()
    caller_waits(desk, "second")
    assert "2ª chamada hoje" in region(ana.open(), "r-centro")


def test_way_through_the_ivr_is_told_in_plain_portuguese(desk: Desk, ana: Agent) -> None:
    proven_caller_waits(desk)
    pop = pop_of(desk.rt, ana.offer.id, ana.id)
    assert pop is not None
    ana.picks_up()
    kinds = [line.kind for line in pop.path]
    assert kinds[0] == "call.opened"
    assert kinds[-1] == "queue.entered"
    assert "proof.passed" in kinds
    assert len(kinds) <= 8


def test_card_holds_no_whole_cpf_phone_pin_or_code(desk: Desk, ana: Agent) -> None:
    proven_caller_waits(desk)
    person = people()["ana"]
    page = ana.open()
    digits = re.sub(r"\D", "", plain(page))
    for secret in (person["cpf"], person["pin"], desk.sms.code(), person["mobile"][3:]):
        assert secret not in page
        assert secret not in digits


def test_offer_is_told_to_its_agent_only(desk: Desk, ana: Agent) -> None:
    proven_caller_waits(desk)
    offer = ana.offer
    other = Agent(desk, BRUNO)
    assert people()["ana"]["name"] not in other.open(f"/agente/oferta/{offer.id}")
    assert pop_of(desk.rt, offer.id, other.id) is None
    answer = other.press(f"/ofertas/{offer.id}/atender")
    assert answer.status_code == 409
    assert "não está com você" in answer.text
    assert people()["ana"]["name"] not in answer.text


def test_wait_is_the_ivr_and_the_queue_apart(desk: Desk, ana: Agent) -> None:
    ana.press("/agente/estado", estado="paused", motivo="descanso")
    line = call(desk)
    later(desk, seconds=75)
    asks_for_person(line)
    later(desk, seconds=20)
    ana.available()
    assert "URA 01:15 · fila 00:20" in region(ana.open(), "r-centro")


def test_caller_who_gives_up_leaves_a_grey_card_with_the_time(desk: Desk, ana: Agent) -> None:
    line = caller_waits(desk)
    offer = ana.seen()
    later(desk, seconds=18)
    line.hang_up()
    shown = region(ana.open(f"/agente/oferta/{offer.id}"), "r-centro")
    assert "Desistiu após 00:18." in shown
    assert "Ver o registro" in shown
    answer = ana.press(f"/ofertas/{offer.id}/atender")
    assert answer.status_code == 409
    assert "Quem ligou desistiu antes." in plain(answer.text)


def test_declined_call_needs_a_reason_of_the_list(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.seen()
    assert ana.press(f"/ofertas/{offer.id}/recusar", motivo="porque sim").status_code == 409
    answer = ana.press(f"/ofertas/{offer.id}/recusar", motivo="tecnico")
    assert answer.status_code == 200
    assert "segue na fila" in plain(answer.text)


def test_answer_from_card_says_to_pick_the_telephone_up(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.seen()
    first = ana.press(f"/ofertas/{offer.id}/atender")
    assert "Atenda no seu telefone" in plain(first.text)
    ana.picks_up()
    again = ana.press(f"/ofertas/{offer.id}/atender")
    assert again.status_code == 200
    assert "Tempo de conversa" in again.text


def test_two_missed_offers_pause_the_agent_with_a_banner_and_a_way_back(
    desk: Desk, ana: Agent
) -> None:
    for name in ("first", "second"):
        caller_waits(desk, name)
        offer = ana.seen()
        tick(desk, seconds=15)
        ana.press("/agente/pulso")
        tick(desk, seconds=15)
    shown = ana.open(f"/agente/oferta/{offer.id}")
    assert "Você não atendeu — pausado por sistema." in region(shown, "r-aviso")
    assert "Não atendida a tempo" in region(shown, "r-centro")
    back = ana.press("/agente/estado", estado="available")
    assert "pausado por sistema" not in region(back.text, "r-aviso")


def test_staff_without_the_role_of_an_agent_has_no_console(desk: Desk) -> None:
    from web.staff_browser import DAVI, staff_inside

    browser = staff_inside(desk, DAVI)
    for path in ("/agente", "/agente/painel", "/agente/oferta/x"):
        assert browser.open(path).status_code == 403


def test_row_of_staff_never_shows_its_telephone(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    with desk.rt.store.begin(write=False) as tx:
        row = tx.staff.get(ana.id)
    assert isinstance(row, StaffRow)
    assert row.line
    assert row.line[-8:] not in re.sub(r"\D", "", ana.open("/agente"))
