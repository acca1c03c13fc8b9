"""Whatever the service answers and the caller does, a call ends once and tells so once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_service import Phone, Reply, ScriptedService

from ivr.carrier.call import TERMINAL, Call, Goto, Replaced
from ivr.carrier.dialplan import Numbers, answers, busy, rings
from ivr.carrier.events import HungUp, LineClosed, PlayFinished, PlayStarted
from ivr.carrier.faults import Faults

PLAN = Numbers(
    {"+5511900000001": answers(after=2, talks=20), "+5511900000002": busy()}, others=rings()
)

say = st.sampled_from(['<Say language="pt-BR">Bom dia.</Say>', "<Play>/a.wav</Play>", "<Pause/>"])
verbs = st.one_of(
    say,
    st.builds(
        '<Gather action="/{}" input="{}" numDigits="2" actionOnEmptyResult="{}">{}</Gather>'.format,
        st.sampled_from("abc"),
        st.sampled_from(["dtmf", "speech", "dtmf speech"]),
        st.sampled_from(["true", "false"]),
        say,
    ),
    st.builds('<Record action="/{}" maxLength="9"/>'.format, st.sampled_from("abc")),
    st.builds("<Redirect>/{}</Redirect>".format, st.sampled_from("abc")),
    st.builds(
        '<Enqueue action="/{}" waitUrl="/{}">fila</Enqueue>'.format,
        st.sampled_from("abc"),
        st.sampled_from("abc"),
    ),
    st.builds(
        (
            '<Dial action="/{}" timeout="9" hangupOnStar="true">'
            '<Number url="/{}">{}</Number></Dial>'
        ).format,
        st.sampled_from("abc"),
        st.sampled_from("abc"),
        st.sampled_from(["+5511900000001", "+5511900000002", "+5511900000003"]),
    ),
    st.sampled_from(
        [
            '<Dial action="/a" timeout="9"><Queue url="/b">fila</Queue></Dial>',
            "<Hangup/>",
            "<Reject/>",
            "<Leave/>",
            "<Start/>",
        ]
    ),
)
documents = st.lists(verbs, max_size=3).map("".join)
replies = st.one_of(documents, st.sampled_from([Reply("x", status="500 Oh"), Reply("<Response>")]))
deeds = st.lists(
    st.tuples(st.floats(0, 30), st.sampled_from(["press", "speak", "hang up", "replace"])),
    max_size=6,
)
faults = st.builds(
    Faults,
    slow_webhook=st.sampled_from([0.0, 0.0, 3.0, 16.0]),
    duplicate_webhook=st.integers(1, 2),
    type_ahead=st.booleans(),
    empty_record_falls_through=st.booleans(),
    dequeue_action_executes=st.booleans(),
    dial_action_after_hangup=st.booleans(),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    pages=st.fixed_dictionaries(
        {f"/{name}": st.lists(replies, min_size=1, max_size=2) for name in "abc"}
    ),
    deeds=deeds,
    faults=faults,
)
def test_every_call_ends_once(
    pages: dict[str, list[str | Reply]], deeds: list[tuple[float, str]], faults: Faults
) -> None:
    service = ScriptedService()
    service.strict = False
    service.sound("/a.wav", 4.0, **{"Cache-Control": "max-age=999"}).on("/status", "")
    for path, answers_ in pages.items():
        service.on(path, *answers_)
    service.on("/voice", *pages["/a"])

    async def caller(call: Call) -> None:
        for wait, deed in deeds:
            await asyncio.sleep(wait)
            if deed == "press":
                call.handset.press("1*")
            elif deed == "speak":
                call.handset.speak("senha")
            elif deed == "hang up":
                call.handset.hang_up()
            else:
                call.interrupt(Replaced(Goto(url="http://ivr.test/c")))
        await asyncio.sleep(120)
        call.handset.hang_up()

    phone = Phone(service)
    call = phone.call(caller, faults=faults, dial_plan=PLAN)
    assert service.complaints == []
    assert call.status in TERMINAL
    for each in phone.exchange.calls.values():
        events = each.line.events
        assert isinstance(events[-1], LineClosed)
        assert sum(isinstance(event, HungUp) for event in events) == 1
        started = sum(isinstance(event, PlayStarted) for event in events)
        assert started == sum(isinstance(event, PlayFinished) for event in events)
        if each.direction == "inbound":
            last = [f for f in service.at("/status") if "CallDuration" in f]
            assert [fields["CallStatus"] for fields in last] == [each.status]
    assert all(queue.members == [] for queue in phone.exchange.queues.values())


@pytest.mark.parametrize("tenths", range(0, 700, 7))
def test_hanging_up_at_any_moment(service: ScriptedService, phone: Phone, tenths: int) -> None:
    service.sound("/a.wav", 4.0)
    service.on(
        "/voice",
        '<Say language="pt-BR">Bom dia, cidadão.</Say>'
        '<Gather numDigits="1" timeout="3" action="/x"><Play>/a.wav</Play></Gather>'
        '<Pause length="2"/><Record action="/recorded" maxLength="10"/>'
        '<Dial timeout="5"><Number>+5511900000003</Number></Dial>'
        '<Dial><Number url="/whisper">+5511900000001</Number></Dial>'
        '<Enqueue action="/after" waitUrl="/wait">fila</Enqueue>',
    )
    service.on("/whisper", '<Play>/a.wav</Play><Say language="pt-BR">Chamada.</Say>')
    service.on("/wait", "<Play>/a.wav</Play>").on("/after", "").on("/recorded", "").on("/x", "")

    async def leave(call: Call) -> None:
        await asyncio.sleep(tenths / 10)
        call.handset.hang_up()

    call = phone.call(leave, dial_plan=PLAN)
    assert call.status == ("completed" if tenths else "canceled")
    assert service.paths[-1] == "/status"
    assert service.at("/status")[-1]["CallStatus"] == call.status
    assert call.seconds == pytest.approx(tenths / 10, abs=1)
    for each in phone.exchange.calls.values():
        assert each.over.is_set() and each.status in TERMINAL
    for fields in (*service.at("/recorded"), *service.at("/after")):
        assert fields["CallStatus"] == "completed"
