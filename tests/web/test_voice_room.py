"""Webhooks of the talk: who may speak to them, what they answer, and repeats."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from desk import ACCOUNT, DESK, Desk, make_desk
from hypothesis import given, settings
from hypothesis import strategies as st
from twiml_grammar import check_twiml
from web.phone_line import PhoneLine, call, contents, post, sid_of, sign

from ivr.adapters.twilio.rooms import room_of
from ivr.adapters.twilio.signature import Signatures
from ivr.ports.desk import LegRow
from ivr.ports.staff import StaffRow
from ivr.service.desk.offers import seen
from ivr.service.desk.presence import go_available
from ivr.service.desk.router import route_now

LEG = "CA" + "e" * 32
OFFER = "0" * 32
ROUTES = (
    f"/voice/agent?o={OFFER}",
    f"/voice/leg?o={OFFER}",
    "/voice/bridge?n=3",
    "/voice/room",
    "/voice/hold",
)


@pytest.fixture(autouse=True)
def kept_in(desk_store: str) -> str:
    return desk_store


@pytest.fixture
def still(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, judged=False)


def fields_for(path: str, sid: str) -> dict[str, str]:
    if path.startswith("/voice/room"):
        return {
            "AccountSid": ACCOUNT,
            "ConferenceSid": "CF" + "1" * 32,
            "FriendlyName": room_of(sid),
            "StatusCallbackEvent": "participant-join",
            "CallSid": sid,
        }
    return {
        "AccountSid": ACCOUNT,
        "CallSid": sid,
        "CallStatus": "in-progress",
        "Direction": "outbound-api",
        "From": DESK,
        "To": "client:ana",
    }


def offered(desk: Desk) -> tuple[str, str]:
    """A caller in the queue, and the id of the offer whose telephone is to ring."""
    with desk.rt.store.begin() as tx:
        row = StaffRow(id="ana", login="ana", name="Ana", created_at=tx.now())
        assert tx.staff.add(row)
    line = call(desk, "waits")
    reply = line.key("0")
    while b"<Enqueue" not in reply:
        reply = line.go_on()
    go_available(desk.rt, "ana")
    assert route_now(desk.rt) == 1
    with desk.rt.store.begin(write=False) as tx:
        (offer,) = tx.desk.open_offers()
    assert offer.call_sid == line.sid
    seen(desk.rt, offer.id, "ana")
    return line.sid, offer.id


def agent_path(offer: str, what: str = "agent") -> str:
    return f"/voice/{what}?o={offer[2:]}"


def leg(desk: Desk, offer: str, status: str, sid: str = LEG) -> int:
    path = agent_path(offer, "leg")
    return post(desk, path, {**fields_for(path, sid), "CallStatus": status}).status_code


@pytest.mark.parametrize("path", ROUTES)
def test_a_forged_request_is_refused_and_writes_no_row(still: Desk, path: str) -> None:
    fields = fields_for(path, sid_of("x"))
    before = contents(still)
    for signature in (None, "A" * 27 + "=", sign(path, fields, origin="http://elsewhere.test")):
        assert post(still, path, fields, signature=signature, headers={}).status_code == 403
    foreign = {**fields, "AccountSid": "AC" + "1" * 32}
    assert post(still, path, foreign).status_code == 403
    assert contents(still) == before
    for method in ("GET", "PUT", "DELETE"):
        assert still.app.test_client().open(path, method=method).status_code == 405


def test_without_the_check_of_signatures_a_forgery_begins_a_talk(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, offer = offered(still)
    path = agent_path(offer)
    fields = fields_for(path, LEG)
    assert post(still, path, fields, signature="A" * 27 + "=").status_code == 403
    monkeypatch.setattr(Signatures, "check", lambda *_, **__: True)
    answer = post(still, path, fields, signature="A" * 27 + "=")
    assert "<Conference" in answer.text


def test_the_agents_leg_hears_two_seconds_and_then_the_room(still: Desk) -> None:
    call_sid, offer = offered(still)
    path = agent_path(offer)
    first = post(still, path, fields_for(path, LEG))
    assert check_twiml(first.text) == []
    assert room_of(call_sid) in first.text and 'endConferenceOnExit="true"' in first.text
    rows = contents(still)
    again = post(still, path, fields_for(path, LEG))
    assert again.data == first.data and contents(still) == rows
    other = post(still, path, fields_for(path, "CA" + "d" * 32))
    assert "<Hangup" in other.text and "<Conference" not in other.text


@pytest.mark.parametrize("order", list(itertools.permutations(["ringing", "answer", "completed"])))
def test_events_of_a_leg_in_any_order_end_the_offer_once(still: Desk, order: Any) -> None:
    _, offer = offered(still)
    path = agent_path(offer)
    for what in order:
        if what == "answer":
            assert post(still, path, fields_for(path, LEG)).status_code == 200
        else:
            assert leg(still, offer, what) == 200
    with still.rt.store.begin(write=False) as tx:
        row, talk = tx.desk.offer(offer), tx.desk.engagement(offer)
        entry = tx.queues.entry(row.call_sid) if row else None
    assert row is not None and row.ended_at is not None
    assert talk is None or talk.ended_at is not None
    assert entry is not None and entry.left_at is None, "the caller goes on waiting"
    rows = contents(still)
    for what in ("ringing", "completed", "in-progress", "busy"):
        assert leg(still, offer, what) == 200
    assert "<Conference" not in post(still, path, fields_for(path, LEG)).text
    assert contents(still) == rows


def test_a_caller_led_to_a_room_where_nobody_waits_goes_back_with_words(still: Desk) -> None:
    call_sid, _ = offered(still)
    turn = still.call(call_sid).turn
    path = f"/voice/bridge?n={turn}"
    answer = post(still, path, {**fields_for(path, call_sid), "Direction": "inbound"})
    assert check_twiml(answer.text) == []
    assert f"/voice/turn?n={turn}" in answer.text and "<Conference" not in answer.text
    back = PhoneLine(desk=still, sid=call_sid, turn=turn)
    again = post(still, f"/voice/turn?n={turn}", back.fields())
    assert "<Enqueue" in again.text


def test_a_caller_taken_out_of_the_queue_does_not_advance(still: Desk) -> None:
    call_sid, offer = offered(still)
    post(still, agent_path(offer), fields_for(agent_path(offer), LEG))
    turn = still.call(call_sid).turn
    path = f"/voice/turn?n={turn}"
    line = PhoneLine(desk=still, sid=call_sid, turn=turn)
    rows = contents(still)
    answer = post(still, path, line.fields(QueueResult="redirected", QueueTime="9"))
    assert check_twiml(answer.text) == [] and f"/voice/bridge?n={turn}" in answer.text
    assert contents(still) == rows
    bridge = f"/voice/bridge?n={turn}"
    led = post(still, bridge, {**fields_for(bridge, call_sid), "Direction": "inbound"})
    assert room_of(call_sid) in led.text and path in led.text


def test_hold_is_music_and_words_and_the_same_again(still: Desk) -> None:
    answer = post(still, "/voice/hold", fields_for("/voice/hold", sid_of("x")))
    assert check_twiml(answer.text) == []
    assert "espera.wav" in answer.text and "/voice/hold" in answer.text
    unsealed = post(still, "/voice/hold?t=" + "ab" * 16, fields_for("/voice/hold", sid_of("x")))
    assert unsealed.status_code == 200 and "digits" not in unsealed.text


def test_a_recording_of_a_leg_belongs_to_its_talk(still: Desk) -> None:
    call_sid, offer = offered(still)
    post(still, agent_path(offer), fields_for(agent_path(offer), LEG))
    report = {
        "AccountSid": ACCOUNT,
        "CallSid": LEG,
        "RecordingSid": "RE" + "2" * 32,
        "RecordingStatus": "completed",
        "RecordingDuration": "61",
    }
    for _ in range(2):
        assert post(still, "/voice/recording", report).status_code == 200
    with still.rt.store.begin(write=False) as tx:
        (row,) = tx.tickets.recordings(still.call(call_sid).protocol)
        known = tx.desk.leg(LEG)
    assert (row.seconds, row.engagement, row.call_sid) == (61, offer, call_sid)
    assert isinstance(known, LegRow) and known.role == "agent"


GARBAGE = st.one_of(st.text(max_size=40), st.sampled_from(["", "-1", "sala-ca", "\x00", "9" * 60]))
NAMES = ("CallSid", "CallStatus", "FriendlyName", "StatusCallbackEvent", "ConferenceSid", "To")
_DESK: list[Desk] = []


@given(
    path=st.sampled_from([*ROUTES, "/voice/agent", "/voice/leg?o=x", "/voice/bridge?n=x"]),
    garbage=st.dictionaries(st.sampled_from(NAMES), GARBAGE, max_size=3),
)
@settings(max_examples=120, deadline=None)
def test_signed_garbage_meets_twiml_or_a_refusal_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, path: str, garbage: dict[str, str]
) -> None:
    if not _DESK:
        _DESK.append(make_desk(tmp_path_factory.mktemp("room"), judged=False))
    answer = post(_DESK[0], path, {**fields_for(path, sid_of("g")), **garbage})
    assert answer.status_code in (200, 403)
    if answer.status_code == 200:
        assert check_twiml(answer.text) == []
