"""Messages of a media stream: the documented ones are read, and nothing else can do harm."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.adapters.speech.vosk_audio import FrameDecoder
from ivr.adapters.twilio.media_messages import (
    Connected,
    Key,
    MarkReached,
    MediaMessageError,
    MediaReader,
    MediaWriter,
    Sound,
    Started,
    Stopped,
    Unknown,
)

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PIPECAT = json.loads((FIXTURES / "media" / "pipecat.json").read_text("utf-8"))
ACCOUNT = "AC" + "1" * 32
CALL = "CA" + "2" * 32
STREAM = "MZ" + "3" * 32
CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
START = {
    "event": "start",
    "sequenceNumber": "1",
    "streamSid": STREAM,
    "start": {
        "streamSid": STREAM,
        "accountSid": ACCOUNT,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"n": "7", "t": "f" * 64},
    },
}


def media(number: int, mulaw: bytes = b"\xff" * 160) -> dict[str, Any]:
    return {
        "event": "media",
        "sequenceNumber": str(number + 1),
        "streamSid": STREAM,
        "media": {
            "track": "inbound",
            "chunk": str(number),
            "timestamp": str(20 * number),
            "payload": base64.b64encode(mulaw).decode(),
        },
    }


def after(*messages: dict[str, Any]) -> MediaReader:
    reader = MediaReader(account_sid=ACCOUNT)
    for message in (CONNECTED, START, *messages):
        reader.read(json.dumps(message))
    return reader


def test_a_whole_stream_is_read_in_its_order() -> None:
    reader = MediaReader(account_sid=ACCOUNT)
    messages = [
        CONNECTED,
        START,
        media(1, b"\x01\x02"),
        {
            "event": "dtmf",
            "streamSid": STREAM,
            "sequenceNumber": "3",
            "dtmf": {"track": "inbound_track", "digit": "#"},
        },
        {
            "event": "mark",
            "streamSid": STREAM,
            "sequenceNumber": "4",
            "mark": {"name": "1-ask"},
        },
        {"event": "weather", "streamSid": STREAM, "sequenceNumber": "5"},
        {
            "event": "stop",
            "streamSid": STREAM,
            "sequenceNumber": "6",
            "stop": {"accountSid": ACCOUNT, "callSid": CALL},
        },
    ]
    assert [reader.read(json.dumps(each)) for each in messages] == [
        Connected(),
        Started(stream_sid=STREAM, call_sid=CALL, turn=7, token="f" * 64),
        Sound(mulaw=b"\x01\x02"),
        Key(digit="#"),
        MarkReached(name="1-ask"),
        Unknown(),
        Stopped(),
    ]
    with pytest.raises(MediaMessageError, match="after stop"):
        reader.read(json.dumps(media(9)))


def test_messages_that_were_lost_are_counted() -> None:
    reader = after(media(1), media(2))
    assert reader.gaps == 0
    reader.read(json.dumps(media(6)))
    assert reader.gaps == 3


@pytest.mark.parametrize("order", [(1, 1), (2, 1), (5, 4)])
def test_sound_that_comes_twice_or_backwards_is_refused(order: tuple[int, int]) -> None:
    first, second = order
    with pytest.raises(MediaMessageError, match="order"):
        after(media(first)).read(json.dumps(media(second)))


@pytest.mark.parametrize("value", [1, 1.0, None, "", "-1", "1.0", "0x1", "1" * 11, "١", True])
@pytest.mark.parametrize("name", ["chunk", "timestamp"])
def test_figures_are_strings_of_digits(name: str, value: object) -> None:
    message = media(1)
    message["media"][name] = value
    with pytest.raises(MediaMessageError, match=name):
        after().read(json.dumps(message))


@given(st.binary(min_size=1, max_size=8000))
@settings(max_examples=50)
def test_any_sound_comes_through_as_it_is(mulaw: bytes) -> None:
    assert after().read(json.dumps(media(1, mulaw))) == Sound(mulaw=mulaw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.text(max_size=400) | JSON.map(json.dumps) | st.binary(max_size=200))
def test_any_text_at_all_is_read_or_refused_at_every_point(text: str | bytes) -> None:
    for reader in (MediaReader(account_sid=ACCOUNT), after(), after(media(1))):
        try:
            reader.read(text)
        except MediaMessageError as error:
            assert len(error.reason) < 60


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A message of the protocol with one part replaced by anything."""
    message = json.loads(json.dumps(draw(st.sampled_from([START, media(1), CONNECTED]))))
    place = message
    while True:
        name = draw(st.sampled_from(sorted(place)))
        if isinstance(place[name], dict) and draw(st.booleans()):
            place = place[name]
            continue
        place[name] = draw(JSON)
        return message


@given(spoilt())
def test_a_message_with_one_part_replaced_is_read_or_refused(message: dict[str, Any]) -> None:
    for reader in (MediaReader(account_sid=ACCOUNT), after()):
        try:
            reader.read(json.dumps(message))
        except MediaMessageError as error:
            assert "f" * 64 not in str(error)


def test_neither_keys_nor_sound_nor_tokens_are_shown() -> None:
    shown = repr(
        [
            Key(digit="7"),
            Sound(mulaw=b"secret"),
            Started(stream_sid=STREAM, call_sid=CALL, turn=1, token="f" * 64),
        ]
    )
    assert "7" not in shown and "secret" not in shown and "f" * 64 not in shown


def test_what_is_written_has_the_fields_of_the_protocol_and_no_other() -> None:
    """Another field is error 31951 at the carrier."""
    writer = MediaWriter(STREAM)
    assert json.loads(writer.sound(base64.b64encode(b"\x7f\x80"))) == {
        "event": "media",
        "streamSid": STREAM,
        "media": {"payload": "f4A="},
    }
    assert json.loads(writer.clear) == {"event": "clear", "streamSid": STREAM}
    assert json.loads(writer.mark('ouvi:"sim" \\ não')) == {
        "event": "mark",
        "streamSid": STREAM,
        "mark": {"name": 'ouvi:"sim" \\ não'},
    }


def test_a_stream_id_that_is_none_is_not_written() -> None:
    with pytest.raises(ValueError):
        MediaWriter('MZ","x":"')


def test_our_messages_are_what_pipecat_writes() -> None:
    """An outside judge, recorded: see tests/fixtures/media/record_pipecat.py."""
    writer = MediaWriter(PIPECAT["stream"])
    assert json.loads(writer.sound(PIPECAT["payload"].encode())) == json.loads(PIPECAT["sound"])
    assert json.loads(writer.clear) == json.loads(PIPECAT["clear"])


def test_pipecat_hears_the_same_sound_and_keys_in_the_carriers_messages() -> None:
    message = media(1, base64.b64decode(PIPECAT["payload"]))
    read = after().read(json.dumps(message))
    assert isinstance(read, Sound)
    pcm = FrameDecoder(encoding="mulaw", rate=8000, wanted=8000).decode(read.mulaw)
    assert len(pcm) == 2 * PIPECAT["samples"]
    assert hashlib.sha256(pcm).hexdigest() == PIPECAT["pcm_sha256"]
    for digit, theirs in PIPECAT["keys"]:
        dtmf = {"track": "inbound_track", "digit": digit}
        text = {"event": "dtmf", "streamSid": STREAM, "sequenceNumber": "2", "dtmf": dtmf}
        assert after().read(json.dumps(text)) == Key(digit=theirs)
