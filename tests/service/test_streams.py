"""Turns whose answer our own engine hears: who may open a stream, and what follows when it ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from desk import Desk, people
from twiml_grammar import check_twiml
from web.phone_line import PhoneLine, call, contents, counts, sid_of, speaks, still_desk

from ivr.flow.events import Digits, Event, NoInput, Speech
from ivr.service.session import Session
from ivr.service.streams import StreamTurn, open_stream, take_stream_turn
from ivr.service.turns import Render
from ivr.web.voice import document_of

DIGITS = ("zero", "um", "dois", "três", "quatro", "cinco", "meia", "sete", "oito", "nove")

pytestmark = pytest.mark.on_both_stores


@pytest.fixture
def hearing(quick: Path) -> Desk:
    """A desk that listens with its own engine."""
    return still_desk(quick, own_ears=True, speech_by_carrier=False)


def stream_of(document: bytes) -> tuple[int, str]:
    """Turn and token of the stream that a document opens."""
    assert check_twiml(document.decode()) == []
    root = ElementTree.fromstring(document)
    assert root[-1].tag == "Redirect" and "/voice/resume?n=" in (root[-1].text or "")
    stream = root[-2][0]
    assert stream.attrib["url"] == "ws://ivr.test/voice/media"
    told = {p.attrib["name"]: p.attrib["value"] for p in stream}
    return int(told["n"]), told["t"]


def render_of(desk: Desk, sid: str) -> Render:
    with desk.app.app_context():
        return document_of(sid)


def opened(desk: Desk, line: PhoneLine) -> StreamTurn:
    turn, token = stream_of(line.heard[-1])
    found = open_stream(desk.rt, sid=line.sid, turn=turn, token=token)
    assert found is not None
    return found


def hear(desk: Desk, line: PhoneLine, at: StreamTurn, event: Event) -> StreamTurn | None:
    return take_stream_turn(
        desk.rt, sid=line.sid, turn=at.turn, event=event, render=render_of(desk, line.sid)
    )


def asked(desk: Desk, line: PhoneLine, at: StreamTurn, *said: str | Event) -> StreamTurn:
    """Go through questions, each of which is followed by another."""
    for each in said:
        event = Speech(text=each, confidence=0.9) if isinstance(each, str) else each
        following = hear(desk, line, at, event)
        assert following is not None, each
        at = following
    return at


def in_words(number: str) -> str:
    """Digits as they are said one by one."""
    return " ".join(DIGITS[int(digit)] for digit in number)


def to_pin(desk: Desk, line: PhoneLine) -> bytes:
    """Identified by voice; the document that asks for the PIN by keys."""
    spoken = in_words(people()["ana"]["cpf"])
    at = asked(desk, line, opened(desk, line), "senha", spoken)
    assert hear(desk, line, at, Speech(text="sim", confidence=0.9)) is None
    return line.send(f"/voice/resume?n={stream_of(line.heard[-1])[0]}")


def to_code(desk: Desk, line: PhoneLine) -> StreamTurn:
    """The PIN was keyed; the stream that asks for the code."""
    line.turn = 4
    assert b"<Gather" in to_pin(desk, line)
    line.key(people()["ana"]["pin"], FinishedOnKey="#")
    desk.work()
    if b"<Connect>" not in line.heard[-1]:
        line.go_on()
    return opened(desk, line)


def test_a_question_that_may_be_spoken_opens_a_stream_with_its_turn_and_a_token(
    hearing: Desk,
) -> None:
    line = call(hearing)
    at = opened(hearing, line)
    assert (at.turn, at.says, at.gather.mode) == (1, (), "both")
    assert [u.prompt for u in at.gather.speech]


def test_a_stream_opens_once(hearing: Desk) -> None:
    line = call(hearing)
    turn, token = stream_of(line.heard[-1])
    assert open_stream(hearing.rt, sid=line.sid, turn=turn, token=token) is not None
    assert open_stream(hearing.rt, sid=line.sid, turn=turn, token=token) is None


@pytest.mark.parametrize("wrong", ["", "0" * 64, "é" * 64, "t" * 5_000])
def test_a_wrong_token_opens_nothing(hearing: Desk, wrong: str) -> None:
    line = call(hearing)
    turn, token = stream_of(line.heard[-1])
    assert open_stream(hearing.rt, sid=line.sid, turn=turn, token=wrong) is None
    assert open_stream(hearing.rt, sid=line.sid, turn=turn, token=token) is not None


def test_a_token_of_another_call_or_turn_opens_nothing(hearing: Desk) -> None:
    one, other = call(hearing, "one"), call(hearing, "other")
    turn, token = stream_of(one.heard[-1])
    assert open_stream(hearing.rt, sid=other.sid, turn=turn, token=token) is None
    assert open_stream(hearing.rt, sid=one.sid, turn=turn + 1, token=token) is None
    assert open_stream(hearing.rt, sid=sid_of("nobody"), turn=turn, token=token) is None
    one.hang_up()
    assert open_stream(hearing.rt, sid=one.sid, turn=turn, token=token) is None


def test_one_stream_takes_turn_after_turn_while_it_is_asked_for_words(hearing: Desk) -> None:
    line = call(hearing)
    at = asked(hearing, line, opened(hearing, line), "senha")
    assert at.turn == 2
    assert at.gather.streamed


def test_a_question_for_keys_ends_the_stream_and_the_document_goes_on(hearing: Desk) -> None:
    line = call(hearing)
    document = to_pin(hearing, line)
    assert b'input="dtmf"' in document
    assert speaks(hearing, document, "verify.pin")


def test_a_stream_that_is_lost_becomes_the_same_question_by_keys(hearing: Desk) -> None:
    line = call(hearing)
    at = asked(hearing, line, opened(hearing, line), "senha")
    document = line.send("/voice/resume?n=1")
    assert b'input="dtmf"' in document and b"<Connect>" not in document
    for said in at.gather.speech:
        assert speaks(hearing, document, said.prompt)
    assert "speech.stream_lost" in hearing.kinds(line.sid)
    assert "input.no_input" not in hearing.kinds(line.sid)
    assert line.send("/voice/resume?n=1") == document


def test_a_stream_that_never_came_loses_nothing(hearing: Desk) -> None:
    line = call(hearing)
    document = line.send("/voice/resume?n=1")
    assert b'input="dtmf"' in document
    line.key("1")
    assert speaks(hearing, line.heard[-1], "identify.ask")


def test_after_a_lost_stream_its_late_input_changes_nothing(hearing: Desk) -> None:
    line = call(hearing)
    at = opened(hearing, line)
    line.send("/voice/resume?n=1")
    before = counts(hearing)
    assert hear(hearing, line, at, Speech(text="senha", confidence=0.9)) is None
    assert counts(hearing) == before


def test_the_code_may_be_spoken_to_our_own_engine(hearing: Desk) -> None:
    line = call(hearing)
    at = to_code(hearing, line)
    assert at.gather.secret and at.gather.mode == "both"
    spoken = in_words(hearing.sms.code())
    asked(hearing, line, at, spoken)
    assert "proof.passed" in hearing.kinds(line.sid)
    kept = str(contents(hearing))
    assert hearing.sms.code() not in kept and spoken not in kept


def test_a_code_said_wrong_twice_in_a_row_leaves_only_the_keys(hearing: Desk) -> None:
    line = call(hearing)
    at = to_code(hearing, line)
    again = asked(hearing, line, at, "xilindró")
    assert hear(hearing, line, again, Speech(text="bambolê", confidence=0.9)) is None
    document = line.send(f"/voice/resume?n={at.turn}")
    assert b'input="dtmf"' in document
    assert "speech.given_up" in hearing.kinds(line.sid)


def test_a_code_is_never_heard_by_the_carrier(still: Desk) -> None:
    line = call(still)
    for keyed in ("1", people()["ana"]["cpf"], "1"):
        line.key(keyed)
    line.key(people()["ana"]["pin"])
    still.work()
    if b'timeout="1"' in line.heard[-1]:
        line.go_on()
    assert speaks(still, line.heard[-1], "verify.code")
    assert b'input="dtmf"' in line.heard[-1]
    line.go_on(SpeechResult="um dois três quatro cinco seis", Confidence="0.99")
    assert "proof.failed" not in still.kinds(line.sid)


@pytest.mark.parametrize("event", [NoInput(), Digits(value="1"), Digits(value="0")])
def test_silence_and_keys_in_a_stream_are_what_they_are_in_a_gather(
    hearing: Desk, event: Event
) -> None:
    by_stream, by_keys = call(hearing, "a"), call(hearing, "b")
    hear(hearing, by_stream, opened(hearing, by_stream), event)
    by_keys.send(
        "/voice/turn?n=1", **({"Digits": event.value} if isinstance(event, Digits) else {})
    )
    assert hearing.kinds(by_stream.sid) == hearing.kinds(by_keys.sid)


def test_the_question_survives_storage(hearing: Desk) -> None:
    line = call(hearing)
    asked(hearing, line, opened(hearing, line), "senha")
    session = Session.from_dict(hearing.call(line.sid).state)
    assert session.streamed is not None
    assert Session.from_dict(session.to_dict()) == session
    assert Session.from_dict(replace(session, streamed=None).to_dict()).streamed is None
