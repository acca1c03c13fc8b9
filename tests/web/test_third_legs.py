"""Webhooks of supervisors and of numbers outside: who may speak to them, and what is unknown."""

from __future__ import annotations

import pytest
from desk import ACCOUNT, DESK, Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twiml_grammar import check_twiml
from web.phone_line import contents, post, sign

from ivr.adapters.twilio import third_documents
from ivr.adapters.twilio.links import Links, outside_of_query, supervision_of_query
from ivr.adapters.twilio.twiml import SayVoice

LEG = "CA" + "e" * 32
ID = "0" * 31 + "a"
ROUTES = (
    f"/voice/supervisor?s={ID}",
    f"/voice/supervisor-leg?s={ID}",
    f"/voice/outside?x={ID}",
    f"/voice/outside-leg?x={ID}",
)


def fields(status: str = "in-progress") -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT,
        "CallSid": LEG,
        "CallStatus": status,
        "Direction": "outbound-api",
        "From": DESK,
        "To": "client:carla",
    }


@pytest.mark.parametrize("path", ROUTES)
def test_a_forged_request_is_refused_and_an_unknown_leg_is_let_go(still: Desk, path: str) -> None:
    before = contents(still)
    for signature in (None, "A" * 27 + "=", sign(path, fields(), origin="http://elsewhere.test")):
        assert post(still, path, fields(), signature=signature, headers={}).status_code == 403
    foreign = {**fields(), "AccountSid": "AC" + "1" * 32}
    assert post(still, path, foreign).status_code == 403
    for status in ("ringing", "in-progress", "completed", "busy"):
        answer = post(still, path, fields(status))
        assert answer.status_code == 200 and check_twiml(answer.text) == []
        assert "<Conference" not in answer.text
    assert contents(still) == before


@given(query=st.text(alphabet="sx=o0123456789abcdef&%", max_size=40))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_signed_garbage_meets_twiml_and_no_room(still: Desk, query: str) -> None:
    for path in ("/voice/supervisor", "/voice/outside"):
        answer = post(still, f"{path}?{query}", fields())
        assert answer.status_code in (200, 403) and "<Conference" not in answer.text


def test_addresses_name_one_thing_each_and_documents_are_twiml() -> None:
    links = Links("http://ivr.test")
    assert supervision_of_query(f"s={ID}") == f"SV{ID}" and outside_of_query(f"x={ID}") == f"EX{ID}"
    for query in (f"o={ID}", f"s={ID}&", f"s={ID.upper()}", "s=", f"x={ID}0"):
        assert supervision_of_query(query) is None and outside_of_query(query) is None
    for wrong in ("SV1", f"OF{ID}", f"EX{ID}"):
        with pytest.raises(ValueError):
            links.supervisor(wrong)
    voice = SayVoice(words=lambda utterance: utterance.prompt)
    room = third_documents.supervisor(LEG, links=links, voice=voice).decode()
    assert 'muted="true"' in room and 'endConferenceOnExit="false"' in room
    assert 'startConferenceOnEnter="false"' in room
    out = third_documents.shut_out(f"SV{ID}", first=True, links=links, voice=voice).decode()
    assert "<Conference" not in out and "/voice/supervisor?s=" in out
    outside = third_documents.outside(LEG, links=links, voice=voice).decode()
    assert 'endConferenceOnExit="false"' in outside and "muted" not in outside
    for document in (room, out, outside):
        assert check_twiml(document) == []
