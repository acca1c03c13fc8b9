"""When a call is picked up, how it ends, and what the fields then say."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from scripted_service import CITIZEN, DESK, START, Phone, Reply, ScriptedService

from ivr.carrier.call import Call
from ivr.carrier.events import Answered, HungUp, LineClosed
from ivr.carrier.exchange import LONGEST_CALL
from ivr.carrier.faults import Faults

SAY = '<Say language="pt-BR">quinze letras .</Say>'
NOW = timedelta(milliseconds=20)


def answered_after(call: Call) -> float | None:
    at = [event.at for event in call.line.events if isinstance(event, Answered)]
    return (at[0] - START - NOW).total_seconds() if at else None


def test_the_first_request_says_ringing_and_carries_every_standard_field(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", SAY)
    call = phone.call()
    fields = service.at("/voice")[0]
    assert fields["CallStatus"] == "ringing"
    assert fields["CallSid"] == call.sid and call.sid.startswith("CA") and len(call.sid) == 34
    assert fields["From"] == fields["Caller"] == CITIZEN
    assert fields["To"] == fields["Called"] == DESK
    assert fields["Direction"] == "inbound" and fields["ApiVersion"] == "2010-04-01"
    assert fields["ToCity"] == "São Paulo" and fields["ToCountry"] == "BR"
    assert fields["FromCity"] == fields["FromZip"] == ""


@pytest.mark.parametrize(
    ("document", "after"),
    [
        (SAY, 0.0),
        ("<Hangup/>", 0.0),
        ('<Pause length="3"/>' + SAY, 3.0),
        ("<Redirect>/second</Redirect>", 0.02),
        ("<Reject/>", None),
        ("", None),
    ],
)
def test_the_first_verb_decides_when_the_call_is_answered(
    service: ScriptedService, phone: Phone, document: str, after: float | None
) -> None:
    service.on("/voice", document).on("/second", SAY)
    call = phone.call()
    assert answered_after(call) == pytest.approx(after)


@pytest.mark.parametrize(
    ("document", "status"),
    [("<Reject/>", "no-answer"), ('<Reject reason="busy"/>', "busy"), (SAY, "completed")],
)
def test_the_last_callback_tells_how_it_ended(
    service: ScriptedService, phone: Phone, document: str, status: str
) -> None:
    service.on("/voice", document)
    call = phone.call()
    assert call.status == status
    assert service.at("/status")[-1]["CallStatus"] == status


def test_reject_after_the_answer_only_hangs_up(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", SAY + '<Reject reason="busy"/>')
    assert phone.call().status == "completed"


def test_a_caller_who_leaves_while_it_rings_ends_it_as_canceled(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", '<Pause length="10"/>' + SAY)

    async def leave(call: Call) -> None:
        await asyncio.sleep(2)
        call.handset.hang_up()

    call = phone.call(leave)
    assert (call.status, call.seconds) == ("canceled", 0)


def test_a_caller_who_leaves_during_a_webhook_does_not_stop_it(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", SAY + "<Redirect>/next</Redirect>").on("/next", SAY)

    async def leave(call: Call) -> None:
        await asyncio.sleep(10.5)
        call.handset.hang_up()

    call = phone.call(leave, faults=Faults(slow_webhook=9))
    assert call.status == "completed"
    assert service.paths == ["/voice", "/status", "/next", "/status"]
    assert isinstance(call.line.events[-1], LineClosed)
    assert [event.by for event in call.line.events if isinstance(event, HungUp)] == ["caller"]


def test_a_call_ends_after_four_hours(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", '<Pause length="3000"/><Redirect>/voice</Redirect>')
    call = phone.call()
    assert [event.by for event in call.line.events if isinstance(event, HungUp)] == ["carrier"]
    assert (call.ended_at or START) - START == timedelta(seconds=LONGEST_CALL)


def test_a_withheld_number_looks_like_lesotho(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", SAY)
    phone.call(faults=Faults(withhold_caller=True, unknown_field=True))
    fields = service.at("/voice")[0]
    assert (fields["From"], fields["FromCountry"]) == ("+266696687", "LS")
    assert fields["XTwilioNovidade"] == "ação"


def test_relative_addresses_resolve_against_the_document_that_holds_them(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", "<Redirect>/a/b/c?x=1</Redirect>")
    service.on("/a/b/c", "<Redirect>d?y=2</Redirect>").on("/a/b/d", "<Redirect>?z=3</Redirect>")
    service.replies["/a/b/d"].append(Reply("<Response><Hangup/></Response>"))
    phone.call()
    uris = [seen.uri for seen in service.seen if seen.path != "/status"]
    assert uris == ["/voice", "/a/b/c?x=1", "/a/b/d?y=2", "/a/b/d?z=3"]


def test_an_empty_redirect_asks_for_the_same_document(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", "<Redirect/>", "<Hangup/>")
    phone.call()
    assert service.paths[:2] == ["/voice", "/voice"]


def test_redirect_by_get_puts_the_fields_into_the_address(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", '<Redirect method="GET">/next?turn=2</Redirect>').on("/next", SAY)
    phone.call()
    seen = next(seen for seen in service.seen if seen.path == "/next")
    assert seen.method == "GET" and seen.uri.startswith("/next?turn=2&CallSid=CA")
    assert "ToCity=S%C3%A3o%20Paulo" in seen.uri
