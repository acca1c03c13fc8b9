"""The pages of the call log, with a browser that has no JavaScript."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import xml.etree.ElementTree as Xml
import zipfile
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from desk import Desk, people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.link_world import csrf_of
from web.phone_line import call, later, reset_story
from web.staff_browser import ANA, CARLA, ELISA, StaffBrowser, staff_inside, staff_row, with_staff

from ivr.ports.staff import StaffRow
from ivr.ports.store import StoreUnavailableError
from ivr.service import calls_log, staff_accounts, staff_sessions
from ivr.service.ending import end_call

FABIO = "fabio.gestor"


def text_of(answer: object) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))  # type: ignore[attr-defined]


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


@pytest.fixture
def told(staffed: Desk) -> tuple[Desk, str]:
    """A desk with one call that is over, and its sid."""
    line = reset_story(staffed)
    end(staffed, line.sid)
    return staffed, line.sid


def end(desk: Desk, sid: str) -> None:
    end_call(desk.rt, sid=sid)


def manager(desk: Desk) -> StaffBrowser:
    """A browser of somebody who only sees figures."""
    with desk.rt.store.begin(write=False) as tx:
        now = tx.now()
    row: StaffRow = staff_accounts.drawn_up(
        desk.rt, at=now, login=FABIO, name="Fábio Gestor", roles=("manager",)
    )
    staff_accounts.add(desk.rt, [row], actor="test")
    return staff_as(desk, FABIO)


def staff_as(desk: Desk, login: str) -> StaffBrowser:
    browser = StaffBrowser(desk)
    with browser.client.session_transaction(base_url="http://ivr.test") as session:
        session["csrf_token"] = "0" * 40
        with desk.rt.store.begin() as tx:
            row = tx.staff.by_login(login)
            assert row is not None
            session["staff"] = staff_sessions.begin(
                desk.rt, tx, row, way="local", second_factor=True
            )
    return browser


def look(browser: StaffBrowser, text: str, **fields: str) -> object:
    return browser.send("/chamadas", form_at="/chamadas", procurar=text, **fields)


def audited(desk: Desk, action: str) -> list[dict[str, object]]:
    with desk.rt.store.reader.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql(
            f"SELECT data FROM audit WHERE action = '{action}' ORDER BY row_id"
        ).all()
    return [json.loads(row[0]) for row in rows]


def ana() -> dict[str, str]:
    return people()["ana"]


def test_call_stands_in_the_log_of_today_masked(told: tuple[Desk, str]) -> None:
    desk, sid = told
    page = staff_inside(desk, CARLA).open("/chamadas")
    words = text_of(page)
    assert f"/chamadas/{sid}" in page.text
    assert "Ana D." in words
    assert f"(**) *****-{ana()['mobile'][-4:]}" in words
    for secret in (ana()["mobile"][-9:-4], ana()["cpf"], ana()["matricula"], ana()["mail"]):
        assert secret not in page.text


def _with_marks(cpf: str) -> str:
    return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"


@pytest.mark.parametrize("kind", ["mobile", "cpf", "matricula", "national", "spaced"])
def test_call_is_found_by_number_and_the_number_never_stands_in_an_address(
    told: tuple[Desk, str], kind: str
) -> None:
    desk, sid = told
    mobile = ana()["mobile"]
    texts = {
        "mobile": mobile,
        "cpf": ana()["cpf"],
        "matricula": ana()["matricula"],
        "national": f"({mobile[3:5]}) {mobile[5:10]}-{mobile[10:]}",
        "spaced": f" {_with_marks(ana()['cpf'])} ",
    }
    browser = staff_inside(desk, CARLA)
    answer = look(browser, texts[kind])
    assert answer.status_code == 303
    there = answer.headers["Location"]
    digits = re.sub(r"\D", "", texts[kind])
    assert digits[-8:] not in there
    assert f"/chamadas/{sid}" in browser.open(there).text
    assert audited(desk, "calls.searched")


def test_protocol_and_call_sid_lead_straight_to_the_call(told: tuple[Desk, str]) -> None:
    desk, sid = told
    browser = staff_inside(desk, CARLA)
    for text in (sid, desk.call(sid).protocol):
        answer = look(browser, text)
        assert answer.headers["Location"].endswith(f"/chamadas/{sid}")
        assert browser.open(answer.headers["Location"]).status_code == 200


def test_agent_and_service_are_found_by_name_and_code(told: tuple[Desk, str]) -> None:
    desk, sid = told
    browser = staff_inside(desk, CARLA)
    code = next(s.code for s in desk.rt.catalogue.services if s.key == "email")
    assert f"/chamadas/{sid}" in browser.open(look(browser, code).headers["Location"]).text
    there = look(browser, "ána").headers["Location"]
    assert staff_row(desk, ANA).id in there
    assert f"/chamadas/{sid}" not in browser.open(there).text


def test_empty_period_offers_a_longer_one(told: tuple[Desk, str]) -> None:
    desk, sid = told
    desk.clock.at += timedelta(days=3)
    browser = staff_as(desk, CARLA)
    page = browser.open("/chamadas")
    assert "Procurar em 30 dias?" in text_of(page)
    assert f"/chamadas/{sid}" in browser.open("/chamadas?dias=30").text


FACETS = {
    "resultado": ("resolved_self_service", "refused"),
    "servico": ("email", "vpn"),
    "identidade": ("verified", "anonymous"),
    "nota": ("5", "1"),
    "desligou": ("system", "agent"),
}


@pytest.mark.parametrize("facet", FACETS)
def test_facet_keeps_what_fits_and_drops_the_rest(told: tuple[Desk, str], facet: str) -> None:
    desk, sid = told
    browser = staff_inside(desk, CARLA)
    fits, other = FACETS[facet]
    assert f"/chamadas/{sid}" in browser.open(f"/chamadas?{facet}={fits}").text
    page = browser.open(f"/chamadas?{facet}={other}")
    assert page.status_code == 200
    assert f"/chamadas/{sid}" not in page.text


def test_live_call_stands_on_top_and_leaves_when_it_ends(staffed: Desk) -> None:
    line = call(staffed)
    browser = staff_inside(staffed, CARLA)
    page = browser.open("/chamadas")
    assert "Agora na linha (1)" in text_of(page)
    assert f"/chamadas/{line.sid}" in page.text
    assert "em curso" in text_of(browser.open(f"/chamadas/{line.sid}"))
    assert "Agora na linha" not in text_of(browser.open("/chamadas?resultado=refused"))
    end(staffed, line.sid)
    assert "Agora na linha" not in text_of(browser.open("/chamadas"))


BAD = {
    "?dias=2": "Este filtro não existe",
    "?nota=6": "Este filtro não existe",
    "?erro=2": "Este filtro não existe",
    "?de=2026-12-10&ate=2026-12-01": "vem depois",
    "?de=2026-13-40": "Esta data não existe",
    "?de=1999-01-01": "Esta data não existe",
    "?de=2001-01-01&ate=2026-01-01": "dez anos",
    "?busca=senha:1": "Este filtro não existe",
    "?busca=cpf:'; DROP TABLE calls": "Este filtro não existe",
    "?agente=<script>": "Este filtro não existe",
}


@pytest.mark.parametrize("address", BAD)
def test_wrong_address_is_told_in_plain_words(told: tuple[Desk, str], address: str) -> None:
    desk, sid = told
    answer = staff_inside(desk, CARLA).open(f"/chamadas{address}")
    assert answer.status_code == 422
    assert BAD[address] in text_of(answer)
    assert f"/chamadas/{sid}" not in answer.text


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=90))
def test_any_text_in_the_search_box_is_answered(
    told: tuple[Desk, str], staff: StaffBrowser, text: str
) -> None:
    answer = staff.post("/chamadas", headers=None, procurar=text, csrf_token=staff.token)  # type: ignore[attr-defined]
    assert answer.status_code in (200, 303)


@pytest.fixture
def staff(told: tuple[Desk, str]) -> StaffBrowser:
    browser = staff_as(told[0], CARLA)
    browser.token = csrf_of(browser.open("/chamadas").text)  # type: ignore[attr-defined]
    return browser


def test_manager_sees_no_person_and_cannot_search_for_one(told: tuple[Desk, str]) -> None:
    desk, sid = told
    browser = manager(desk)
    for path in ("/chamadas", f"/chamadas/{sid}", f"/chamadas/{sid}/resumo"):
        page = browser.open(path)
        assert page.status_code == 200
        assert "Ana D." not in page.text
        assert "*****-" not in text_of(page)
    data = browser.open(f"/chamadas/{sid}/dados.json").json
    assert "person" not in data
    for text in (ana()["mobile"], ana()["cpf"]):
        answer = look(browser, text)
        assert answer.status_code == 200
        assert "não procura uma pessoa" in text_of(answer)
    hashed = desk.rt.keyed_hash("phone", ana()["mobile"])
    assert browser.open(f"/chamadas?busca=telefone:{hashed}").status_code == 422
    assert browser.post(f"/chamadas/{sid}/mostrar").status_code in (400, 403)


def test_person_is_shown_for_half_a_minute_with_a_line_in_the_audit(told: tuple[Desk, str]) -> None:
    desk, sid = told
    browser = staff_inside(desk, ELISA)
    answer = browser.send(f"/chamadas/{sid}/mostrar", form_at=f"/chamadas/{sid}")
    assert ana()["mobile"] in answer.text
    assert answer.headers["Refresh"].startswith("30;")
    assert len(audited(desk, "call.revealed")) == 1
    assert ana()["mobile"] not in browser.open(f"/chamadas/{sid}/oculto").text


def test_views_and_columns_are_kept_for_one_person_only(told: tuple[Desk, str]) -> None:
    desk, _ = told
    carla, elisa = staff_inside(desk, CARLA), staff_inside(desk, ELISA)
    saved = carla.send("/chamadas/filtros/salvar", form_at="/chamadas", nome="Notas 5", nota="5")
    assert saved.status_code == 303
    assert parse_qs(urlsplit(saved.headers["Location"]).query)["nota"] == ["5"]
    assert "Notas 5" in carla.open("/chamadas").text
    assert "Notas 5" not in elisa.open("/chamadas").text
    carla.send("/chamadas/colunas/gravar", form_at="/chamadas", coluna="posicao")
    assert re.search(r"<th[^>]*>Posição na fila", carla.open("/chamadas").text)
    assert not re.search(r"<th[^>]*>Posição na fila", elisa.open("/chamadas").text)
    assert carla.send("/chamadas/filtros/salvar", form_at="/chamadas", nome=" ").status_code == 422
    assert carla.send("/chamadas/filtros/apagar", form_at="/chamadas", nome="x").status_code == 404
    carla.send("/chamadas/filtros/apagar", form_at="/chamadas", nome="Notas 5")
    assert "Notas 5" not in carla.open("/chamadas").text


def rows_of(body: bytes) -> list[list[str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body[3:].decode()), delimiter=";"))


def test_csv_and_xlsx_hold_the_rows_of_the_filter_masked_and_audited(
    told: tuple[Desk, str],
) -> None:
    desk, sid = told
    other = call(desk, "two")
    end(desk, other.sid)
    browser = staff_inside(desk, CARLA)
    form = "/chamadas/exportar?nota=5"
    assert "terá 1 linhas" in text_of(browser.open(form))
    answer = browser.send("/chamadas/exportar", form_at=form, nota="5", formato="csv")
    rows = rows_of(answer.data)
    assert len(rows) == 2
    assert len(rows_of(browser.send("/chamadas/exportar", form_at=form, formato="csv").data)) == 3
    assert b";Ana D.;" in answer.data
    assert ana()["mobile"].encode() not in answer.data
    book = browser.send("/chamadas/exportar", form_at=form, nota="5", formato="xlsx").data
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = Xml.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert len([e for e in sheet.iter() if e.tag.endswith("}row")]) == 2
    lines = audited(desk, "calls.exported")
    assert [(line["rows"], line["complete"]) for line in lines] == [(1, True), (2, True), (1, True)]
    assert lines[0]["filter"] == {"nota": "5"}
    assert browser.send("/chamadas/exportar", form_at=form, formato="exe").status_code == 422


def test_unknown_call_is_told_and_says_nothing_else(staffed: Desk) -> None:
    browser = staff_inside(staffed, CARLA)
    for path in ("", "/resumo", "/dados.json", "/roteiro.toml", "/caminho/main"):
        answer = browser.open(f"/chamadas/CA{'f' * 32}{path}")
        assert answer.status_code == 404
        assert "não encontrada" in text_of(answer)


def test_log_says_so_when_the_database_is_away(told: tuple[Desk, str], monkeypatch: object) -> None:
    desk, _ = told
    browser = staff_inside(desk, CARLA)

    def away(*args: object, **kwargs: object) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(calls_log, "page_of", away)  # type: ignore[attr-defined]
    answer = browser.open("/chamadas")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_page_goes_on_where_the_last_one_ended(staffed: Desk) -> None:
    sids = []
    for name in ("one", "two", "three"):
        line = call(staffed, name)
        end(staffed, line.sid)
        later(staffed, seconds=60)
        sids.append(line.sid)
    browser = staff_inside(staffed, CARLA)
    seen: list[str] = []
    before = calls_log.PAGE
    calls_log.PAGE = 2
    try:
        page = browser.open("/chamadas")
        seen += re.findall(r'data-open="/chamadas/(CA\w+)/resumo"', page.text)
        assert "50+" in text_of(page)
        there = re.search(r'rel="next" href="([^"]+)"', page.text)
        assert there is not None
        page = browser.open(html.unescape(there[1]))
        seen += re.findall(r'data-open="/chamadas/(CA\w+)/resumo"', page.text)
        assert "3 chamadas encerradas" in text_of(browser.open("/chamadas?contar=1"))
    finally:
        calls_log.PAGE = before
    assert seen == sids[::-1]


def test_way_through_the_flow_is_lit_in_its_drawing(told: tuple[Desk, str]) -> None:
    desk, sid = told
    browser = staff_inside(desk, CARLA)
    answer = browser.open(f"/chamadas/{sid}/caminho/identify")
    assert answer.content_type == "image/svg+xml"
    root = Xml.fromstring(answer.data)
    lit = {
        group.findtext("{http://www.w3.org/2000/svg}title")
        for group in root.iter("{http://www.w3.org/2000/svg}g")
        if any(shape.get("stroke-width") == "4" for shape in group)
    }
    assert {"identify.who", "identify.proof", "identify.who->identify.proof"} <= lit
    assert "person.directory_down" not in lit
    assert browser.open(f"/chamadas/{sid}/caminho/explain").status_code == 404


def test_timeline_page_has_the_same_steps_as_picture_list_and_json(told: tuple[Desk, str]) -> None:
    desk, sid = told
    browser = staff_inside(desk, CARLA)
    page = browser.open(f"/chamadas/{sid}").text
    steps = re.findall(r'<li id="s(\d+)"', page)
    bars = re.findall(r'data-bar="(\d+)"', page)
    assert sorted(steps, key=int) == sorted(bars, key=int)
    assert len(browser.open(f"/chamadas/{sid}/dados.json").json["spans"]) == len(steps)
    assert "••••••(6)" in page
    assert "style=" not in page
    secrets = (ana()["cpf"], ana()["pin"], ana()["mobile"], ana()["mail"], desk.sms.code())
    for path in ("", "/resumo", "/dados.json", "/roteiro.toml"):
        body = browser.open(f"/chamadas/{sid}{path}").text
        for secret in secrets:
            assert secret not in body, path
