"""``/retornos`` and ``/gravacoes``, with a browser that has no JavaScript."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import Desk
from ticket_rows import CALLER, begin
from web.link_world import csrf_of
from web.phone_line import still_desk
from web.staff_browser import (
    ANA,
    BRUNO,
    CARLA,
    ELISA,
    StaffBrowser,
    staff_inside,
    staff_row,
    with_staff,
)
from werkzeug.test import TestResponse

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.ports.desk import EngagementRow, OfferRow
from ivr.ports.queues import CallbackRow
from ivr.ports.store import RecordingRow
from ivr.service.desk.callbacks import promise
from ivr.service.ending import end_call
from ivr.service.journal import note

SID = "RE" + "1" * 32
WAV = b"RIFF\0\0\0\0WAVEfmt " + bytes(range(256)) * 20
NAME = "c" * 32


@pytest.fixture
def desk(quick: Path) -> Desk:
    shelf = FolderShelf(quick / "recordings", seal=AesGcmSeal(b"key"))
    return with_staff(still_desk(quick, recordings=shelf))


def promised(desk: Desk, number: int = 1, **changes: object) -> CallbackRow:
    sid = begin(desk, number)
    call = desk.call(sid)
    end_call(desk.rt, sid=sid, by="caller")
    row = CallbackRow(
        protocol=call.protocol,
        call_sid=sid,
        number=f"{CALLER[:-2]}{number:02d}",
        asked_at=call.started_at,
        due=call.started_at.date(),
    )
    with desk.rt.store.begin() as tx:
        made = promise(tx, row if not changes else _with(row, **changes))
    assert made is not None
    return made


def _with(row: CallbackRow, **changes: object) -> CallbackRow:
    return replace(row, **changes)  # type: ignore[arg-type]


def recorded(desk: Desk, *, talk_of: str = "") -> str:
    """A kept recording; the protocol of its ticket. ``talk_of``: the agent of the talk."""
    sid = begin(desk, 9)
    protocol, now = desk.call(sid).protocol, desk.clock.at
    assert desk.rt.recordings is not None
    desk.rt.recordings.put(NAME, WAV)
    with desk.rt.store.begin() as tx:
        if talk_of:
            common = {"call_sid": sid, "protocol": protocol, "queue": "atendimento"}
            offer = OfferRow(
                id="OF1", agent=talk_of, state="answered", reserved_at=now, due_at=now, **common
            )
            assert tx.desk.add_offer(offer)
            talk = EngagementRow(
                offer="OF1", agent=talk_of, started_at=now, ended_at=now, wrapped_at=now, **common
            )
            assert tx.desk.add_engagement(talk)
            note(tx, sid, "recording.paused", offer="OF1", by="agent")
        tx.tickets.add_recording(
            RecordingRow(
                sid=SID,
                protocol=protocol,
                call_sid=sid,
                purpose="talk" if talk_of else "voicemail",
                seconds=5,
                at=now,
                engagement="OF1" if talk_of else "",
            )
        )
        assert tx.recordings.kept(SID, file=NAME, at=now)
    if talk_of:
        desk.clock.at += timedelta(minutes=2)
        with desk.rt.store.begin() as tx:
            note(tx, sid, "recording.resumed", offer="OF1", by="agent")
    return protocol


def press(
    browser: StaffBrowser, path: str, *, at: str = "/retornos", **fields: str
) -> TestResponse:
    return browser.post(path, csrf_token=csrf_of(browser.open(at).text), **fields)


def test_lists_show_reason_and_masked_number_and_never_the_whole_one(desk: Desk) -> None:
    promised(desk, 1)
    promised(desk, 2, kind="missed")
    promised(desk, 3, kind="dropped_call")
    browser = staff_inside(desk)
    pages = [browser.open(f"/retornos?lista={tab}").text for tab in ("retornos", "perdidas")]
    assert "Pediu retorno" in pages[0]
    assert "A ligação caiu" in pages[0]
    assert "Desistiu na fila" in pages[1]
    for page in pages:
        assert "*****-" in page
        digits = re.sub(r"[^0-9]", "", re.sub(r"<time[^>]*>|/chamados/\d+|\d{4}\.\d{7}", "", page))
        assert CALLER[-11:-2] not in digits
        assert CALLER[1:-2] not in page
    assert 'Retornos <span class="mark">2</span>' in pages[0]
    assert 'Perdidas <span class="mark">1</span>' in pages[0]


def test_second_agent_is_told_by_whom_it_was_taken(desk: Desk) -> None:
    row = promised(desk)
    ana, bruno = staff_inside(desk, ANA), staff_inside(desk, BRUNO)
    assert press(ana, f"/retornos/{row.id}/assumir").status_code == 303
    late = press(bruno, f"/retornos/{row.id}/assumir")
    assert late.status_code == 409
    assert f"já está com {staff_row(desk, ANA).name}" in late.text
    assert press(ana, f"/retornos/{row.id}/soltar").status_code == 303
    assert press(bruno, f"/retornos/{row.id}/assumir").status_code == 303


def test_call_without_being_available_is_refused_in_words(desk: Desk) -> None:
    row = promised(desk)
    answer = press(staff_inside(desk), f"/retornos/{row.id}/ligar")
    assert answer.status_code == 409
    assert "Fique disponível" in answer.text


def test_all_missed_of_the_page_are_marked_and_one_that_came_later_stays(desk: Desk) -> None:
    promised(desk, 1, kind="missed")
    browser = staff_inside(desk)
    page = browser.open("/retornos?lista=perdidas").text
    shown = re.findall(r'name="retorno" value="(\d+)"', page)
    promised(desk, 2, kind="missed")
    answer = browser.post(
        "/retornos/tratadas", csrf_token=csrf_of(page), lista="perdidas", retorno=shown[-1]
    )
    assert answer.status_code in (302, 303)
    assert 'Perdidas <span class="mark">1</span>' in browser.open("/retornos").text


def test_message_is_listed_and_is_heard_with_a_reason_that_is_written_down(desk: Desk) -> None:
    protocol = recorded(desk)
    browser, path = staff_inside(desk), f"/chamados/{protocol}"
    assert protocol[:4] in browser.open("/retornos?lista=recados").text
    assert "<audio" not in browser.open(path).text
    assert browser.open(f"/gravacoes/{SID}").status_code == 422, "no reason was given"
    assert press(browser, f"/gravacoes/{SID}", at=path, motivo="curiosidade").status_code == 422
    opened = press(browser, f"/gravacoes/{SID}", at=path, motivo="atender")
    assert opened.status_code == 303
    page = browser.open(path)
    assert f'src="/gravacoes/{SID}"' in page.text
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    sound = browser.open(f"/gravacoes/{SID}")
    assert (sound.status_code, sound.data) == (200, WAV)
    assert sound.headers["Cache-Control"] == "no-store"
    with desk.rt.store.begin(write=False) as tx:
        lines = tx.audit.of(f"recording:{SID}")
    assert [(line.action, line.data["reason"]) for line in lines] == [
        ("recording.heard", "atender")
    ]
    desk.clock.at += timedelta(minutes=16)
    assert browser.open(f"/gravacoes/{SID}").status_code != 200, "the leave has ended"


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=5000-", 206, 5000, None),
        ("bytes=-10", 206, -10, None),
        ("bytes=0-0", 206, 0, 1),
        ("bytes=99999999-", 416, 0, 0),
        ("bytes=9-3", 416, 0, 0),
        ("words", 200, 0, None),
    ],
)
def test_part_of_the_sound(desk: Desk, asked: str, status: int, start: int, stop: int) -> None:
    path = f"/chamados/{recorded(desk)}"
    browser = staff_inside(desk)
    press(browser, f"/gravacoes/{SID}", at=path, motivo="atender")
    answer = browser.open(f"/gravacoes/{SID}", headers={"Range": asked})
    assert answer.status_code == status
    if status != 416:
        assert answer.data == WAV[start:stop]


def test_talk_is_heard_by_who_spoke_and_supervision_and_by_no_other_agent(desk: Desk) -> None:
    path = f"/chamados/{recorded(desk, talk_of=staff_row(desk, ANA).id)}"
    page = staff_inside(desk, ANA).open(path).text
    assert re.search(r"gravação pausada \d\d:\d\d–\d\d:\d\d", page)
    for login, allowed in ((ANA, True), (CARLA, True), (ELISA, True), (BRUNO, False)):
        browser = staff_inside(desk, login)
        answer = press(browser, f"/gravacoes/{SID}", at=path, motivo="qualidade")
        assert answer.status_code == (303 if allowed else 403), login
        heard = browser.open(f"/gravacoes/{SID}")
        assert heard.status_code == (200 if allowed else 403), login
        assert (heard.data == WAV) == allowed
    with desk.rt.store.begin(write=False) as tx:
        actions = [line.action for line in tx.audit.of(f"recording:{SID}")]
    assert actions.count("recording.refused") == 1


def test_leave_of_one_log_in_is_no_leave_of_another(desk: Desk) -> None:
    path = f"/chamados/{recorded(desk)}"
    browser = staff_inside(desk, ANA)
    press(browser, f"/gravacoes/{SID}", at=path, motivo="atender")
    assert browser.open(f"/gravacoes/{SID}").status_code == 200
    browser.send("/sair", form_at="/retornos")
    browser.log_in(BRUNO)
    assert browser.open(f"/gravacoes/{SID}").status_code == 422
