"""Dial to phones: every DialCallStatus, the whisper, the callbacks of the child leg."""

from __future__ import annotations

import asyncio

import pytest
from scripted_service import CITIZEN, DESK, HOST, Phone, ScriptedService, route

from ivr.carrier.call import Call, Goto, Replaced
from ivr.carrier.dialplan import Behaviour, Numbers, answers, busy, fails, rings
from ivr.carrier.events import Answered, Bridged, DialEnded, Dialled, PlayStarted, Warned
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults

DESK_PHONE = "+556733310000"
MOBILE = "+5567999998888"
AFTER = "<Redirect>/after</Redirect>"


@pytest.fixture
def desk(service: ScriptedService) -> ScriptedService:
    service.on("/dialled", "<Hangup/>").on("/after", "<Hangup/>").on("/leg", "")
    return service.on("/whisper", '<Say language="pt-BR">Chamada do suporte.</Say>')


def dial(attributes: str = "", inside: str = f"<Number>{DESK_PHONE}</Number>") -> str:
    return f'<Dial action="/dialled" {attributes}>{inside}</Dial>'


def plan(behaviour: Behaviour) -> Numbers:
    return Numbers({DESK_PHONE: behaviour})


@pytest.mark.parametrize(
    ("behaviour", "attributes", "status", "duration", "bridged"),
    [
        (answers(after=3, talks=60), "", "completed", "60", "true"),
        (busy(after=1), "", "busy", "0", "false"),
        (fails(after=1), "", "failed", "0", "false"),
        (rings(), 'timeout="10"', "no-answer", "0", "false"),
        (answers(after=11), 'timeout="10"', "no-answer", "0", "false"),
        (answers(after=3), 'timeLimit="20"', "completed", "20", "true"),
    ],
)
def test_how_it_ends(
    desk: ScriptedService,
    phone: Phone,
    behaviour: Behaviour,
    attributes: str,
    status: str,
    duration: str,
    bridged: str,
) -> None:
    desk.on("/voice", dial(attributes))
    call = phone.call(dial_plan=plan(behaviour))
    (fields,) = desk.at("/dialled")
    child = phone.exchange.calls[fields["DialCallSid"]]
    assert (fields["DialCallStatus"], fields["DialCallDuration"]) == (status, duration)
    assert fields["DialBridged"] == bridged
    assert (child.parent_sid, child.direction) == (call.sid, "outbound-dial")
    assert (child.from_, child.status) == (CITIZEN, status)
    assert child.over.is_set()


