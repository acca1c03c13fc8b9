"""The pages of tickets, with a browser that has no JavaScript."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from desk import Desk, people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ticket_rows import CALLER, begin, identify
from web.phone_line import call, later, reset_story
from web.staff_browser import CARLA, ELISA, StaffBrowser, staff_inside, with_staff

from ivr.domain.identifier import Identifier, IdentifierKind, parse_identifier
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.ports.store import StoreUnavailableError
from ivr.service.tickets import add_note, join
from ivr.service.tickets_search import search, understand


def text_of(answer: object) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))  # type: ignore[attr-defined]


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def inside(desk: Desk, login: str = "ana.agente") -> StaffBrowser:
    return staff_inside(desk, login)


def protocol_of(desk: Desk, sid: str) -> str:
    return desk.call(sid).protocol


def look(browser: StaffBrowser, text: str) -> object:
    return browser.send("/chamados", form_at="/chamados", busca=text)


def audited(desk: Desk, action: str) -> int:
    return (
        desk.rt.store.reader.connect()
        .exec_driver_sql(  # type: ignore[attr-defined]
            f"SELECT count(*) FROM audit WHERE action = '{action}'"
        )
        .scalar_one()
    )


def test_whole_call_is_told_newest_first_and_in_plain_words(staffed: Desk) -> None:
    line = reset_story(staffed)
    page = inside(staffed).open(f"/chamados/{protocol_of(staffed, line.sid)}")
    words = text_of(page)
    told = [
        "Avaliação de quem ligou: 5 de 5",
        "Autoatendimento: nova senha",
        "Identidade confirmada pelo sistema",
        "Confere: senha do telefone",
        "Disse quem é, por CPF",
        "Ligação recebida",
    ]
    places = [words.index(line) for line in told]
    assert places == sorted(places)
    assert "Pendente" in words
    assert "Ana D." in words


def test_page_hides_the_person_and_shows_them_for_half_a_minute_with_a_line_in_the_audit(
    staffed: Desk,
) -> None:
    line = reset_story(staffed)
    browser, path = inside(staffed), f"/chamados/{protocol_of(staffed, line.sid)}"
    ana = people()["ana"]
    secrets = (ana["mobile"][-9:-4], ana["mail"], ana["matricula"], ana["cpf"], ana["name"])
    hidden = browser.open(path).text
    assert not any(secret in hidden for secret in secrets)
    shown = browser.send(f"{path}/mostrar", form_at=path)
    assert shown.headers["Refresh"].startswith("30; url=/chamados/")
    assert ana["name"] in shown.text
    assert ana["mobile"] in shown.text
    assert ana["cpf"] not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert audited(staffed, "ticket.revealed") == 1
    assert ana["name"] not in browser.open(f"{path}/oculto").text


def test_erased_person_is_told_as_erased(staffed: Desk) -> None:
    sid = begin(staffed, 1)
    identify(staffed, sid, "ana")
    with staffed.rt.store.begin() as tx:
        assert tx.ticket_log.erase_known(before=staffed.clock.at + timedelta(days=1)) == 1
    browser, path = inside(staffed), f"/chamados/{protocol_of(staffed, sid)}"
    assert "LGPD" in browser.open(path).text
    shown = browser.send(f"{path}/mostrar", form_at=path)
    assert shown.status_code == 404
    assert "LGPD" in shown.text


@pytest.mark.parametrize("spelling", ["2026.0000001-{d}", "20260000001{d}", "2026 0000001 {d}"])
def test_protocol_in_any_spelling_leads_to_its_ticket(staffed: Desk, spelling: str) -> None:
    protocol = protocol_of(staffed, begin(staffed, 1))
    answer = look(inside(staffed), spelling.format(d=protocol[-1]))
    assert answer.status_code == 303  # type: ignore[attr-defined]
    assert answer.headers["Location"] == f"/chamados/{protocol}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["cpf", "matricula", "phone", "phone_bare"])
def test_search_finds_by_cpf_matricula_and_telephone_without_keeping_them(
    staffed: Desk, form: str
) -> None:
    sid = begin(staffed, 1)
    identify(staffed, sid, "ana")
    other = begin(staffed, 2, caller="+5567999990099")
    ana = people()["ana"]
    typed = {
        "cpf": f"{ana['cpf'][:3]}.{ana['cpf'][3:6]}.{ana['cpf'][6:9]}-{ana['cpf'][9:]}",
        "matricula": ana["matricula"],
        "phone": "(67) 99999-0001",
        "phone_bare": CALLER,
    }[form]
    page = look(inside(staffed), typed).text  # type: ignore[attr-defined]
    assert protocol_of(staffed, sid) in page
    assert protocol_of(staffed, other) not in page
    assert audited(staffed, "ticket.searched") == 1
    with staffed.rt.store.begin(write=False) as tx:
        assert typed not in repr(tx.audit.of("tickets"))


def test_name_is_not_searchable_and_the_page_says_so(staffed: Desk) -> None:
    page = look(inside(staffed), "Ana Demonstração")
    assert "Nomes não podem ser procurados" in text_of(page)
    assert "Nenhum chamado encontrado" in text_of(look(inside(staffed), people()["iara"]["cpf"]))


def test_what_is_typed_into_the_search_is_never_in_an_address(staffed: Desk) -> None:
    page = inside(staffed).open("/chamados")
    forms = re.findall(r"<form[^>]*>", page.text)
    assert forms
    assert all('method="post"' in form for form in forms)


def test_empty_lists_say_what_to_do(staffed: Desk) -> None:
    browser = inside(staffed)
    for tab, words in (
        ("hoje", "Procurar em 30 dias?"),
        ("meus", "Nenhum chamado aberto está com você"),
        ("perdidas", "Ninguém ficou sem atendimento"),
        ("30-dias", "Nenhum chamado nos últimos 30 dias"),
    ):
        assert words in browser.open(f"/chamados?lista={tab}").text
    assert browser.open("/chamados?lista=outra").status_code == 303


def test_lists_hold_today_mine_and_missed(staffed: Desk) -> None:
    old = begin(staffed, 1)
    later(staffed, days=2)
    missed, new = call(staffed, "two"), begin(staffed, 3)
    missed.hang_up()
    with staffed.rt.store.begin() as tx:
        tx.tickets.change(protocol_of(staffed, new), outcome="attended_by_person")
    browser = inside(staffed)
    mine = protocol_of(staffed, old)
    browser.send(f"/chamados/{mine}/assumir", form_at=f"/chamados/{mine}")
    pages = {t: browser.open(f"/chamados?lista={t}").text for t in ("hoje", "meus", "perdidas")}
    held = {
        tab: [p for p in (mine, protocol_of(staffed, missed.sid), protocol_of(staffed, new))
              if f"/chamados/{p}" in page]
        for tab, page in pages.items()
    }  # fmt: skip
    assert held["hoje"] == [protocol_of(staffed, missed.sid), protocol_of(staffed, new)]
    assert held["meus"] == [mine]
    assert held["perdidas"] == [protocol_of(staffed, missed.sid)]


def test_list_goes_on_after_fifty_and_shows_each_ticket_once(staffed: Desk) -> None:
    protocols = {protocol_of(staffed, begin(staffed, n)) for n in range(1, 54)}
    browser = inside(staffed)
    seen: list[str] = []
    path: str | None = "/chamados"
    while path:
        page = browser.open(path).text
        seen += re.findall(r'href="/chamados/(\d{12})"', page)
        found = re.search(r'href="(/chamados\?lista=hoje[^"]*depois=\d+)"', page)
        path = html.unescape(found[1]) if found else None
    assert sorted(seen) == sorted(protocols)
    assert seen == sorted(seen, reverse=True)


def test_note_is_escaped_and_stays_typed_when_it_is_refused(staffed: Desk) -> None:
    browser, path = inside(staffed), f"/chamados/{protocol_of(staffed, begin(staffed, 1))}"
    done = browser.send(f"{path}/notas", form_at=path, nota="<script>alert(1)</script>\nlinha")
    assert done.status_code == 303
    page = browser.open(path).text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    long = browser.send(f"{path}/notas", form_at=path, nota="x" * 4001)
    assert long.status_code == 422
    assert "x" * 4001 in long.text
    assert browser.send(f"{path}/notas", form_at=path, nota=" ").status_code == 422


def test_ticket_is_closed_once_and_the_second_agent_is_told(staffed: Desk) -> None:
    path = f"/chamados/{protocol_of(staffed, begin(staffed, 1))}"
    first, second = inside(staffed), inside(staffed, CARLA)
    shown = re.search(r'name="versao" value="(\d+)"', second.open(path).text)
    assert shown is not None
    assert first.send(f"{path}/encerrar", form_at=path, versao=shown[1]).status_code == 303
    late = second.send(f"{path}/assumir", form_at=path, versao=shown[1])
    assert late.status_code == 409
    assert "Alguém mudou este chamado" in text_of(late)
    assert "Encerrado no prazo" in text_of(late)


def test_auditor_reads_and_changes_nothing(staffed: Desk) -> None:
    path = f"/chamados/{protocol_of(staffed, begin(staffed, 1))}"
    browser = inside(staffed, ELISA)
    page = browser.open(path)
    assert page.status_code == 200
    assert "Gravar nota" not in page.text
    assert browser.send(f"{path}/notas", form_at="/chamados", nota="x").status_code == 403


def test_joined_ticket_is_shown_in_the_other_with_its_protocol(staffed: Desk) -> None:
    one, two = begin(staffed, 1), begin(staffed, 2)
    a, b = protocol_of(staffed, one), protocol_of(staffed, two)
    browser = inside(staffed)
    answer = browser.send(f"/chamados/{b}/unir", form_at=f"/chamados/{b}", outro=a)
    assert answer.status_code == 303
    words = text_of(browser.open(f"/chamados/{b}"))
    protocol = parse_protocol(b)
    assert isinstance(protocol, Protocol)
    assert f"O protocolo {protocol.formatted} foi unido a este chamado" in words
    refused = browser.send(f"/chamados/{a}/unir", form_at=f"/chamados/{a}", outro="nada")
    assert refused.status_code == 422


def test_clock_of_the_ticket_warns_before_it_is_late(staffed: Desk) -> None:
    path = f"/chamados/{protocol_of(staffed, begin(staffed, 1))}"
    told = []
    for days in (0, 2, 3, 3):
        later(staffed, days=days)
        told.append(text_of(inside(staffed).open(path)))
    assert "No prazo" in told[0]
    assert "Faltam 3 dias úteis" in told[0]
    assert "Atenção: prazo perto do fim" in told[1]
    assert "Prazo vencido" in told[3]


def test_unknown_protocol_and_missing_csrf_have_their_pages(staffed: Desk) -> None:
    browser = inside(staffed)
    for protocol in ("202600000017", "abc", "1" * 300, "2026%00"):
        assert browser.open(f"/chamados/{protocol}").status_code == 404
    path = f"/chamados/{protocol_of(staffed, begin(staffed, 1))}"
    assert browser.post(f"{path}/notas", nota="x").status_code == 400
    assert browser.send(f"{path}/notas", form_at=path, nota="x" * 70_000).status_code == 413


def test_no_page_ever_holds_a_password_a_code_or_a_whole_number(staffed: Desk) -> None:
    line = reset_story(staffed, delivery="2")
    browser, protocol = inside(staffed), protocol_of(staffed, line.sid)
    ana = people()["ana"]
    secrets = [ana["pin"], staffed.sms.code(), ana["cpf"], ana["mobile"], CALLER, CALLER[3:]]
    for path in ("/chamados", f"/chamados/{protocol}", "/chamados?lista=30-dias"):
        page = browser.open(path).text
        assert not [s for s in secrets if s in page], path


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.text(max_size=80), st.from_regex(r"[0-9.\-/() +]{0,40}")))
def test_any_text_may_be_searched_for(still: Desk, text: str) -> None:
    found = search(still.rt, text)
    assert set(found.kinds) == set(understand(still.rt, text))


def test_eleven_digits_that_are_cpf_and_mobile_are_looked_for_as_both(still: Desk) -> None:
    both = next(
        n
        for n in (f"679{k:08d}" for k in range(91000000, 91001000))
        if parse_identifier("cpf", n) == Identifier(kind=IdentifierKind.CPF, digits=n)
    )
    assert set(understand(still.rt, both)) == {"cpf", "telefone"}


def test_notes_of_a_joined_ticket_stand_on_the_page(staffed: Desk) -> None:
    one, two = begin(staffed, 1), begin(staffed, 2)
    a, b = protocol_of(staffed, one), protocol_of(staffed, two)
    add_note(staffed.rt, b, "agent:x", "Antes de unir")
    join(staffed.rt, b, a)
    assert "Antes de unir" in inside(staffed).open(f"/chamados/{a}").text


def test_page_without_a_database_says_so(staffed: Desk) -> None:
    browser = inside(staffed)

    def away(**_: object) -> None:
        raise StoreUnavailableError("away")

    staffed.app.view_functions["tickets.search"] = away
    answer = browser.open("/chamados")
    assert answer.status_code == 503
    assert "sem banco de dados" in answer.text
