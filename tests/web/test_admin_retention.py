"""``/admin/retencao``: periods within law, a run tried out first, holds that really hold; and what
stands on other pages in the place of what was erased."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import Desk, people
from store_rows import a_recording
from ticket_rows import begin, identify
from web.staff_browser import CARLA, DAVI, ELISA, StaffBrowser, staff_inside, with_staff

from ivr.domain.retention import CLASSES
from ivr.service.admin_rules import rules_seen
from ivr.service.audit import verify
from ivr.service.ending import end_call
from ivr.service.retention import keep_daily, keeper_of
from ivr.service.rules_in_force import in_force

PAGE, HOLDS = "/admin/retencao", "/admin/retencao/guardas"
YEARS = timedelta(days=2 * 365 + 2)
RUNS = timedelta(days=1)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


class Carrier:
    def delete_recording(self, recording: str) -> bool:
        return True


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


@pytest.fixture
def davi(staffed: Desk) -> StaffBrowser:
    return staff_inside(staffed, DAVI)


def solved(desk: Desk, number: int = 1) -> str:
    """The id of a call of Ana whose ticket is closed now, with a recording."""
    sid = begin(desk, number)
    identify(desk, sid, "ana")
    protocol = desk.call(sid).protocol
    with desk.rt.store.begin() as tx:
        row = a_recording(f"RE{number}", protocol=protocol, call_sid=sid, at=desk.clock.at)
        tx.tickets.add_recording(row)
    end_call(desk.rt, sid=sid, by="caller")
    return sid


def there(desk: Desk, sid: str) -> bool:
    with desk.rt.store.begin(write=False) as tx:
        return tx.calls.view(sid, 0) is not None


def run(desk: Desk) -> None:
    """The daily run of a worker, with the rules in force."""
    keep_daily(replace(in_force(desk.rt), telephony=Carrier()))  # type: ignore[arg-type]


def state_of(desk: Desk, sid: str) -> str:
    with desk.rt.store.begin(write=False) as tx:
        row = tx.recordings.get(sid)
    assert row is not None
    return row.state


def hold(desk: Desk, target: str, login: str = DAVI) -> Any:
    browser = staff_inside(desk, login)
    return browser.send(HOLDS, form_at=PAGE, alvo=target, motivo="Ofício 12 da PGE")


@pytest.mark.parametrize("target", ["protocol", "call", "cpf"])
def test_held_ticket_outlives_its_time_and_goes_when_it_is_let_go(
    staffed: Desk, target: str
) -> None:
    held, free = solved(staffed, 1), begin(staffed, 2)
    identify(staffed, free, "nobody")
    end_call(staffed.rt, sid=free, by="caller")
    named = {
        "protocol": staffed.call(held).protocol,
        "call": held,
        "cpf": str(people()["ana"]["cpf"]),
    }
    assert hold(staffed, named[target]).status_code == 303
    staffed.clock.at += YEARS
    run(staffed)
    assert (there(staffed, held), there(staffed, free)) == (True, False)
    assert state_of(staffed, "RE1") == "at_carrier"
    page = staff_inside(staffed, DAVI).open(PAGE)
    assert named["cpf"] not in page.text
    found = re.search(r'action="(/admin/retencao/guardas/[^"]+/liberar)"', page.text)
    assert found is not None and "Ofício 12 da PGE" in page.text
    davi = staff_inside(staffed, DAVI)
    assert davi.send(found[1], form_at=PAGE).status_code == 303
    assert davi.send(found[1], form_at=PAGE).status_code == 409
    assert "liberada por Davi Administrador" in text_of(davi.open(PAGE))
    staffed.clock.at += RUNS
    run(staffed)
    assert not there(staffed, held), "negative control: it was the hold that kept it"
    assert verify(staffed.rt.store).broken is None


@pytest.mark.parametrize("seconds", [-1, 0])
def test_recording_of_a_longer_period_goes_to_the_second(staffed: Desk, seconds: int) -> None:
    sid = solved(staffed)
    davi = staff_inside(staffed, DAVI)
    form = {"retention.recordings.n": "120", "retention.recordings.unit": "days"}
    assert davi.send(PAGE, acao="gravar", **form).status_code == 303
    staffed.clock.at += timedelta(days=119)
    run(staffed)
    assert state_of(staffed, "RE1") == "at_carrier"
    staffed.clock.at += timedelta(days=1, seconds=seconds)
    keeper_of(replace(in_force(staffed.rt), telephony=Carrier())).run()  # type: ignore[arg-type]
    assert state_of(staffed, "RE1") == ("at_carrier" if seconds < 0 else "erased")
    assert there(staffed, sid)


def test_period_outside_the_law_is_refused_with_its_bounds(
    staffed: Desk, davi: StaffBrowser
) -> None:
    for keep, words in [
        (("89", "days"), "Gravações: de 90 dias a 5 anos (mínimo: Decreto 11.034/2022"),
        (("61", "months"), "Gravações: de 90 dias a 5 anos"),
        (("0", "days"), "Gravações: de 90 dias"),
        (("-5", "days"), "Gravações: de 90 dias"),
        (("9999", "years"), "Gravações: de 90 dias"),
        (("90", "weeks"), "Gravações: de 90 dias"),
        (("", ""), "Gravações: de 90 dias"),
    ]:
        form = {"retention.recordings.n": keep[0], "retention.recordings.unit": keep[1]}
        answer = davi.send(PAGE, acao="gravar", **form)
        assert (answer.status_code, words in text_of(answer)) == (422, True), keep
    assert in_force(staffed.rt) is staffed.rt


def test_trial_run_counts_with_the_typed_periods_and_changes_nothing(staffed: Desk) -> None:
    solved(staffed)
    staffed.clock.at += timedelta(days=45)
    davi = staff_inside(staffed, DAVI)
    form = {"retention.contacts.n": "30", "retention.contacts.unit": "days"}
    lines = staffed.rows("audit")
    answer = davi.send(PAGE, acao="ver", **form)
    words = text_of(answer)
    assert answer.status_code == 200
    assert "Ensaio: nada foi gravado nem apagado" in words
    assert re.search(r"Dados lidos do diretório \d\d/\d\d/2026 \d\d:\d\d ou antes 1 hoje: 0", words)
    assert staffed.rows("audit") == lines
    assert rules_seen(staffed.rt).marks == {}
    with staffed.rt.store.begin(write=False) as tx:
        assert tx.retention.last_run() is None
    assert davi.send(PAGE, acao="gravar", **form).status_code == 303
    run(staffed)
    assert "Dados lidos do diretório: 1" in text_of(davi.open(PAGE))


def test_every_class_is_on_the_page_and_the_auditor_only_reads_periods(staffed: Desk) -> None:
    elisa = staff_inside(staffed, ELISA)
    page = elisa.open(PAGE).text
    assert "Gravar os prazos" not in page
    davi = staff_inside(staffed, DAVI).open(PAGE).text
    assert all(f'name="retention.{kind}.n"' in davi for kind in CLASSES)
    assert hold(staffed, solved(staffed), ELISA).status_code == 303


def test_hold_on_nothing_or_without_reason_is_refused_in_words(
    staffed: Desk, davi: StaffBrowser
) -> None:
    for target, reason, status, words in [
        ("", "Ofício 1", 422, "Digite um protocolo"),
        ("123", "Ofício 1", 422, "Digite um protocolo"),
        ("CA" + "f" * 32, "Ofício 1", 422, "Não há nada guardado"),
        ("RE-nada", "Ofício 1", 422, "Não há nada guardado"),
        ("2026.0009999-9", "Ofício 1", 422, ""),
        ("529.982.247-25", "x", 422, "Escreva o motivo"),
        ("529.982.247-25", "x" * 301, 422, "Escreva o motivo"),
    ]:
        answer = davi.send(HOLDS, form_at=PAGE, alvo=target, motivo=reason)
        assert (answer.status_code, words in text_of(answer)) == (status, True), target
        assert "52998224725" not in answer.text.replace(".", "").replace("-", "")


def test_second_hold_on_the_same_thing_is_refused(staffed: Desk) -> None:
    sid = solved(staffed)
    assert hold(staffed, sid).status_code == 303
    assert hold(staffed, staffed.call(sid).protocol).status_code == 409


# What stands in the place of what was erased


def test_pages_of_an_erased_person_tell_when_and_show_nothing(staffed: Desk) -> None:
    sid = solved(staffed)
    protocol = staffed.call(sid).protocol
    carla = staff_inside(staffed, CARLA)
    for path in (f"/chamadas/{sid}", f"/chamados/{protocol}"):
        assert "apagado" not in text_of(carla.open(path)).lower(), path
    staffed.clock.at += timedelta(days=91)
    run(staffed)
    day = "Conteúdo apagado em 24/02/2027 (LGPD)"
    carla = staff_inside(staffed, CARLA)
    for path in (f"/chamadas/{sid}", f"/chamados/{protocol}"):
        words = text_of(carla.open(path))
        assert day in words, path
    assert words.count(day) >= 2, "the person, and the recording"
    assert "apagado (LGPD)" in text_of(carla.open("/chamadas?de=2026-11-01&ate=2026-11-30"))
    assert (
        carla.send(f"/chamados/{protocol}/mostrar", form_at=f"/chamados/{protocol}").status_code
        == 404
    )


def test_erased_call_and_ticket_are_told_apart_from_those_that_never_were(
    staffed: Desk,
) -> None:
    sid = solved(staffed)
    protocol = staffed.call(sid).protocol
    staffed.clock.at += YEARS
    run(staffed)
    carla = staff_inside(staffed, CARLA)
    for path in (f"/chamadas/{sid}", f"/chamados/{protocol}"):
        answer = carla.open(path)
        assert answer.status_code == 410, path
        assert re.search(r"Conteúdo apagado em \d\d/11/2028 \(LGPD\)", text_of(answer)), path
    found = carla.send("/chamados", busca=protocol)
    assert found.status_code == 303 and found.location.endswith(f"/chamados/{protocol}")
    assert carla.open(f"/historico/recibo/{protocol}").status_code == 410
    assert carla.open("/historico/recibo/1").status_code == 404
    unknown = carla.open("/chamadas/CA" + "f" * 32)
    assert unknown.status_code == 404 and "apagad" not in text_of(unknown)
