"""Several live tickets, a guess by the number, nobody known: what the card opens."""

from __future__ import annotations

import re

import pytest
from desk import Desk, people
from web.agent.console_world import Agent, asks_for_person, caller_waits, plain, region
from web.phone_line import CALLER, PhoneLine, call, identify, later, prove

from ivr.service.desk.actions import REASONS
from ivr.service.desk.pop import Pop, pop_of

OTHER = "+5567999990098"


def earlier_call(desk: Desk, name: str, who: str, *, proven: bool = True) -> PhoneLine:
    """Somebody called before from the usual number and hung up; the ticket stays open."""
    line = call(desk, name)
    if proven:
        prove(line, who)
    else:
        identify(line, people()[who]["cpf"])
    asks_for_person(line)
    line.hang_up()
    later(desk, minutes=1)
    return line


def reopen(desk: Desk) -> None:
    """Every ticket is live."""
    from web.phone_line import sql

    sql(desk, "UPDATE tickets SET status = 'open', closed_at = NULL")


def card_of(agent: Agent) -> tuple[Pop, str]:
    offer = agent.offer
    pop = pop_of(agent.desk.rt, offer.id, agent.id)
    assert pop is not None
    return pop, region(agent.open(), "r-centro")


@pytest.fixture
def away(ana: Agent) -> Agent:
    """Ana is there, but takes no calls yet."""
    ana.press("/agente/estado", estado="paused", motivo="descanso")
    return ana


def test_number_of_somebody_who_once_proved_it_is_a_guess_in_words_and_nothing_else(
    desk: Desk, away: Agent
) -> None:
    earlier_call(desk, "before", "ana")
    ana = away.available()
    caller_waits(desk, "now")
    pop, card = card_of(ana)
    name = people()["ana"]["name"]
    assert [guess.name for guess in pop.guesses] == [name]
    assert f"Talvez: {name} (ligou deste número em" in card
    assert "O número não prova quem fala." in card
    assert (pop.who.name, pop.who.strength, pop.who.proofs) == ("", "none", ())
    assert "Não confirmada" in card
    assert "Número desconhecido" in card
    page = ana.open()
    heading = re.search(r'<h2 id="quem">(.*?)</h2>', page, re.DOTALL)
    badge = re.search(r'<p class="identidade[^"]*">(.*?)</p>', page, re.DOTALL)
    alert = re.search(r'role="alert">(.*?)</p>', page, re.DOTALL)
    for part in (heading, badge, alert):
        assert part is not None
        assert name not in part[1]
    assert name not in region(page, "r-contato")


def test_guess_opens_no_action_and_no_ticket_of_that_person(desk: Desk, away: Agent) -> None:
    earlier_call(desk, "before", "ana")
    reopen(desk)
    ana = away.available()
    line = caller_waits(desk, "now")
    pop, card = card_of(ana)
    assert pop.own_ticket
    assert pop.ticket.call_sid == line.sid
    assert (pop.ticket.person, pop.ticket.identity) == ("", "anonymous")
    assert pop.others == ()
    assert len(pop.maybe) == 1
    assert "talvez de outra pessoa" in card
    offer = ana.picks_up()
    for kind in ("reset", "unlock"):
        answer = ana.press(f"/agente/conversa/{offer.id}/acao/{kind}", servico="email")
        assert answer.status_code == 409
        assert REASONS["not_identified"] in plain(answer.text)
    with desk.rt.store.begin(write=False) as tx:
        assert tx.ticket_log.proofs(line.sid) == []
        contact = tx.ticket_log.contact(line.sid)
    assert contact is None or contact.person == ""


def test_who_only_keyed_a_cpf_from_a_number_is_never_guessed(desk: Desk, away: Agent) -> None:
    earlier_call(desk, "before", "ana", proven=False)
    ana = away.available()
    caller_waits(desk, "now")
    assert card_of(ana)[0].guesses == ()


def test_another_number_and_a_withheld_one_lead_to_no_guess(desk: Desk, away: Agent) -> None:
    earlier_call(desk, "before", "ana")
    ana = away.available()
    for number in (OTHER, "anonymous"):
        line = caller_waits(desk, number, caller=number)
        pop, card = card_of(ana)
        assert pop.guesses == ()
        assert "Talvez" not in card
        line.hang_up()


def test_guess_is_gone_as_soon_as_somebody_identifies_themselves(desk: Desk, away: Agent) -> None:
    earlier_call(desk, "before", "ana")
    ana = away.available()
    asks_for_person(identify(call(desk, "now"), people()["bento"]["cpf"]))
    pop, card = card_of(ana)
    assert pop.guesses == ()
    assert people()["ana"]["name"] not in card


def test_unknown_caller_is_a_new_record_with_the_masked_telephone_only(
    desk: Desk, ana: Agent
) -> None:
    caller_waits(desk, caller=OTHER)
    page = ana.open()
    contact = region(page, "r-contato")
    assert "Registro novo: só o telefone é conhecido." in contact
    assert "(**) *****-0098" in contact
    assert OTHER[3:] not in re.sub(r"\D", "", plain(page))
    assert "novo, desta ligação" in region(page, "r-centro")


def test_several_live_tickets_are_listed_with_the_newest_open(desk: Desk, away: Agent) -> None:
    first = earlier_call(desk, "first", "ana")
    second = earlier_call(desk, "second", "ana")
    reopen(desk)
    ana = away.available()
    asks_for_person(prove(call(desk, "now"), "ana"))
    pop, card = card_of(ana)
    assert pop.ticket.call_sid == second.sid
    assert [ticket.call_sid for ticket in pop.others] == [first.sid]
    assert pop.maybe == ()
    assert "Outros abertos:" in card
    page = ana.open()
    assert "Outros chamados abertos desta pessoa" in region(page, "r-chamado")
    assert page.count('<details class="outro">') == 1


def test_ticket_of_the_same_number_belongs_to_the_number_and_not_to_the_identified(
    desk: Desk, away: Agent
) -> None:
    """Bento calls from Ana's number: none of her tickets is shown to be his."""
    hers = earlier_call(desk, "hers", "ana")
    reopen(desk)
    ana = away.available()
    asks_for_person(identify(call(desk, "now", caller=CALLER), people()["bento"]["cpf"]))
    pop, _ = card_of(ana)
    shown = {t.call_sid for t in (pop.ticket, *pop.others, *pop.maybe)}
    assert hers.sid not in shown
