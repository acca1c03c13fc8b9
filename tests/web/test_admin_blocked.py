"""``/admin/bloqueios``: numbers blocked and set free on a page."""

from __future__ import annotations

import re

import pytest
from desk import Desk
from web.staff_browser import ANA, CARLA, DAVI, staff_inside, with_staff

from ivr.service.blocked import blocks

PAGE = "/admin/bloqueios"
GOOD = {"numero": "(67) 99999-0066", "motivo": "Trotes à noite", "prazo": "7d"}


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def test_supervisor_blocks_a_number_and_an_admin_sets_it_free(staffed: Desk) -> None:
    carla = staff_inside(staffed, CARLA)
    assert carla.send(PAGE, **GOOD).status_code == 303
    page = carla.open(PAGE).text
    assert "(67) 99999-0066" in page
    assert "Trotes à noite" in page
    assert "Carla Supervisora" in page
    davi = staff_inside(staffed, DAVI)
    found = re.search(r'action="(/admin/bloqueios/\d+/liberar)"', davi.open(PAGE).text)
    assert found is not None
    assert davi.send(found[1], form_at=PAGE).status_code == 303
    assert davi.send(found[1], form_at=PAGE).status_code == 409
    assert "liberado por Davi Administrador" in davi.open(PAGE).text
    assert blocks(staffed.rt)[0] == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"numero": "123"}, "telefone com DDD"),
        ({"motivo": ""}, "Escreva o motivo"),
        ({"prazo": "sempre"}, "prazo da lista"),
    ],
)
def test_wrong_form_is_told_in_words_and_blocks_nobody(
    staffed: Desk, wrong: dict[str, str], words: str
) -> None:
    answer = staff_inside(staffed, CARLA).send(PAGE, **{**GOOD, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    assert blocks(staffed.rt) == ([], [])


def test_agent_neither_sees_nor_blocks_numbers(staffed: Desk) -> None:
    ana = staff_inside(staffed, ANA)
    assert ana.open(PAGE).status_code == 403
    assert ana.send(PAGE, form_at="/entrar/inicio", **GOOD).status_code == 403
    assert blocks(staffed.rt) == ([], [])


def test_note_is_shown_as_text(staffed: Desk) -> None:
    carla = staff_inside(staffed, CARLA)
    carla.send(PAGE, **{**GOOD, "motivo": "<script>alert(1)</script>"})
    page = carla.open(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
