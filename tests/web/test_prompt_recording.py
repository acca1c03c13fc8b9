"""``/admin/falas/<fala>``: heard, recorded over, and given back to the synthetic voice."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from adapters.speech.test_recording_check import speech, wav
from desk import PUBLIC, Desk
from web.phone_line import still_desk
from web.staff_browser import (
    CARLA,
    DAVI,
    StaffBrowser,
    csrf_of,
    staff_inside,
    staff_row,
    with_staff,
)

from ivr.adapters.speech.prompt_files import load_manifest
from ivr.ports.prompt_studio import MOST_BYTES, StudioError
from ivr.ports.staff import AuditLine
from ivr.ports.store import StoreUnavailableError
from ivr.service import admin_people

PIECE = "greeting.welcome"
VOICE = wav(speech())
PATH = f"/admin/falas/{PIECE}"


@pytest.fixture
def desk(quick: Path) -> Desk:
    return with_staff(still_desk(quick, changes={"IVR_VAR": str(quick)}))


def supervisor(desk: Desk) -> StaffBrowser:
    return staff_inside(desk, CARLA)


def send(browser: StaffBrowser, sound: bytes, *, fala: str = PIECE, piece: str = PIECE) -> Any:
    token = csrf_of(browser.open(PATH).text)
    return browser.client.post(
        f"/admin/falas/{fala}/gravacao/{piece}",
        base_url=PUBLIC,
        data={"csrf_token": token, "som": (io.BytesIO(sound), "voz.wav")},
        content_type="multipart/form-data",
    )


def back(browser: StaffBrowser) -> Any:
    return browser.send(f"{PATH}/sintetica/{PIECE}", form_at=PATH)


def audit(desk: Desk) -> list[AuditLine]:
    with desk.rt.store.begin(write=False) as tx:
        return tx.audit.of(f"prompt:{PIECE}")


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_supervisor_puts_a_recorded_voice_on_air_and_takes_it_back(desk: Desk) -> None:
    browser = supervisor(desk)
    assert "Sem áudio pronto" in words(browser.open(PATH))
    answer = send(browser, VOICE)
    assert answer.status_code == 303
    page = browser.open(answer.headers["Location"].replace(PUBLIC, ""))
    assert "A gravação está no ar" in words(page)
    assert "gravada por uma pessoa, 2" in words(page)
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    address = re.search(r'src="(/prompts/[^"]+)"', page.text)
    assert address is not None
    assert browser.open(html.unescape(address[1])).data[:4] == b"RIFF"
    assert load_manifest(desk.settings.audio_dir)[PIECE].source == "recorded"

    assert back(browser).status_code == 303
    assert load_manifest(desk.settings.audio_dir)[PIECE].source == "tts"
    actions = [line.action for line in audit(desk)]
    assert sorted(actions) == ["prompt.recorded", "prompt.synthetic"]
    recorded = next(line for line in audit(desk) if line.action == "prompt.recorded")
    assert recorded.data["segundos"] == pytest.approx(2.0, abs=0.3) and recorded.data["sha256"]
    assert "não tem gravação" in words(back(browser))


def test_bad_recording_is_told_in_plain_words_and_changes_nothing(desk: Desk) -> None:
    browser = supervisor(desk)
    for sound, told in (
        (b"ID3 an mp3", "não é um som WAV"),
        (b"", "está vazio"),
        (wav(speech(size=3.0)), "estourada"),
        (wav(speech(16.0, rate=8000), rate=8000), "demais para este texto"),
    ):
        answer = send(browser, sound)
        assert answer.status_code == 422
        assert told in words(answer) and "a fala de antes continua no ar" in words(answer)
        assert 'role="alert"' in answer.text and 'aria-invalid="true"' in answer.text
    assert audit(desk) == [] and desk.rt.studio is not None
    assert desk.rt.studio.uploaded() == frozenset()


def test_file_over_the_limit_is_refused_before_it_is_read(desk: Desk) -> None:
    browser = supervisor(desk)
    answer = send(browser, b"\0" * (MOST_BYTES + 64 * 1024))
    assert answer.status_code == 413
    assert "mais de 8 MB" in words(answer) and "Nada foi mudado" in words(answer)
    small = browser.client.post("/admin/bloqueios", base_url=PUBLIC, data={"motivo": "x" * 20_000})
    assert small.status_code == 413, "other forms keep their limit"


def test_upload_without_the_token_of_the_page_is_refused(desk: Desk) -> None:
    browser = supervisor(desk)
    answer = browser.client.post(
        f"{PATH}/gravacao/{PIECE}",
        base_url=PUBLIC,
        data={"som": (io.BytesIO(VOICE), "voz.wav")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 400 and audit(desk) == []


@pytest.mark.parametrize(
    ("fala", "piece"),
    [(PIECE, "bye.thanks"), (PIECE, "..%2Fx"), ("nada", "nada"), ("v.pause", "v.pause")],
)
def test_only_parts_of_the_prompt_are_recorded(desk: Desk, fala: str, piece: str) -> None:
    answer = send(supervisor(desk), VOICE, fala=fala, piece=piece)
    assert answer.status_code in (200, 404)
    assert desk.rt.studio is not None and desk.rt.studio.uploaded() == frozenset()


def test_prompt_with_values_is_recorded_in_its_parts_and_values_have_their_pages(
    desk: Desk,
) -> None:
    browser = supervisor(desk)
    page = browser.open("/admin/falas/identify.confirm_cpf")
    assert page.text.count('type="file"') == 2
    assert "cada parte é um som" in words(page)
    values = browser.open("/admin/falas?valores=1&q=v.digit")
    assert "10 de " in words(values)
    assert "/admin/falas/v.digit.6" in values.text
    assert "meia" in words(browser.open("/admin/falas/v.digit.6"))


def test_manager_hears_but_is_offered_no_recording(desk: Desk) -> None:
    assert 'type="file"' in staff_inside(desk, DAVI).open(PATH).text
    admin_people.set_roles(desk.rt, CARLA, ["manager"], by=staff_row(desk, DAVI))  # type: ignore[arg-type]
    page = supervisor(desk).open(PATH)
    assert page.status_code == 200
    assert 'type="file"' not in page.text


class Studio:
    """Takes everything; ``use`` fails."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.dropped = inner, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def use(self, taken: Any) -> None:
        raise StudioError("no engine")

    def drop(self, taken: Any) -> None:
        self.dropped += 1
        self.inner.drop(taken)


def test_failure_of_the_build_is_told_and_audited(quick: Path, desk: Desk) -> None:
    studio = Studio(desk.rt.studio)
    failing = with_staff(still_desk(quick, changes={"IVR_VAR": str(quick)}, studio=studio))
    answer = send(supervisor(failing), VOICE)
    assert answer.status_code == 503
    assert "Tente de novo" in words(answer)
    assert studio.dropped == 1
    actions = sorted(line.action for line in audit(failing))
    assert actions == ["prompt.recorded", "prompt.recording_failed"]


def test_without_an_audit_line_nothing_is_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ivr.service import prompt_recordings

    def away(*args: Any) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(prompt_recordings, "_tell", away)
    assert send(supervisor(desk), VOICE).status_code == 503
    assert desk.rt.studio is not None and desk.rt.studio.uploaded() == frozenset()
    assert not list((desk.settings.uploaded_dir).rglob("*.wav"))
