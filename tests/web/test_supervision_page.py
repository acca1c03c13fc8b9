"""``/supervisao/escuta`` and its part of the board: who sees the talks, what each command answers,
and what stands in the audit log."""

from __future__ import annotations

import pytest
from desk import Desk
from web.staff_browser import ANA, BRUNO, CARLA, DAVI, StaffBrowser, staff_inside, with_staff
from web.test_board_page import caller, text_of, there

from ivr.service.board import board_of
from ivr.service.desk.media import met
from ivr.service.desk.offers import leg_answered, seen
from ivr.service.desk.router import route_now
from ivr.service.journal import note

PAGE = "/supervisao/escuta"


def talk_of_ana(desk: Desk) -> str:
    """Ana talks with a caller; the id of the talk."""
    with_staff(desk)
    caller(desk, "CA" + "1" * 32)
    agent = there(desk, ANA)
    assert route_now(desk.rt) == 1
    with desk.rt.store.begin(write=False) as tx:
        (offer,) = tx.desk.open_offers()
    seen(desk.rt, offer.id, agent)
    with desk.rt.store.begin() as tx:
        assert leg_answered(tx, offer.id)
        note(tx, offer.call_sid, "desk.met", offer=offer.id)
        row = tx.desk.offer(offer.id)
        assert row is not None and met(tx, row)
    return offer.id


@pytest.fixture
def talking(still: Desk) -> tuple[Desk, str]:
    return still, talk_of_ana(still)


def send(browser: StaffBrowser, path: str, **fields: str) -> str:
    answer = browser.send(path, form_at=PAGE, **fields)
    assert answer.status_code == 303
    return text_of(browser.open(answer.headers["Location"]))


def test_supervisor_and_manager_see_the_talks_and_follow_one_with_a_reason(
    talking: tuple[Desk, str],
) -> None:
    desk, offer = talking
    carla, davi = staff_inside(desk, CARLA), staff_inside(desk, DAVI)
    assert "Ana Atendente" in text_of(carla.open("/supervisao"))
    page = davi.open(PAGE)
    assert "Ana Atendente" in text_of(page) and "0001" not in text_of(page), "no caller is told"
    assert "Escolha o motivo" in send(davi, f"{PAGE}/{offer}/ouvir", motivo="")
    assert "Escolha o motivo" in send(davi, f"{PAGE}/{offer}/ouvir", motivo="curiosidade")
    said = send(davi, f"{PAGE}/{offer}/ouvir", motivo="reclamacao")
    assert "O seu telefone está tocando" in said and "Davi Administrador (ouvindo)" in said
    said = send(carla, f"{PAGE}/{offer}/ouvir", motivo="apoio", volta="quadro")
    assert "Supervisão: agora" in said and "Outra pessoa da supervisão já acompanha" in said
    with desk.rt.store.begin(write=False) as tx:
        row = tx.supervisions.of_talk(offer)
        lines = tx.audit.of("call:CA" + "1" * 32)
    assert row is not None
    assert [(line.action, line.data["reason"]) for line in lines] == [
        ("supervision.asked", "reclamacao")
    ]
    assert "atenda-o antes" in send(davi, f"{PAGE}/{row.id}/modo", modo="barge")
    assert "não está com você" in send(carla, f"{PAGE}/{row.id}/sair")
    assert "Você saiu da conversa. Ela continua." in send(davi, f"{PAGE}/{row.id}/sair")
    assert "Você saiu da conversa" in text_of(davi.open(f"{PAGE}/painel"))
    assert "está tocando" in send(davi, f"{PAGE}/{offer}/ouvir", motivo="reclamacao")
    davi.send("/sair", form_at=PAGE)
    with desk.rt.store.begin(write=False) as tx:
        assert tx.supervisions.of_talk(offer) is None, "whoever logs out leaves the talk"


def test_agents_are_told_beforehand_and_of_who_speaks_and_nobody_else_is_let_in(
    talking: tuple[Desk, str],
) -> None:
    desk, offer = talking
    bruno = staff_inside(desk, BRUNO)
    assert bruno.open(PAGE).status_code == 403
    assert bruno.send(f"{PAGE}/{offer}/ouvir", form_at="/agente", motivo="apoio").status_code == 403
    assert "A supervisão pode ouvir as conversas" in text_of(bruno.open("/agente"))
    assert (
        staff_inside(desk, CARLA).post(f"{PAGE}/{offer}/ouvir", motivo="apoio").status_code == 400
    )
    with desk.rt.store.begin(write=False) as tx:
        assert tx.supervisions.live() == []
    assert board_of(desk.rt).states["in_call"] == 1
