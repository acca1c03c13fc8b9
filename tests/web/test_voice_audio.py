"""What is played, what is said instead, and what may never stand beside a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desk import Desk
from twiml_grammar import check_twiml
from web.phone_line import (
    build_audio_list,
    call,
    order_reset,
    prove,
    speaks,
    still_desk,
    to_code,
)


def test_a_prompt_without_audio_is_said_by_the_carrier_and_the_others_are_played(
    quick: Path,
) -> None:
    build_audio_list(quick / "var" / "prompts", ["greeting.welcome", "main.menu"])
    desk = still_desk(quick, changes={"IVR_PROMPT_MODE": "play"})
    heard = call(desk).heard[-1].decode()
    address = r"<Play>http://ivr\.test/prompts/([a-z_.]+)\.wav\?v=[0-9a-f]{10}</Play>"
    played = re.findall(address, heard)
    assert played == ["greeting.welcome", "main.menu"]
    assert speaks(desk, heard.encode(), "greeting.protocol")
    assert speaks(desk, heard.encode(), "notice.recording")
    assert check_twiml(heard) == []


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"greeting.welcome": {}}'])
def test_a_damaged_list_of_audio_leaves_the_voice_of_the_carrier(
    quick: Path, manifest: str
) -> None:
    folder = quick / "var" / "prompts"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(manifest)
    desk = still_desk(quick, changes={"IVR_PROMPT_MODE": "play"})
    heard = call(desk).heard[-1]
    assert b"<Play" not in heard
    assert speaks(desk, heard, "greeting.welcome")


def test_audio_is_served_by_its_name_only(quick: Path) -> None:
    folder = quick / "var" / "prompts"
    build_audio_list(folder, ["main.menu"])
    (folder / "main.menu.wav").write_bytes(b"RIFFtest")
    (quick / "var" / "secret.wav").write_bytes(b"not for you")
    client = still_desk(quick).app.test_client()
    good = client.get("/prompts/main.menu.wav?v=1")
    assert (good.status_code, good.content_type, good.data) == (200, "audio/wav", b"RIFFtest")
    assert "immutable" in good.headers["Cache-Control"]
    for path in ("../secret", "..%2fsecret", "%2e%2e/secret", "main..menu", "Main.menu", "a/b"):
        assert client.get(f"/prompts/{path}.wav").status_code == 404, path


def test_no_document_records_while_a_secret_is_asked_for(still: Desk) -> None:
    line = order_reset(prove(call(still)), "2")
    still.work()
    line.go_on()
    for document in line.heard:
        secret = any(speaks(still, document, p) for p in ("verify.pin", "verify.code"))
        if secret or b"/audio/secret/" in document:
            assert b"<Record" not in document
            assert b"<Start" not in document
            assert b'input="dtmf"' in document or b"/audio/secret/" in document
            assert b"speech" not in document


def test_every_message_fits_into_the_alphabet_of_the_network(still: Desk) -> None:
    """GSM 7-bit letters; the code's message also warns of callers who ask for it."""
    to_code(call(still))
    line = order_reset(prove(call(still, "second"), "bento"), "2")
    still.work()
    line.go_on()
    line.hang_up()
    still.work()
    assert len(still.sms.sent) >= 4
    for _, body in still.sms.sent:
        assert body.isascii()
        assert not set(body) & set("`^{}[]~|\\")
        assert "@" not in body
    code = next(body for _, body in still.sms.sent if "codigo" in body)
    assert len(code) <= 160
    assert "Nunca pedimos este codigo em outra ligacao" in code
