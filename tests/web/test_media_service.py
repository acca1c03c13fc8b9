"""The stream service in gunicorn: handshakes, whole turns, and what is left when it goes away."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from desk import PUBLIC, TOKEN
from twilio.request_validator import RequestValidator
from web.media_line import MODEL, STREAM, Line, sample
from web.media_rig import MediaDesk, media_desk
from web.phone_line import quick_folder, still_desk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaDesk]:
    with (
        quick_folder(tmp_path_factory.mktemp("media")) as folder,
        media_desk(folder, threads=2, IVR_MEDIA_STREAMS="12") as desk,
    ):
        yield desk


def turn_of(desk: MediaDesk, sid: str) -> int:
    with desk.store.begin(write=False) as tx:
        view = tx.calls.view(sid, 0)
    assert view is not None
    return view.call.turn


def asked(line: Line, turn: int) -> None:
    line.until(lambda: f"{turn}-ask" in line.marks, seconds=20)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"x_twilio_signature": None}),
        (403, {"x_twilio_signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}),
        (426, {"Upgrade": None}),
        (426, {"Connection": "keep-alive"}),
        (400, {"Sec_WebSocket_Key": None}),
        (400, {"Sec_WebSocket_Key": "short"}),
        (400, {"Sec_WebSocket_Version": "12"}),
    ],
)
def test_a_handshake_that_is_not_the_carriers_is_refused(
    served: MediaDesk, status: int, headers: dict[str, str | None]
) -> None:
    got, sock = served.shake(**headers)
    sock.close()
    assert got == status


def test_the_signature_of_another_address_does_not_open_a_stream(served: MediaDesk) -> None:
    sign = RequestValidator(TOKEN).compute_signature
    for url, status in (
        ("wss://elsewhere.test/voice/media", 403),
        (f"{served.public}/voice/media", 403),
        (f"ws{served.public.removeprefix('http')}/voice/media?n=1", 403),
        (f"ws{served.public.removeprefix('http')}/voice/media/", 101),
    ):
        got, sock = served.shake(x_twilio_signature=sign(url, {}))
        sock.close()
        assert (url, got) == (url, status)


def test_words_and_keys_take_the_turns_of_a_call(served: MediaDesk) -> None:
    """The menu is said again when asked for by word; then a key chooses."""
    sid, parameters = served.call()
    line = served.line(sid, parameters)
    asked(line, 1)
    assert line.sound
    line.hush(400)
    line.say(sample("repetir_m8"))
    asked(line, 2)
    line.key("1")
    line.until(lambda: turn_of(served, sid) > 2 or line.ended)
    assert turn_of(served, sid) == 3


def test_a_call_that_wants_a_person_leaves_the_stream(served: MediaDesk) -> None:
    sid, parameters = served.call()
    line = served.line(sid, parameters)
    asked(line, 1)
    line.hush(400)
    line.say(sample("atendente_klatt3"))
    line.until(lambda: line.ended)
    assert line.over() == 1000
    document = served.post(f"/voice/resume?n={parameters['n']}", sid)
    assert "<Enqueue" in document or "<Record" in document or "<Gather" in document
    assert "<Connect" not in document


def test_a_stream_that_dies_is_asked_again_by_keys(served: MediaDesk) -> None:
    sid, parameters = served.call()
    line = served.line(sid, parameters)
    line.until(lambda: bool(line.sound))
    line.close()
    document = served.post(f"/voice/resume?n={parameters['n']}", sid)
    assert "<Gather" in document and 'input="dtmf"' in document
    assert "<Connect" not in document


def test_a_token_opens_one_stream_of_its_own_call(served: MediaDesk) -> None:
    sid, parameters = served.call()
    other, _ = served.call()
    assert served.line(other, parameters).over() == 1008
    assert served.line(sid, {**parameters, "t": "0" * len(parameters["t"])}).over() == 1008
    first = served.line(sid, parameters)
    first.until(lambda: bool(first.sound))
    assert served.line(sid, parameters).over() == 1008
    first.frame()
    assert not first.ended


def test_streams_hold_no_thread_and_are_counted(served: MediaDesk) -> None:
    """Two threads, twelve streams: webhooks still answer, and the thirteenth stream does not."""
    time.sleep(0.3)
    lines = []
    for _ in range(12):
        status, sock = served.shake()
        if status != 101:
            break
        lines.append(sock)
    assert 6 <= len(lines) <= 12
    status, sock = served.shake()
    assert status == 503
    sock.close()
    began = time.monotonic()
    for _ in range(10):
        urlopen(f"http://127.0.0.1:{served.port}/readyz", timeout=5).close()
    assert time.monotonic() - began < 2
    for each in lines:
        each.close()


def test_nothing_that_was_said_or_keyed_is_in_the_log(served: MediaDesk) -> None:
    text = served.log.read_text("utf-8", "replace")
    assert "media stream ended" in text
    for word in ("repetir", "atendente", STREAM, "Traceback"):
        assert word not in text


@pytest.mark.parametrize(("speech", "status"), [("carrier", 404), ("none", 404), ("vosk", 503)])
def test_no_stream_is_served_when_another_listens_or_the_server_keeps_its_connection(
    quick: Path, speech: str, status: int
) -> None:
    desk = still_desk(quick, changes={"IVR_SPEECH": speech, "IVR_SPEECH_MODEL": str(MODEL)})
    url = f"ws{PUBLIC.removeprefix('http')}/voice/media"
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, {}),
    }
    answer = desk.app.test_client().get(
        "/voice/media", headers=headers, environ_overrides={"SERVER_PROTOCOL": "HTTP/1.1"}
    )
    assert answer.status_code == status


def test_the_service_alone_outlives_its_model_and_ends_its_streams_when_it_ends(
    tmp_path: Path,
) -> None:
    """Without a model the calls have their keys."""
    with quick_folder(tmp_path) as folder:
        shutil.copytree(MODEL, folder / "model")
        with media_desk(folder, entry="media", IVR_SPEECH_MODEL=str(folder / "model")) as desk:
            shutil.rmtree(folder / "model" / "graph")
            status, sock = desk.shake()
            sock.close()
            assert status == 503
            shutil.copytree(MODEL / "graph", folder / "model" / "graph")
            status, sock = desk.shake()
            assert status == 101
            line = Line(sock)
            line.message({"event": "connected", "protocol": "Call", "version": "1.0.0"})
            desk.process.terminate()
            assert line.over() == 1001
            desk.process.wait(timeout=15)
