"""Status callbacks: what they say, and what may go wrong with them."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from scripted_service import HOST, Phone, Reply, ScriptedService, route

from ivr.carrier.events import Warned
from ivr.carrier.faults import Faults
from ivr.carrier.twiml.dial import StatusCallback

LONG = '<Say language="pt-BR">Bom dia.</Say><Pause length="48"/>'


def test_they_count_up_and_end_with_the_duration(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", LONG)
    phone.call()
    first, last = service.at("/status")
    assert (first["CallStatus"], last["CallStatus"]) == ("in-progress", "completed")
    assert (first["SequenceNumber"], last["SequenceNumber"]) == ("0", "1")
    assert last["CallbackSource"] == "call-progress-events"
    assert (last["CallDuration"], last["Duration"]) == ("49", "1")
    assert "CallDuration" not in first
    assert parsedate_to_datetime(last["Timestamp"]).utcoffset() is not None


def test_minutes_are_rounded_up(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", '<Play>/a.wav</Play><Pause length="60"/>').sound("/a.wav", 1.0)
    phone.call()
    assert service.at("/status")[-1]["Duration"] == "2"


def test_only_the_events_that_were_asked_for_are_sent(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", LONG)
    only = StatusCallback(url=f"{HOST}/status", method="POST", events=("completed",))
    phone.call(route=route(status=only))
    assert [fields["CallStatus"] for fields in service.at("/status")] == ["completed"]


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        (Faults(lose_callback=True), []),
        (Faults(duplicate_callback=2), ["in-progress"] * 2 + ["completed"] * 2),
        (Faults(reverse_callbacks=True), ["completed", "in-progress"]),
        (Faults(delay_callback=30), ["in-progress", "completed"]),
    ],
)
def test_faults_of_callbacks(
    service: ScriptedService, phone: Phone, faults: Faults, statuses: list[str]
) -> None:
    service.on("/voice", LONG)
    call = phone.call(faults=faults)
    assert [fields["CallStatus"] for fields in service.at("/status")] == statuses
    if faults.delay_callback:
        assert call.ended_at is not None
        assert (service.seen[-1].at - call.ended_at).total_seconds() >= 30


def test_a_callback_that_fails_is_only_a_warning(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", LONG).on("/status", Reply("no", status="500 Oh"))
    call = phone.call()
    warned = [event.code for event in call.line.events if isinstance(event, Warned)]
    assert warned == [15003, 15003]
    assert "/fallback" not in service.paths
