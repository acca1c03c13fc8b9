"""“Pedir nova prova”: the agent asks, the caller proves to the system, the same agent gets them."""

from __future__ import annotations

import pytest
from desk import Desk, people
from web.agent.console_world import (
    Agent,
    asks_for_person,
    caller_waits,
    plain,
    proven_caller_waits,
    region,
)
from web.phone_line import PhoneLine, later
from web.staff_browser import BRUNO

from ivr.service.desk.actions import REASONS
from ivr.service.desk.proof_again import AGAIN
from ivr.service.desk.router import route_now


def press(agent: Agent, offer: str, reason: str = "novo_pedido") -> str:
    """The dialog's button."""
    answer = agent.press(f"/agente/conversa/{offer}/nova-prova", motivo=reason)
    return f"{answer.status_code} {plain(answer.text)}"


def leaves_the_room(line: PhoneLine) -> PhoneLine:
    """The carrier tells that the caller's conference is over."""
    line.go_on(DialCallStatus="completed", DialCallDuration="40", DialBridged="true")
    return line


def proves_by_keys(line: PhoneLine, who: str = "ana") -> PhoneLine:
    """CPF, yes, PIN, the code of the SMS."""
    person = people()[who]
    line.key(person["cpf"])
    line.key("1")
    line.key(person["pin"])
    line.desk.work()
    line.key(line.desk.sms.code())
    return line


def test_caller_proves_by_keypad_and_comes_back_verified_to_the_same_agent(
    desk: Desk, ana: Agent
) -> None:
    bruno = Agent(desk, BRUNO)
    line = caller_waits(desk)
    offer = ana.picks_up()
    before = plain(ana.open())
    assert "Não confirmada" in before
    assert "Enviar link de redefinição por SMS: Ninguém se identificou nesta ligação." in before
    told = press(ana, offer.id)
    assert told.startswith("200")
    assert "provando a identidade ao sistema" in told
    assert "Pós-atendimento" in region(ana.open(), "r-centro")
    bruno.available()
    leaves_the_room(line)
    assert not any(b"<Enqueue" in document for document in line.heard[-1:])
    proves_by_keys(line)
    while b"<Enqueue" not in line.heard[-1]:
        line.go_on()
    assert route_now(desk.rt) == 0, "another agent must not get the caller"
    word = next(iter(desk.rt.queues.dispositions("atendimento")))
    done = ana.press(
        f"/agente/conversa/{offer.id}/concluir", classe="contato", desfecho=word, notas="x"
    )
    assert done.status_code == 200
    back = ana.offer
    assert (back.call_sid, back.agent) == (line.sid, ana.id)
    card = region(ana.open(), "r-centro")
    assert people()["ana"]["name"] in card
    assert "Identidade confirmada — CPF + senha do telefone + código por SMS" in card
    second = ana.picks_up()
    shown = plain(ana.open())
    assert "senha do telefone: confere" in shown
    answer = ana.press(f"/agente/conversa/{second.id}/acao/reset", servico="email")
    assert answer.status_code == 200
    assert "Pedido feito." in plain(answer.text)


def test_wrong_proof_does_not_come_back_as_verified(desk: Desk, ana: Agent) -> None:
    line = caller_waits(desk)
    offer = ana.picks_up()
    press(ana, offer.id)
    leaves_the_room(line)
    line.key(people()["ana"]["cpf"])
    line.key("1")
    for _ in range(4):
        if not line.hears("priority.ask") and b"<Enqueue" not in line.heard[-1]:
            line.key("99999999")
    if b"<Enqueue" not in line.heard[-1]:
        asks_for_person(line)
    word = next(iter(desk.rt.queues.dispositions("atendimento")))
    ana.press(f"/agente/conversa/{offer.id}/concluir", classe="contato", desfecho=word, notas="x")
    route_now(desk.rt)
    card = region(ana.open(), "r-centro")
    assert "Falhou" in card
    assert "Identidade confirmada" not in card


@pytest.mark.parametrize("reason", ["", "porque sim"])
def test_reason_of_the_list_must_be_chosen(desk: Desk, ana: Agent, reason: str) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    assert press(ana, offer.id, reason).startswith("409")
    assert REASONS["no_reason"] in press(ana, offer.id, reason)
    assert ana.talk.ended_at is None


def test_refusals_are_told_in_words_and_the_talk_goes_on(desk: Desk, ana: Agent) -> None:
    line = proven_caller_waits(desk)
    offer = ana.picks_up()
    assert REASONS["not_yours"] in press(Agent(desk, BRUNO), offer.id)
    assert ana.talk.ended_at is None
    line.hang_up()
    assert REASONS["over"] in press(ana, offer.id)


def test_dialog_shows_each_reason_and_the_press_is_in_the_history(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    page = plain(ana.open())
    assert all(words in page for words in AGAIN.values())
    press(ana, offer.id)
    later(desk, seconds=1)
    assert "Pedir nova prova — pedido" in region(ana.open(), "r-chamado")
