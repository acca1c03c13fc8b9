"""Transcripts on the pages: how sure each word is, what is hidden, and how people correct them."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from desk import PUBLIC, Desk
from ticket_rows import begin, talk
from web.phone_line import still_desk
from web.staff_browser import CARLA, ELISA, staff_inside, staff_row, with_staff

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.carrier.audio import wav
from ivr.flow.heard_secrets import BLOT
from ivr.ports.store import RecordingRow
from ivr.ports.transcripts import TranscriptRow, TranscriptWord
from ivr.service.tickets_api import new_token

SID = "RE" + "2" * 32


class Engine:
    """An engine that is there and is never asked."""

    model = "modelo"

    def words(self, sound: bytes) -> tuple[()]:
        raise AssertionError("no page transcribes")


@pytest.fixture
def desk(quick: Path) -> Desk:
    shelf = FolderShelf(quick / "recordings", seal=AesGcmSeal(b"key"))
    made = with_staff(still_desk(quick, recordings=shelf, transcriber=Engine()))
    sid = begin(made, 1)
    shelf.put("b" * 32, wav(b"\1\2" * 8000))
    with made.rt.store.begin() as tx:
        tx.tickets.add_recording(
            RecordingRow(
                sid=SID,
                protocol=made.call(sid).protocol,
                call_sid=sid,
                purpose="voicemail",
                seconds=1,
                at=made.clock.at,
                state="kept",
                file="b" * 32,
            )
        )
    return made


def transcribed(desk: Desk, **changes: object) -> None:
    row = TranscriptRow(
        recording=SID,
        made_at=desk.clock.at,
        model="modelo",
        words=(
            TranscriptWord(text="preciso", confidence=0.95),
            TranscriptWord(text="<b>nova</b>", confidence=0.41),
            TranscriptWord(text="senha", confidence=0.92),
            TranscriptWord(text=BLOT, confidence=None),
        ),
        confidence=0.76,
        secrets=((1.0, 2.0),),
        silenced_at=desk.clock.at,
    )
    with desk.rt.store.begin() as tx:
        assert tx.transcripts.add(replace(row, **changes))  # type: ignore[arg-type]


def ticket(desk: Desk) -> str:
    with desk.rt.store.begin(write=False) as tx:
        row = tx.recordings.get(SID)
    assert row is not None
    return f"/chamados/{row.protocol}"


def call(desk: Desk) -> str:
    with desk.rt.store.begin(write=False) as tx:
        row = tx.recordings.get(SID)
    assert row is not None
    return f"/chamadas/{row.call_sid}"


def words_of(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_words_of_little_confidence_are_marked_by_a_sign_and_nothing_is_markup(desk: Desk) -> None:
    transcribed(desk)
    page = staff_inside(desk).open(ticket(desk)).text
    assert "<b>nova</b>" not in page
    assert re.search(r'<em class="unsure">&lt;b&gt;nova&lt;/b&gt;</em>&nbsp;\(\?\)', page)
    assert page.count("(?)") == 2, "the word, and what the sign means"
    told = words_of(page)
    assert "Certeza média: 76%." in told
    assert f"{BLOT} trecho oculto" in told
    assert "Na gravação esse trecho está mudo." in told


def test_page_says_why_there_is_no_transcript(desk: Desk) -> None:
    browser = staff_inside(desk)
    assert "Transcrição em preparo." in words_of(browser.open(ticket(desk)).text)
    desk.app.extensions["ivr"] = replace(desk.rt, transcriber=None)
    assert "reconhecimento de fala daqui está desligado" in words_of(
        browser.open(ticket(desk)).text
    )
    transcribed(desk, state="failed", words=(), confidence=None, secrets=(), reason="slow")
    assert "Não foi possível transcrever." in words_of(browser.open(ticket(desk)).text)


def test_agent_corrects_and_both_texts_stay_with_who_and_when(desk: Desk) -> None:
    transcribed(desk)
    browser, page = staff_inside(desk), ticket(desk)
    path = f"/gravacoes/{SID}/transcricao"
    answer = browser.send(
        path, form_at=page, versao="0", texto="Preciso de <i>nova</i> senha, código 98765"
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{page}?feito=transcricao#gravacoes"
    shown = browser.open(f"{page}?feito=transcricao").text
    told = words_of(shown)
    assert "Transcrição corrigida." in told
    assert f"Preciso de <i>nova</i> senha, código {BLOT}" in told
    assert "98765" not in shown
    assert "<i>nova</i>" not in shown
    assert "Texto corrigido por Ana Atendente em 25/11/2026 10:00" in told
    assert "O que a máquina entendeu preciso" in told

    late = browser.send(path, form_at=page, versao="0", texto="outro texto 4321")
    assert late.status_code == 409
    assert f"outro texto {BLOT}" in words_of(late.text)
    assert "4321" not in late.text
    for fields, status in (
        ({"versao": "x", "texto": "a"}, 422),
        ({"versao": "1", "texto": "a" * 4001}, 422),
        ({"versao": "1", "texto": f"Preciso de <i>nova</i> senha, código {BLOT}"}, 409),
    ):
        assert browser.send(path, form_at=page, **fields).status_code == status
    assert browser.post(path, versao="1", texto="sem ficha").status_code == 400
    assert browser.send(f"/gravacoes/{'RE' + '9' * 32}/transcricao", form_at=page, versao="0",
                        texto="a").status_code == 404  # fmt: skip
    assert "sem ficha" not in browser.open(page).text


def test_auditor_reads_but_is_given_no_form(desk: Desk) -> None:
    transcribed(desk)
    page = staff_inside(desk, ELISA).open(ticket(desk)).text
    assert "Certeza média" in page
    assert "Corrigir a transcrição" not in page


def test_call_page_shows_it_beside_the_player_once_a_reason_was_given(desk: Desk) -> None:
    transcribed(desk)
    browser, page = staff_inside(desk, CARLA), call(desk)
    before = browser.open(page)
    assert "Certeza média" in before.text
    assert "<audio" not in before.text
    answer = browser.send(f"/gravacoes/{SID}", form_at=page, motivo="qualidade", volta="chamada")
    assert answer.headers["Location"] == f"{page}#gravacoes"
    after = browser.open(page)
    assert f'src="/gravacoes/{SID}"' in after.text
    assert "media-src 'self'" in after.headers["Content-Security-Policy"]
    assert browser.open(f"/gravacoes/{SID}").status_code == 200
    with desk.rt.store.begin(write=False) as tx:
        assert [line.action for line in tx.audit.of(f"recording:{SID}")] == ["recording.heard"]


def test_agent_is_never_led_to_a_page_of_the_call_log(desk: Desk) -> None:
    browser, page = staff_inside(desk), ticket(desk)
    answer = browser.send(f"/gravacoes/{SID}", form_at=page, motivo="atender", volta="chamada")
    assert answer.headers["Location"] == f"{page}#gravacoes"


def test_agent_reads_on_the_card_what_the_caller_left(desk: Desk) -> None:
    transcribed(desk)
    talk(desk, call(desk).rpartition("/")[2], staff_row(desk))
    told = words_of(staff_inside(desk).open("/agente").text)
    assert "O que a pessoa deixou gravado" in told
    assert "recado fora do horário · 1 s · Ouvir ou corrigir" in told
    assert "preciso <b>nova</b> (?) senha" in told.replace("\xa0", " ")


def test_other_desk_reads_it_only_with_a_permission_of_its_own(desk: Desk) -> None:
    transcribed(desk)

    def told(*scopes: str) -> object:
        _, plain = new_token(desk.rt, name="outro", scopes=scopes)
        answer = desk.app.test_client().get(
            ticket(desk).replace("/chamados", "/api/v1/tickets"),
            base_url=PUBLIC,
            headers={"Authorization": f"Bearer {plain}"},
        )
        (left,) = answer.json["recordings"]
        assert (left["purpose"], left["seconds"]) == ("voicemail", 1)
        return left["transcript"]

    assert told("tickets:read") is None
    assert told("tickets:read", "transcripts:read") == {
        "text": f"preciso <b>nova</b> senha {BLOT}",
        "confidence": 0.76,
        "corrected": False,
        "corrected_at": None,
    }
