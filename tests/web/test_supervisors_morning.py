"""A supervisor's morning in a real browser: the board with somebody waiting and an alert, a call
found by every kind of word, its timeline and its recording, the report, the files; axe on each
page."""

from __future__ import annotations

import io
import math
import struct
import threading
import tomllib
import wave
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from chromium import ARGS, CHROMIUM, SHOTS
from desk import Desk, people
from metric_stories import Story, write
from playwright.sync_api import Page, expect, sync_playwright
from web.phone_line import reset_story, still_desk
from web.staff_browser import ANA, CARLA, staff_password, staff_row, with_staff
from web.test_board_page import caller, later, there
from web.test_reset_page_accessibility import serious, visit
from werkzeug.serving import make_server

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.domain.local_time import local_date
from ivr.ports.desk import EngagementRow, OfferRow
from ivr.ports.staff import StaffRow
from ivr.ports.store import RecordingRow
from ivr.service.board_alerts import watch
from ivr.service.calls_log_facts import record_call
from ivr.service.reports import start_of

pytestmark = pytest.mark.timeout(90)
RECORDING = "RE" + "7" * 32
FILE = "7" * 32
EARLIER = 14
"""Calls of the early morning."""


@pytest.fixture
def morning(quick: Path) -> Desk:
    """A desk with the calls of the early morning, and a shelf for recordings."""
    shelf = FolderShelf(quick / "recordings", seal=AesGcmSeal(b"key"))
    still = with_staff(still_desk(quick, recordings=shelf))
    with still.rt.store.begin() as tx:
        now = tx.now()
        tx.staff.add(StaffRow(id="ana", login="ana", name="Outra Pessoa", created_at=now))
    base = start_of(local_date(now)) + timedelta(hours=7)
    for number in range(EARLIER):
        kind = ("talk", "ura", "abandoned")[number % 3]
        write(still.rt, base, Story(at=400 * number, kind=kind, wait=9 * number))
    return still


@pytest.fixture
def sid(morning: Desk) -> str:
    """A call that proved itself, got a link, rated, and was recorded; somebody waits by now."""
    line = reset_story(morning)
    protocol = morning.call(line.sid).protocol
    agent = staff_row(morning, ANA).id
    later(morning, 30)
    with morning.rt.store.begin() as tx:
        at = tx.now()
        offer = OfferRow(
            id="OFmorning", call_sid=line.sid, protocol=protocol, queue="atendimento",
            agent=agent, state="answered", reserved_at=at, due_at=at, answered_at=at, ended_at=at,
        )  # fmt: skip
        tx.desk.add_offer(offer)
        talk = EngagementRow(
            offer=offer.id, call_sid=line.sid, protocol=protocol, queue="atendimento",
            agent=agent, started_at=at, ended_at=at + timedelta(seconds=40), ended_by="caller",
            contact_class="contato", wrapped_at=at + timedelta(seconds=50),
        )  # fmt: skip
        tx.desk.add_engagement(talk)
        assert record_call(tx, line.sid)
    assert morning.rt.recordings is not None
    morning.rt.recordings.put(FILE, _tone())
    with morning.rt.store.begin() as tx:
        tx.tickets.add_recording(
            RecordingRow(
                sid=RECORDING, protocol=protocol, call_sid=line.sid, purpose="talk", seconds=1,
                at=at, state="kept", engagement=offer.id, file=FILE, fetched_at=at,
            )
        )  # fmt: skip
    caller(morning, "CAwaits")
    later(morning, 150)
    there(morning, ANA)
    watch(morning.rt)
    return line.sid


