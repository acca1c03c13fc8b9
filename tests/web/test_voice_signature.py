"""Who may speak to the webhooks: the carrier, with one meaning a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import ACCOUNT, DESK, PUBLIC, TOKEN, Desk, people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twiml_grammar import check_twiml
from web.phone_line import (
    PhoneLine,
    call,
    contents,
    counts,
    identify,
    post,
    sid_of,
    sign,
    speaks,
    still_desk,
    words,
)
from werkzeug.datastructures import MultiDict

from ivr.adapters.twilio.documents import APOLOGY
from ivr.adapters.twilio.signature import Signatures

MESSAGE = "SM" + "1" * 32
RECORDING = "RE" + "2" * 32
ROUTES = (
    "/voice/incoming",
    "/voice/turn?n=1",
    "/voice/wait?n=1",
    "/voice/status",
    "/voice/recording",
    "/voice/fallback",
    "/sms/status",
)
ANOTHER_TOKEN = "token-of-somebody-else-987654321"
FORGERIES = ("none", "wrong", "truncated", "other URL", "other token", "empty")


def fields_for(path: str, sid: str) -> dict[str, str]:
    """What the carrier sends to a route, and what would have an effect there."""
    if path == "/sms/status":
        return {"AccountSid": ACCOUNT, "MessageSid": MESSAGE, "MessageStatus": "delivered"}
    if path == "/voice/recording":
        return {
            "AccountSid": ACCOUNT,
            "CallSid": sid,
            "RecordingSid": RECORDING,
            "RecordingStatus": "completed",
        }
    ended = path == "/voice/status"
    fields = {
        "AccountSid": ACCOUNT,
        "CallSid": sid,
        "CallStatus": "completed" if ended else "in-progress",
        "Direction": "inbound",
        "From": "+5567999990001",
        "To": DESK,
    }
    return {**fields, "Digits": "1"} if "?n=" in path else fields


def live_sid(desk: Desk, path: str) -> str:
    """A call on which the route would act."""
    return sid_of("new") if path == "/voice/incoming" else call(desk, "live").sid


def forged(desk: Desk, path: str, fields: dict[str, str], forgery: str) -> int:
    true = sign(path, fields)
    signature: str | None = {
        "none": None,
        "wrong": "A" * 27 + "=",
        "truncated": true[:-2],
        "other URL": sign(path, fields, origin="http://elsewhere.test"),
        "other token": sign(path, fields, token=ANOTHER_TOKEN),
        "empty": " ",
    }[forgery]
    headers = {"X-Twilio-Signature": ""} if forgery == "empty" else None
    return post(
        desk, path, fields, signature=None if headers else signature, headers=headers
    ).status_code


@pytest.mark.parametrize("path", ROUTES)
def test_a_forged_request_is_refused_and_writes_no_row(still: Desk, path: str) -> None:
    fields = fields_for(path, live_sid(still, path))
    before = contents(still)
    for forgery in FORGERIES:
        assert forged(still, path, fields, forgery) == 403, forgery
    assert contents(still) == before
    assert still.sms.sent == []


@pytest.mark.parametrize("path", [path for path in ROUTES if path != "/sms/status"])
def test_without_the_check_of_signatures_the_same_forgeries_have_effect(
    still: Desk, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Signatures, "check", lambda *_, **__: True)
    fields = fields_for(path, live_sid(still, path))
    if path == "/voice/wait?n=1":
        line = PhoneLine(desk=still, sid=fields["CallSid"], turn=1)
        line.key("0")
        line.key("0")
        path = f"/voice/wait?n={line.turn}"
    before = contents(still)
    assert forged(still, path, fields, "none") != 403
    assert contents(still) != before


@pytest.mark.parametrize("path", ROUTES)
def test_headers_about_the_host_have_no_say(still: Desk, path: str) -> None:
    fields = fields_for(path, live_sid(still, path))
    lies = {
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "10.0.0.1",
        "Forwarded": "host=evil.test;proto=https",
        "X-Original-URL": "/voice/incoming",
    }
    before = contents(still)
    for name, value in lies.items():
        elsewhere = sign(path, fields, origin="https://evil.test")
        refused = post(still, path, fields, signature=elsewhere, headers={name: value})
        assert refused.status_code == 403, name
    assert contents(still) == before
    assert post(still, path, fields, headers=lies).status_code in (200, 204)


@pytest.mark.parametrize("path", ROUTES)
def test_another_account_is_refused_even_with_a_true_signature(still: Desk, path: str) -> None:
    fields = fields_for(path, live_sid(still, path))
    fields["AccountSid"] = "AC" + "1" * 32
    before = contents(still)
    assert post(still, path, fields).status_code == 403
    assert contents(still) == before


@pytest.mark.parametrize("path", ROUTES)
def test_a_field_that_comes_twice_is_refused(still: Desk, path: str) -> None:
    fields = fields_for(path, live_sid(still, path))
    before = contents(still)
    for name, value in fields.items():
        for second in (value, "other"):
            twice: MultiDict[str, str] = MultiDict(fields)
            twice.add(name, second)
            assert post(still, path, twice).status_code == 403, (name, second)
    assert contents(still) == before


def test_readings_with_the_same_signature_have_one_effect_or_none(still: Desk) -> None:
    line = identify(call(still), people()["ana"]["cpf"])
    true = line.fields(Digits=people()["ana"]["pin"])
    path = f"/voice/turn?n={line.turn}"
    signature = sign(path, true)
    before = contents(still)
    whole = {k: v for k, v in true.items() if k not in ("CallStatus", "Digits")}
    pin = true["Digits"]
    others = (
        {**whole, "CallStatus": "in-progress", "Digit": "s" + pin},
        {**whole, "CallStatus": "in-progress", "Digits" + pin: ""},
        {**whole, "CallStatus": "in-progress", "Digits" + pin[:1]: pin[1:]},
    )
    for other in others:
        assert sign(path, other) == signature
        assert post(still, path, other, signature=signature).status_code == 403
    assert contents(still) == before
    merged = {**whole, "CallStatus": "in-progressDigits" + pin}
    garbled = post(still, path, merged, signature=signature)
    assert (garbled.status_code, APOLOGY in words(garbled.data)) == (200, True)
    changed = {table for table, rows in contents(still).items() if rows != before[table]}
    assert changed <= {"tickets", "journal"}, "another reading of a signed body proved something"
    assert post(still, path, true, signature=signature).status_code == 200
    assert speaks(still, post(still, path, true).data, "verify.code")


@given(data=st.data())
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_moving_a_border_of_a_signed_body_never_proves_anything(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    desk, line, path, before = _at_the_pin(tmp_path_factory)
    fields = sorted(line.fields(Digits=people()["ana"]["pin"], FinishedOnKey="#").items())
    text = "".join(name + value for name, value in fields)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=13)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    mutant: MultiDict[str, str] = MultiDict()
    for name, value in zip(pieces[::2], [*pieces[1::2], ""], strict=False):
        mutant.add(name, value)
    answer = post(desk, path, mutant, signature=sign(path, dict(fields)))
    assert answer.status_code in (200, 403)
    proofs = {"proof_attempts", "proof_codes", "outbox", "calls"}
    now = contents(desk, without=tuple(set(before) - proofs))
    assert all(now[table] == before[table] for table in proofs)


_PIN_DESK: list[Any] = []


def _at_the_pin(factory: pytest.TempPathFactory) -> Any:
    """One desk for all examples: nothing may change in it."""
    if not _PIN_DESK:
        desk = still_desk(factory.mktemp("pin"))
        line = identify(call(desk), people()["ana"]["cpf"])
        _PIN_DESK.append((desk, line, f"/voice/turn?n={line.turn}", contents(desk)))
    return _PIN_DESK[0]


NAMES = (
    "Digits", "FinishedOnKey", "SpeechResult", "Confidence", "RecordingUrl", "RecordingSid",
    "RecordingDuration", "QueueResult", "QueueTime", "QueuePosition", "DialCallStatus",
    "DialCallDuration", "CallStatus", "Direction", "From", "To", "CallSid", "CallDuration",
    "SequenceNumber", "ErrorCode", "RecordingStatus", "MessageStatus", "CallerName", "FromCity",
)  # fmt: skip
GARBAGE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789*#ABCD", max_size=40),
    st.sampled_from(["", "-1", "0", "9" * 40, "NaN", "hangup", "\x00", "+", "١٢٣", "1e400"]),
)


@given(
    path=st.sampled_from([*ROUTES, "/voice/turn?n=0", "/voice/turn?n=99", "/voice/turn?n=x"]),
    garbage=st.dictionaries(st.sampled_from(NAMES), GARBAGE, min_size=1, max_size=4),
    fresh=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_signed_garbage_meets_twiml_or_a_refusal_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, path: str, garbage: dict[str, str], fresh: bool
) -> None:
    desk = _garbage_desk(tmp_path_factory)
    name = f"garbage-{next(_COUNTER)}" if fresh else "garbage"
    fields = {**fields_for(path, sid_of(name)), **garbage}
    answer = post(desk, path, fields)
    assert answer.status_code in (200, 204, 403)
    if answer.status_code == 200:
        assert check_twiml(answer.text) == []
    goes_on = PhoneLine(desk=desk, sid=sid_of("garbage"))
    assert check_twiml(goes_on.dial().decode()) == []


@given(text=st.text(max_size=300), confidence=GARBAGE)
@settings(max_examples=60, deadline=None)
def test_whatever_was_said_the_call_goes_on(
    tmp_path_factory: pytest.TempPathFactory, text: str, confidence: str
) -> None:
    desk = _garbage_desk(tmp_path_factory)
    line = call(desk, f"said-{next(_COUNTER)}")
    answer = post(
        desk,
        f"/voice/turn?n={line.turn}",
        line.fields(SpeechResult=text, Confidence=confidence),
    )
    assert answer.status_code in (200, 403)
    if answer.status_code == 200:
        assert check_twiml(answer.text) == []
        assert any(verb in answer.text for verb in ("<Gather", "<Record", "<Enqueue", "<Dial"))


_GARBAGE_DESK: list[Desk] = []


def _counter() -> Any:
    number = 0
    while True:
        number += 1
        yield number


_COUNTER = _counter()


def _garbage_desk(factory: pytest.TempPathFactory) -> Desk:
    if not _GARBAGE_DESK:
        _GARBAGE_DESK.append(still_desk(factory.mktemp("garbage")))
        call(_GARBAGE_DESK[0], "garbage")
    return _GARBAGE_DESK[0]


def test_a_garbled_field_of_a_true_request_leads_to_a_person(still: Desk) -> None:
    line = call(still)
    for fields in (
        line.fields(Digits="12x"),
        line.fields(RecordingDuration="soon"),
        {**line.fields(), "CallStatus": "dancing"},
    ):
        answer = post(still, f"/voice/turn?n={line.turn}", fields)
        assert answer.status_code == 200
        assert check_twiml(answer.text) == []
        assert APOLOGY in words(answer.data)
        assert "<Enqueue" in answer.text


def test_a_request_without_a_field_that_every_carrier_sends_is_refused(still: Desk) -> None:
    line = call(still)
    before = still.rows("journal")
    fields = {k: v for k, v in line.fields().items() if k != "To"}
    assert post(still, f"/voice/turn?n={line.turn}", fields).status_code == 403
    assert still.rows("journal") == before


def test_a_garbled_request_of_a_live_call_leaves_its_ticket_open_as_a_fault(still: Desk) -> None:
    line = call(still)
    post(still, f"/voice/turn?n={line.turn}", line.fields(Digits="12x"))
    line.hang_up()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")


def test_other_methods_are_refused(still: Desk) -> None:
    client = still.app.test_client()
    for path in ROUTES:
        for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE"):
            assert client.open(path, method=method).status_code == 405
    assert counts(still)["calls"] == 0


def test_a_body_that_is_too_long_is_refused_before_it_is_read(still: Desk) -> None:
    before = counts(still)
    answer = post(still, "/voice/incoming", {"Digits": "1" * 70_000})
    assert answer.status_code == 413
    assert counts(still) == before


def test_the_old_and_the_new_token_both_hold_while_they_are_changed(quick: Path) -> None:
    second = "second-token-of-the-tests-55555"
    desk = still_desk(quick, changes={"TWILIO_AUTH_TOKEN_SECONDARY": second})
    fields = fields_for("/voice/incoming", sid_of("new"))
    for token, status in ((TOKEN, 200), (second, 200), (ANOTHER_TOKEN, 403)):
        assert post(desk, "/voice/incoming", fields, token=token).status_code == status


def test_the_query_is_signed_with_the_rest(still: Desk) -> None:
    line = call(still)
    fields = line.fields(Digits="1")
    moved = post(still, "/voice/turn?n=2", fields, signed_path="/voice/turn?n=1")
    assert moved.status_code == 403
    assert still.call(line.sid).turn == 1


def test_a_signed_url_of_another_origin_is_not_ours(still: Desk) -> None:
    fields = fields_for("/voice/incoming", sid_of("new"))
    for origin in ("https://ivr.test", "http://ivr.test.evil", f"{PUBLIC}:8080"):
        signature = sign("/voice/incoming", fields, origin=origin)
        refused = post(still, "/voice/incoming", fields, signature=signature)
        assert refused.status_code == 403, origin
