"""<Connect><Stream>: what is taken, and what is wrong with it."""

from __future__ import annotations

import pytest

from ivr.carrier.twiml.connect import Connect, Stream
from ivr.carrier.twiml.dial import StatusCallback
from ivr.carrier.twiml.document import Document, parse

URL = "wss://ivr.test/voice/media"


def read(inside: str, connect: str = "") -> Document:
    return parse(
        f"<Response><Connect {connect}>{inside}</Connect></Response>", url="https://ivr.test/doc"
    )


def codes(document: Document) -> list[int]:
    return [problem.code for problem in document.problems]


def test_everything_that_a_stream_can_have() -> None:
    document = read(
        f'<Stream url="{URL}" name="fala" track="inbound_track" statusCallback="/s" '
        'statusCallbackMethod="GET"><Parameter name="n" value="1"/></Stream>',
        'action="/done"',
    )
    assert document.problems == ()
    assert document.verbs == (
        Connect(
            stream=Stream(
                url=URL,
                name="fala",
                parameters=(("n", "1"),),
                callback=StatusCallback(
                    url="https://ivr.test/s",
                    method="GET",
                    events=("stream-started", "stream-stopped", "stream-error"),
                ),
            ),
            action="https://ivr.test/done",
        ),
    )


@pytest.mark.parametrize(
    "url",
    [
        "wss://ivr.test",
        "wss://ivr.test:8443/a/b",
        "ws://127.0.0.1:8000/voice/media",
        "ws://localhost/voice/media",
        "ws://[::1]:8000/voice/media",
    ],
)
def test_addresses_that_serve(url: str) -> None:
    assert read(f'<Stream url="{url}"/>').problems == ()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/voice/media",
        "https://ivr.test/voice/media",
        "ws://ivr.test/voice/media",
        "ws://10.0.0.1/voice/media",
        "wss://ivr.test/voice/media?n=1",
        "wss://ivr.test/voice/media?",
        "wss://ivr.test/voice/media#x",
        "wss://u:p@ivr.test/voice/media",
        "wss://ivr.test:port/",
        "wss://",
    ],
)
def test_addresses_that_do_not(url: str) -> None:
    document = read(f'<Stream url="{url}"/>')
    assert (codes(document), document.verbs) == ([11100], ())
    assert document.failure is not None


@pytest.mark.parametrize("track", ["outbound_track", "both_tracks", "x"])
def test_only_the_callers_track_can_be_connected(track: str) -> None:
    assert codes(read(f'<Stream url="{URL}" track="{track}"/>')) == [31941]


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        (f'<Parameter name="t" value="{"x" * 498}"/>', 1),
        (f'<Parameter name="t" value="{"x" * 499}"/>', 0),
        ('<Parameter value="x"/>', 0),
        ("<Say>x</Say>", 0),
    ],
)
def test_parameters_have_a_name_and_stay_below_500_characters(inside: str, kept: int) -> None:
    document = read(f'<Stream url="{URL}">{inside}</Stream>')
    (verb,) = document.verbs
    assert isinstance(verb, Connect) and len(verb.stream.parameters) == kept
    assert codes(document) == ([] if kept else [12200])


def test_a_call_has_one_stream_in_both_directions() -> None:
    document = read(f'<Stream url="{URL}/1"/><Stream url="{URL}/2"/>')
    (verb,) = document.verbs
    assert isinstance(verb, Connect) and verb.stream.url == f"{URL}/1"
    assert codes(document) == [12200]


@pytest.mark.parametrize("inside", ["", "<ConversationRelay url='wss://x'/>"])
def test_nothing_to_connect_is_left_out(inside: str) -> None:
    document = read(inside)
    assert document.verbs == () and set(codes(document)) == {12200}


def test_no_parameter_stands_in_a_repr() -> None:
    document = read(f'<Stream url="{URL}"><Parameter name="t" value="segredo"/></Stream>')
    assert "segredo" not in repr(document)
