"""What staff types or opens by mistake is answered in plain words with the right status, and says
nothing about people to who may not see them."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Iterator

import pytest
from desk import PUBLIC, Desk, people
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from web.phone_line import quick_folder, reset_story, still_desk
from web.staff_browser import with_staff
from web.test_masked_everywhere import World
from web.test_role_matrix import csrf_header
from werkzeug.test import TestResponse

from ivr.domain.search_words import meanings
from ivr.ports.staff import ROLES
from ivr.service.calls_log_query import read_cursor

MANY = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BOXES = {"/chamadas": "procurar", "/chamados": "busca", "/historico": "cpf"}
NONSENSE = st.one_of(
    st.text(max_size=120),
    st.text(alphabet=string.digits + " .-()+/", max_size=40),
    st.text(alphabet="'\";<>%_\\{}$&=\u202e\u0000\n", max_size=30),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with quick_folder(tmp_path_factory.mktemp("bad")) as folder:
        desk = with_staff(still_desk(folder))
        sid = reset_story(desk).sid
        yield World(desk=desk, sids=(sid, sid, sid), offer="")
        desk.close()


@pytest.fixture(scope="module")
def anyone(world: World) -> FlaskClient:
    """Somebody of every role."""
    return world.client(*ROLES)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def post(desk: Desk, client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, base_url=PUBLIC, data=fields, headers=csrf_header(desk))


@pytest.mark.parametrize("page", BOXES)
@MANY
@given(text=NONSENSE)
@example(text="")
@example(text="0" * 11)
@example(text="' OR '1'='1")
@example(text="CA" + "f" * 32)
def test_nonsense_in_a_search_box_is_answered_in_plain_words(
    world: World, anyone: FlaskClient, page: str, text: str
) -> None:
    answer = post(world.desk, anyone, page, **{BOXES[page]: text, "motivo": "atender"})
    assert answer.status_code in (200, 303, 422)
    said = text_of(answer)
    assert "Traceback" not in said
    assert "Internal Server Error" not in said
    if answer.status_code == 303:
        return
    if page == "/chamadas" and text.strip() and not meanings(text):
        assert "Não dá para procurar assim" in said
        assert "Confira os algarismos" in said
    if page == "/chamados" and not meanings(text):
        assert "Isto não é protocolo" in said
    if page == "/historico":
        assert answer.status_code == 422
        assert "CPF" in said


@MANY
@given(text=NONSENSE)
@example(text="1;CA1")
@example(text="2026-11-25T14:00:00+00:00;" + "A" * 400)
def test_page_that_a_spoilt_link_leads_to_is_the_first_one(
    world: World, anyone: FlaskClient, text: str
) -> None:
    answer = anyone.get("/chamadas", base_url=PUBLIC, query_string={"depois": text})
    known = bool(text) and read_cursor(text) is not None
    assert answer.status_code == (303 if text and not known else 200)


WRONG = {
    "/chamadas?de=2026-12-10&ate=2026-12-01": (422, "vem depois"),
    "/chamadas?dias=nunca": (422, "Este filtro não existe"),
    "/chamadas/exportar?de=2026-12-10&ate=2026-12-01": (422, "vem depois"),
    "/relatorios?de=2026-12-10&ate=2026-12-01": (400, "Troque as datas"),
    "/relatorios?de=2026-02-30": (400, "data"),
    "/relatorios?mapa=humor": (400, "Este mapa não existe"),
    "/relatorios?dias=13": (400, "Este período não existe"),
    "/relatorios?de=1999-01-01&ate=1999-01-02": (400, "começou"),
    "/relatorios/csv/nada": (404, "não existe"),
    "/relatorios/csv/filas?de=2026-12-10&ate=2026-12-01": (400, "Troque as datas"),
    "/fluxos/nada": (404, "não existe"),
    "/fluxos/diferenca?de=nada&ate=nada": (404, "evis"),
    "/chamados/000000000000": (404, "não existe"),
    "/chamadas/CA00": (404, "não encontrada"),
    "/historico/recibo/123": (404, "Não existe"),
    "/admin/pessoas/ninguem": (404, "Erro: Pessoas"),
    "/admin/falas/nada": (404, "Fala não encontrada"),
}
"""Address → status and words."""


@pytest.mark.parametrize("address", WRONG)
def test_wrong_address_has_its_status_and_its_words(
    world: World, anyone: FlaskClient, address: str
) -> None:
    status, words = WRONG[address]
    answer = anyone.get(address, base_url=PUBLIC)
    assert answer.status_code == status
    assert words.casefold() in text_of(answer).casefold()
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "address", ["/supervisao?forma=redonda&fila=nada", "/retornos?lista=nada", "/chamados?lista=x"]
)
def test_unknown_view_shows_the_usual_one(anyone: FlaskClient, address: str) -> None:
    answer = anyone.get(address, base_url=PUBLIC, follow_redirects=True)
    assert answer.status_code == 200


def test_who_may_not_seek_people_learns_nothing_by_seeking_one(world: World) -> None:
    """The same words and the same length for somebody who called and for somebody who never did."""
    manager, ana = world.client("manager"), people()["ana"]
    told = []
    for text in (ana["cpf"], people()["bento"]["cpf"], ana["mobile"], "+5567988887777"):
        answer = post(world.desk, manager, "/chamadas", procurar=text)
        assert answer.status_code == 200
        told.append(text_of(answer).replace(text, "…"))
    assert len(set(told)) == 1
    assert "não procura uma pessoa" in told[0]


@pytest.mark.parametrize("role", ROLES)
def test_call_that_is_there_and_one_that_is_not_look_alike_to_who_lacks_the_right(
    world: World, role: str
) -> None:
    client = world.client(role)  # type: ignore[arg-type]
    over = world.sids[0]
    pairs = [
        (f"/chamadas/{over}", f"/chamadas/CA{'0' * 32}"),
        (f"/chamados/{world.protocol(over)}", "/chamados/202600000019"),
        (f"/historico/recibo/{world.protocol(over)}", "/historico/recibo/202600000019"),
    ]
    for there, nowhere in pairs:
        first, second = (client.get(path, base_url=PUBLIC) for path in (there, nowhere))
        if first.status_code == 403:
            assert second.status_code == 403
            assert text_of(first) == text_of(second)
        else:
            assert (first.status_code, second.status_code) == (200, 404)