def _tone() -> bytes:
    """A second of a tone, as the carrier's WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        parts = (int(9000 * math.sin(n / 3)) for n in range(8000))
        sound.writeframes(b"".join(struct.pack("<h", part) for part in parts))
    return file.getvalue()


@pytest.fixture
def page(morning: Desk) -> Iterator[Page]:
    """A browser at the address of the desk."""
    server = make_server("127.0.0.1", 0, morning.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        with visit(browser, address) as opened:
            opened.set_default_timeout(10_000)
            opened.set_viewport_size({"width": 1280, "height": 800})
            opened.goto(f"{address}/entrar")
            yield opened
        browser.close()
    server.shutdown()
    thread.join()
    server.server_close()


def looked_at(page: Page, name: str) -> None:
    """Nothing that axe calls serious; a picture for whoever asks for one."""
    page.wait_for_load_state("load")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"morning-{name}.png", full_page=True)
    assert serious(page) == [], name


def test_morning_of_a_supervisor_from_the_log_in_to_the_files(
    morning: Desk, sid: str, page: Page, tmp_path: Path
) -> None:
    logs_in(page, morning)
    sees_who_waits_and_acknowledges_the_alert(page)
    finds_the_call_by_each_kind_of_word(page, morning, sid)
    reads_it_step_by_step(page, sid)
    hears_the_recording_and_says_why(page, morning)
    saves_it_as_a_script(page, tmp_path)
    reads_the_report(page)
    takes_the_files(page, tmp_path)


def logs_in(page: Page, desk: Desk) -> None:
    looked_at(page, "log-in")
    page.fill("[name=login]", CARLA)
    page.fill("[name=password]", staff_password(desk))
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def sees_who_waits_and_acknowledges_the_alert(page: Page) -> None:
    page.goto(_at(page, "/supervisao"))
    expect(page.locator("#s-faixa dd").first).to_have_text("1")
    assert people()["ana"]["mobile"] not in page.content()
    looked_at(page, "board")
    unseen = page.locator("#s-alertas button", has_text="Marcar como visto")
    before = unseen.count()
    assert before
    unseen.first.click()
    expect(page.locator("#s-alertas button", has_text="Marcar como visto")).to_have_count(
        before - 1
    )
    expect(page.locator("#s-alertas .hint", has_text="visto às").first).to_be_visible()


def finds_the_call_by_each_kind_of_word(page: Page, desk: Desk, sid: str) -> None:
    ana = people()["ana"]
    code = next(s.code for s in desk.rt.catalogue.services if s.key == "email")
    protocol = desk.call(sid).protocol
    mobile = ana["mobile"]
    asked = {
        "telephone": mobile,
        "telephone as written": f"({mobile[3:5]}) {mobile[5:10]}-{mobile[10:]}",
        "CPF": ana["cpf"],
        "matrícula": ana["matricula"],
        "service code": code,
        "agent": staff_row(desk, ANA).name.split()[0],
    }
    page.goto(_at(page, "/chamadas"))
    looked_at(page, "log")
    for kind, text in asked.items():
        _search(page, text)
        expect(page.locator(f'a[href="/chamadas/{sid}"]').first, kind).to_be_visible()
        if kind not in ("service code", "agent"):
            assert text not in page.url, kind
    for text in (protocol, sid):
        _search(page, text)
        assert page.url.endswith(f"/chamadas/{sid}")
    _search(page, "nada disso existe 123")
    assert page.locator("text=Confira os algarismos").count()
    looked_at(page, "nothing-found")


def _search(page: Page, text: str) -> None:
    page.goto(_at(page, "/chamadas"))
    page.fill("#procurar", text)
    with page.expect_navigation():
        page.press("#procurar", "Enter")


def reads_it_step_by_step(page: Page, sid: str) -> None:
    page.goto(_at(page, f"/chamadas/{sid}"))
    assert page.locator("ol[data-steps] > li").count() >= 10
    assert "••••••(6)" in page.content()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "s1"
    looked_at(page, "timeline")


def until(page: Page, so: Callable[[], bool]) -> None:
    """Wait for what the page tells. Its policy lets no text be run that waits by itself."""
    for _ in range(100):
        if so():
            return
        page.wait_for_timeout(100)
    pytest.fail("did not come about")


def hears_the_recording_and_says_why(page: Page, desk: Desk) -> None:
    section = page.locator("section", has=page.locator("#gravacoes"))
    assert section.locator("audio").count() == 0
    section.locator("summary", has_text="Ouvir").click()
    section.locator("select").select_option("qualidade")
    with page.expect_navigation():
        section.locator("button", has_text="Abrir a gravação").click()
    sound = page.locator("audio")
    sound.evaluate("one => one.play()")
    until(page, lambda: sound.evaluate("one => one.currentTime") > 0)
    looked_at(page, "recording")
    with desk.rt.store.begin(write=False) as tx:
        lines = tx.audit.of(f"recording:{RECORDING}")
    assert [(line.action, line.data["reason"]) for line in lines] == [
        ("recording.heard", "qualidade")
    ]


def saves_it_as_a_script(page: Page, folder: Path) -> None:
    with page.expect_download() as got:
        page.click("text=Salvar como roteiro")
    got.value.save_as(folder / "script.toml")
    text = (folder / "script.toml").read_text("utf-8")
    assert tomllib.loads(text)
    ana = people()["ana"]
    assert all(ana[name] not in text for name in ("cpf", "pin", "mobile", "matricula"))


def reads_the_report(page: Page) -> None:
    page.goto(_at(page, "/relatorios"))
    words = page.inner_text("main")
    assert "Nível de serviço" in words
    assert f"Chamadas\n{EARLIER + 2}" in words
    looked_at(page, "report")


def takes_the_files(page: Page, folder: Path) -> None:
    page.goto(_at(page, "/chamadas/exportar?servico=email"))
    looked_at(page, "export")
    for label, name in (("Baixar CSV", "calls.csv"), ("Baixar XLSX", "calls.xlsx")):
        with page.expect_download() as got:
            page.click(f"text={label}")
        got.value.save_as(folder / name)
    lines = (folder / "calls.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert people()["ana"]["mobile"][-9:-4] not in lines[1]
    with zipfile.ZipFile(folder / "calls.xlsx") as book:
        assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == 2


def _at(page: Page, path: str) -> str:
    return "/".join(page.url.split("/")[:3]) + path