def test_a_number_that_nobody_has_fails_and_is_logged(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/voice", dial())
    call = phone.call()
    (fields,) = desk.at("/dialled")
    assert fields["DialCallStatus"] == "failed" and "DialCallSid" not in fields
    assert [event.code for event in call.line.events if isinstance(event, Warned)] == [13224]
    assert desk.at("/fallback") == []


def test_the_timeout_may_be_stretched(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/voice", dial('timeout="10"'))
    phone.call(dial_plan=plan(answers(after=12, talks=1)), faults=Faults(dial_timeout_buffer=5))
    assert desk.at("/dialled")[0]["DialCallStatus"] == "completed"


def test_without_an_action_the_next_verb_follows(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/voice", f"<Dial>{DESK_PHONE}</Dial>" + AFTER)
    phone.call(dial_plan=plan(busy()))
    assert "DialCallStatus" not in desk.at("/after")[0]


@pytest.mark.parametrize(("star", "seconds"), [("true", "5"), ("false", "60")])
def test_the_star_ends_the_conversation_when_allowed(
    desk: ScriptedService, phone: Phone, star: str, seconds: str
) -> None:
    desk.on("/voice", dial(f'hangupOnStar="{star}"'))

    async def press(call: Call) -> None:
        await call.handset.listen().until(Bridged)
        await asyncio.sleep(5)
        call.handset.press("12*")

    phone.call(press, dial_plan=plan(answers(talks=60)))
    assert desk.at("/dialled")[0]["DialCallDuration"] == seconds


@pytest.mark.parametrize(("wait", "status"), [(1, "canceled"), (10, "completed")])
@pytest.mark.parametrize("asked", [False, True])
def test_the_caller_leaving_ends_the_child(
    desk: ScriptedService, phone: Phone, wait: float, status: str, asked: bool
) -> None:
    desk.on("/voice", dial() + AFTER)

    async def leave(call: Call) -> None:
        await call.handset.listen().until(Dialled)
        await asyncio.sleep(wait)
        call.handset.hang_up()

    call = phone.call(
        leave,
        dial_plan=plan(answers(after=3)),
        faults=Faults(dial_action_after_hangup=asked),
    )
    (child,) = (each for each in phone.exchange.calls.values() if each is not call)
    assert child.status == status
    assert len(desk.at("/dialled")) == (1 if asked else 0)
    assert desk.at("/after") == []


def test_all_phones_ring_and_the_first_to_answer_has_the_call(
    desk: ScriptedService, phone: Phone
) -> None:
    desk.on("/voice", dial("", f"<Number>{DESK_PHONE}</Number><Number>{MOBILE}</Number>"))
    phone.call(dial_plan=Numbers({DESK_PHONE: answers(after=9), MOBILE: answers(after=4, talks=7)}))
    (fields,) = desk.at("/dialled")
    winner = phone.exchange.calls[fields["DialCallSid"]]
    assert (winner.to, fields["DialCallDuration"]) == (MOBILE, "7")
    assert [c.status for c in phone.exchange.calls.values() if c.to == DESK_PHONE] == ["no-answer"]


def test_sequential_tries_one_after_the_other(desk: ScriptedService, phone: Phone) -> None:
    desk.on(
        "/voice",
        dial('sequential="true"', f"<Number>{DESK_PHONE}</Number><Number>{MOBILE}</Number>"),
    )
    call = phone.call(dial_plan=Numbers({DESK_PHONE: busy(after=2), MOBILE: answers(talks=7)}))
    assert [event.to for event in call.line.events if isinstance(event, Dialled)] == [
        DESK_PHONE,
        MOBILE,
    ]
    assert desk.at("/dialled")[0]["DialCallStatus"] == "completed"


def test_a_person_at_a_handset_can_answer(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/voice", dial("", "<Client>ana</Client>"))

    async def answer(call: Call) -> None:
        dialled = await call.handset.listen().until(Dialled)
        await asyncio.sleep(2)
        agent = phone.exchange.calls[dialled.child]
        agent.handset.pick_up()
        await agent.handset.listen().until(Bridged)
        await asyncio.sleep(3)
        agent.handset.hang_up()

    phone.call(answer, dial_plan=Numbers({"client:ana": rings()}))
    assert desk.at("/dialled")[0]["DialCallDuration"] == "3"


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("<Client>ana</Client>", 12200),
        ("<Sip>sip:a@b.c</Sip>", 12200),
    ],
)
def test_what_is_not_supported_here_fails_and_says_so(
    desk: ScriptedService, phone: Phone, inside: str, code: int
) -> None:
    desk.on("/voice", dial("", inside))
    call = phone.call(dial_plan=Numbers(others=answers()))
    warned = [event for event in call.line.events if isinstance(event, Warned)]
    assert [event.code for event in warned] == [code] and "not supported here" in warned[0].text
    assert desk.at("/dialled")[0]["DialCallStatus"] == "failed"


def test_the_whisper_is_heard_by_the_called_side_before_the_bridge(
    desk: ScriptedService, phone: Phone
) -> None:
    desk.on("/voice", dial("", f'<Number url="/whisper">{DESK_PHONE}</Number>'))
    call = phone.call(dial_plan=plan(answers(after=2, talks=30)))
    (fields,) = desk.at("/whisper")
    child = phone.exchange.calls[fields["CallSid"]]
    assert (fields["ParentCallSid"], fields["Direction"]) == (call.sid, "outbound-dial")
    assert fields["CallStatus"] == "in-progress"
    heard = [event.text for event in child.line.events if isinstance(event, PlayStarted)]
    assert heard == ["Chamada do suporte."]
    assert not [event for event in call.line.events if isinstance(event, PlayStarted)]


@pytest.mark.parametrize("whisper", ["<Hangup/>", "<Dial>+5567999990000</Dial>"])
def test_a_whisper_that_hangs_up_or_dials_prevents_the_bridge(
    desk: ScriptedService, phone: Phone, whisper: str
) -> None:
    desk.on("/voice", dial("", f'<Number url="/whisper">{DESK_PHONE}</Number>'))
    desk.on("/whisper", whisper)
    phone.call(dial_plan=plan(answers()))
    fields = desk.at("/dialled")[0]
    assert (fields["DialCallStatus"], fields["DialBridged"]) == ("completed", "false")
    if "Dial" in whisper:
        assert [entry.problem.code for entry in phone.exchange.errors] == [13201]


def test_status_callbacks_of_the_child(desk: ScriptedService, phone: Phone) -> None:
    noun = (
        '<Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed"'
        f">{DESK_PHONE}</Number>"
    )
    desk.on("/voice", dial("", noun))
    call = phone.call(dial_plan=plan(answers(after=2, talks=61)))
    callbacks = desk.at("/leg")
    assert [fields["CallStatus"] for fields in callbacks] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [fields["SequenceNumber"] for fields in callbacks] == ["0", "1", "2", "3"]
    assert {fields["ParentCallSid"] for fields in callbacks} == {call.sid}
    assert (callbacks[-1]["CallDuration"], callbacks[-1]["Duration"]) == ("61", "2")
    assert callbacks[-1]["SipResponseCode"] == "200"


def test_only_completed_is_sent_when_no_event_is_chosen(
    desk: ScriptedService, phone: Phone
) -> None:
    desk.on("/voice", dial("", f'<Number statusCallback="/leg">{DESK_PHONE}</Number>'))
    phone.call(dial_plan=plan(busy()))
    assert [fields["CallStatus"] for fields in desk.at("/leg")] == ["busy"]


@pytest.mark.parametrize(("on_bridge", "after"), [("true", 5.0), ("false", 0.0)])
def test_answer_on_bridge_keeps_the_caller_ringing(
    desk: ScriptedService, phone: Phone, on_bridge: str, after: float
) -> None:
    desk.on("/voice", dial(f'answerOnBridge="{on_bridge}"'))
    call = phone.call(dial_plan=plan(answers(after=5, talks=1)))
    (answered,) = (event.at for event in call.line.events if isinstance(event, Answered))
    asked = desk.seen[0].at
    assert (answered - asked).total_seconds() == pytest.approx(after, abs=0.01)


def test_the_caller_id_can_be_set(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/voice", dial('callerId="+556740000000"'))
    phone.call(dial_plan=plan(answers(talks=1)))
    child = phone.exchange.calls[desk.at("/dialled")[0]["DialCallSid"]]
    assert child.from_ == "+556740000000"


def test_a_recorded_conversation_leaves_a_recording(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/rec", "").on(
        "/voice", dial('record="record-from-answer-dual" recordingStatusCallback="/rec"')
    )
    call = phone.call(dial_plan=plan(answers(talks=12)))
    (fields,) = desk.at("/rec")
    assert fields["RecordingUrl"] == desk.at("/dialled")[0]["RecordingUrl"]
    assert (fields["RecordingSource"], fields["CallSid"]) == ("DialVerb", call.sid)
    assert (fields["RecordingChannels"], fields["RecordingDuration"]) == ("2", "12")


class TestReplacedDuringTheConversation:
    def test_the_caller_goes_on_alone(self, desk: ScriptedService, phone: Phone) -> None:
        desk.on("/voice", dial())

        async def replace(call: Call) -> None:
            await call.handset.listen().until(Bridged)
            await asyncio.sleep(2)
            call.interrupt(Replaced(Goto(url=f"{HOST}/after")))

        call = phone.call(replace, dial_plan=plan(answers()))
        assert len(desk.at("/after")) == 1 and desk.at("/dialled") == []
        assert [c.status for c in phone.exchange.calls.values() if c is not call] == ["completed"]

    def test_the_called_side_goes_on_alone(self, desk: ScriptedService, phone: Phone) -> None:
        desk.on("/voice", dial())

        async def replace(call: Call) -> None:
            event = await call.handset.listen().until(Bridged)
            await asyncio.sleep(2)
            phone.exchange.calls[event.other].interrupt(Replaced(Goto(url=f"{HOST}/after")))

        call = phone.call(replace, dial_plan=plan(answers()))
        assert desk.at("/after")[0]["ParentCallSid"] == call.sid
        assert desk.at("/dialled")[0]["DialCallStatus"] == "completed"


def test_a_call_by_rest_runs_its_document_when_answered(
    desk: ScriptedService, phone: Phone
) -> None:
    async def work(exchange: Exchange) -> list[Call]:
        calls = [
            exchange.dial_out(from_=DESK_PHONE, to=to, route=route(), timeout=10)
            for to in ("+5511", "+5522", "+5533", "+5544")
        ]
        for call in calls:
            await call.finished()
        return calls

    desk.on("/voice", '<Say language="pt-BR">Olá.</Say>')
    table = {"+5511": answers(after=1), "+5522": busy(), "+5533": rings()}
    calls = phone.run(work, dial_plan=Numbers(table))
    assert [call.status for call in calls] == ["completed", "busy", "no-answer", "failed"]
    (fields,) = desk.at("/voice")
    assert (fields["Direction"], fields["CallStatus"]) == ("outbound-api", "in-progress")


def test_the_end_of_dial_is_seen_on_the_line(desk: ScriptedService, phone: Phone) -> None:
    desk.on("/voice", dial())
    call = phone.call(dial_plan=plan(busy()))
    assert [event.status for event in call.line.events if isinstance(event, DialEnded)] == ["busy"]


def test_two_people_hear_each_others_microphones_while_they_talk(
    phone: Phone, service: ScriptedService
) -> None:
    service.on("/voice", f"<Dial>{DESK_PHONE}</Dial><Pause length='5'/>")
    one, two = b"\x10" * 160, b"\x20" * 160

    async def work(exchange: Exchange) -> tuple[Call, Call]:
        call = exchange.call(from_=CITIZEN, to=DESK)
        call.handset.microphone(one)
        await call.handset.listen().until(Bridged)
        other = next(each for each in exchange.calls.values() if each is not call)
        await asyncio.sleep(1)
        call.handset.microphone(one)
        other.handset.microphone(two)
        other.handset.hang_up()
        await asyncio.sleep(1)
        call.handset.microphone(one)
        await call.finished()
        return call, other

    call, other = phone.run(work, dial_plan=Numbers({DESK_PHONE: answers(after=1, talks=60)}))
    assert (bytes(call.handset.heard), bytes(other.handset.heard)) == (two, one)
