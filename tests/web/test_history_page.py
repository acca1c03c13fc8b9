"""``/historico`` with a browser without JavaScript: history, receipt, requests."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import pytest
from desk import Desk, people
from ticket_rows import begin, identify
from web.phone_line import reset_story
from web.staff_browser import CARLA, ELISA, StaffBrowser, staff_inside, with_staff

from ivr.service.receipt import digest_of

ANA = people()["ana"]
CPF = str(ANA["cpf"])


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def send(browser: StaffBrowser, path: str = "/historico", **fields: str) -> object:
    return browser.send(path, form_at="/historico", **fields)


def words(answer: object) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))  # type: ignore[attr-defined]


def test_auditor_sees_a_whole_history_and_it_is_written_down(staffed: Desk) -> None:
    line = reset_story(staffed)
    browser = staff_inside(staffed, ELISA)
    answer = send(browser, cpf=CPF, motivo="pedido do titular")
    assert answer.status_code == 200  # type: ignore[attr-defined]
    told = words(answer)
    assert staffed.call(line.sid).protocol in told
    assert all(title in told for title in ("Trilha da ligação", "Mensagens", "Trocas de senha"))
    assert CPF not in answer.text  # type: ignore[attr-defined]
    key = staffed.rt.keyed_hash("cpf", CPF)
    with staffed.rt.store.begin(write=False) as tx:
        assert [one.action for one in tx.audit.of(f"person:{key}")] == ["privacy.exported"]


def test_file_is_what_the_command_writes(staffed: Desk) -> None:
    reset_story(staffed)
    answer = send(
        staff_inside(staffed, CARLA), "/historico/arquivo", cpf=CPF, motivo="pedido do titular"
    )
    data = json.loads(answer.text)  # type: ignore[attr-defined]
    assert len(data["chamados"]) == 1 and len(data["sha256"]) == 64
    assert "attachment" in answer.headers["Content-Disposition"]  # type: ignore[attr-defined]
    assert answer.headers["Cache-Control"] == "no-store"  # type: ignore[attr-defined]


@pytest.mark.parametrize("cpf", ["", "123", "111.111.111-11", "x" * 300, "' OR 1=1 --"])
def test_what_is_no_cpf_and_a_look_without_a_reason_are_refused(staffed: Desk, cpf: str) -> None:
    browser = staff_inside(staffed, CARLA)
    assert send(browser, cpf=cpf, motivo="pedido").status_code == 422  # type: ignore[attr-defined]
    assert send(browser, cpf=CPF, motivo=" ").status_code == 422  # type: ignore[attr-defined]


def test_receipt_tells_words_deeds_revision_deadline_and_hash(staffed: Desk) -> None:
    line = reset_story(staffed)
    call = staffed.call(line.sid)
    browser = staff_inside(staffed, ELISA)
    answer = browser.open(f"/historico/recibo/{call.protocol}")
    told = words(answer)
    with staffed.rt.store.begin(write=False) as tx:
        entries = tx.journal.of(line.sid)
        issued = tx.audit.of(f"ticket:{call.protocol}")[0]
    first = next(str(e.data["prompts"][0]) for e in entries if e.data.get("prompts"))
    greeting = staffed.rt.prompts.prompts[first].text
    assert digest_of(entries) in told
    assert issued.data["hash"] == digest_of(entries)
    assert call.revision in told
    assert greeting.split("{")[0].strip() in told
    assert "directory.reset.settled" in told
    assert "3 dias úteis" in told
    assert "29/11/2026: Domingo (fim de semana)" in told


def test_flipped_byte_of_a_journal_no_longer_fits_the_receipt(staffed: Desk) -> None:
    line = reset_story(staffed)
    with staffed.rt.store.begin(write=False) as tx:
        entries = list(tx.journal.of(line.sid))
    whole = digest_of(entries)
    assert digest_of(list(entries)) == whole
    for place, entry in enumerate(entries):
        changed = [*entries]
        changed[place] = replace(entry, node=f"{entry.node}x")
        assert digest_of(changed) != whole
        assert digest_of([*entries[:place], *entries[place + 1 :]]) != whole


@pytest.mark.parametrize("protocol", ["0", "20269999999", "abc", "%00"])
def test_receipt_of_nothing_says_so(staffed: Desk, protocol: str) -> None:
    answer = staff_inside(staffed, ELISA).open(f"/historico/recibo/{protocol}")
    assert answer.status_code == 404


def test_request_is_taken_refused_with_its_reason_and_gone_from_the_list(staffed: Desk) -> None:
    begun = begin(staffed, 1)
    identify(staffed, begun, "ana")
    browser = staff_inside(staffed, CARLA)
    answer = send(browser, "/historico/pedidos", cpf=CPF, pedido="eliminacao", motivo="quero sair")
    request_id = re.search(r"LGPD-[0-9A-F]{8}", answer.text)[0]  # type: ignore[attr-defined,index]
    assert "quero sair" in answer.text  # type: ignore[attr-defined]
    refused = send(browser, f"/historico/pedidos/{request_id}/eliminar")
    assert refused.status_code == 409  # type: ignore[attr-defined]
    assert "chamado em andamento" in words(refused)
    assert request_id not in words(browser.open("/historico"))


def test_request_of_access_is_met_and_unknown_ones_are_told(staffed: Desk) -> None:
    browser = staff_inside(staffed, ELISA)
    answer = send(browser, "/historico/pedidos", cpf=CPF, pedido="acesso", motivo="cópia")
    request_id = re.search(r"LGPD-[0-9A-F]{8}", answer.text)[0]  # type: ignore[attr-defined,index]
    path = f"/historico/pedidos/{request_id}/atender"
    assert send(browser, path, feito="").status_code == 422  # type: ignore[attr-defined]
    assert send(browser, path, feito="entregue").status_code == 200  # type: ignore[attr-defined]
    assert send(browser, path, feito="entregue").status_code == 409  # type: ignore[attr-defined]
    unknown = "/historico/pedidos/LGPD-00000000/recusar"
    assert send(browser, unknown, motivo="not_ours").status_code == 404  # type: ignore[attr-defined]
    assert send(browser, unknown, motivo="x").status_code == 422  # type: ignore[attr-defined]
    answer = send(browser, "/historico/pedidos/LGPD-00000000/eliminar")
    assert answer.status_code == 403  # type: ignore[attr-defined]
