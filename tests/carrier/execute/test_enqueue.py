"""The caller's side of a queue: waiting, every QueueResult, and what REST does to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from scripted_service import CITIZEN, DESK, HOST, Phone, ScriptedService, route

from ivr.carrier.call import Call, CallOver, Goto, Replaced
from ivr.carrier.events import Bridged, Enqueued, LeftQueue, PlayStarted, Warned
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults

ENQUEUE = '<Enqueue action="/after" waitUrl="/wait">atendimento</Enqueue>'


@pytest.fixture
def queue(service: ScriptedService) -> ScriptedService:
    service.sound("/music.wav", 10.0, **{"Cache-Control": "max-age=600"})
    service.on("/voice", ENQUEUE).on("/wait", "<Play>/music.wav</Play>").on("/after", "<Hangup/>")
    return service.on("/other", '<Say language="pt-BR">Outro.</Say>')


def result(call: Call) -> tuple[str, int]:
    left = next(event for event in call.line.events if isinstance(event, LeftQueue))
    return left.result, left.seconds


async def queued(call: Call) -> None:
    await call.handset.listen().until(Enqueued)


def test_the_waiting_document_is_asked_for_again_and_again(
    queue: ScriptedService, phone: Phone
) -> None:
    async def wait(call: Call) -> None:
        await queued(call)
        await asyncio.sleep(25)
        call.handset.hang_up()

    call = phone.call(wait)
    waits = queue.at("/wait")
    assert [fields["QueueTime"] for fields in waits] == ["0", "10", "20"]
    for fields in waits:
        assert fields["QueuePosition"] == fields["CurrentQueueSize"] == "1"
        assert fields["MaxQueueSize"] == "1000"
        assert fields["QueueSid"].startswith("QU") and fields["CallStatus"] == "in-progress"
        assert fields["AvgQueueTime"] == fields["QueueTime"]
    (after,) = queue.at("/after")
    assert (after["QueueResult"], after["QueueTime"]) == ("hangup", "25")
    assert after["CallStatus"] == "completed"
    assert result(call) == ("hangup", 25)


def test_positions_move_up_as_others_leave(queue: ScriptedService, phone: Phone) -> None:
    async def work(exchange: Exchange) -> None:
        first = exchange.call(from_=CITIZEN, to=DESK)
        await queued(first)
        second = exchange.call(from_="+5567988880000", to=DESK)
        await queued(second)
        await asyncio.sleep(15)
        first.handset.hang_up()
        await asyncio.sleep(10)
        second.handset.hang_up()

    phone.run(work)
    mine = [fields for fields in queue.at("/wait") if fields["From"] == "+5567988880000"]
    assert [fields["QueuePosition"] for fields in mine] == ["2", "2", "1"]
    assert [fields["CurrentQueueSize"] for fields in mine] == ["2", "2", "1"]


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ("<Leave/>", "leave"),
        ('<Gather numDigits="1" timeout="2" action="/key"/>', "leave"),
        ("<Hangup/>", "hangup"),
        ("<Redirect>/key</Redirect>", "leave"),
    ],
)
def test_the_waiting_document_can_end_the_stay(
    queue: ScriptedService, phone: Phone, wait: str, expected: str
) -> None:
    queue.on("/wait", wait).on("/key", "<Leave/>")

    async def press(call: Call) -> None:
        await queued(call)
        await asyncio.sleep(5)
        call.handset.press("1")

    phone.call(press)
    (after,) = queue.at("/after")
    assert after["QueueResult"] == expected
    assert after["CallStatus"] == ("completed" if expected == "hangup" else "in-progress")


def test_a_gather_while_waiting_has_the_queue_fields_too(
    queue: ScriptedService, phone: Phone
) -> None:
    queue.on("/wait", '<Gather numDigits="1" action="/key"><Play>/music.wav</Play></Gather>')
    queue.on("/key", "<Leave/>")

    async def press(call: Call) -> None:
        await queued(call)
        await asyncio.sleep(3)
        call.handset.press("1")

    phone.call(press)
    (fields,) = queue.at("/key")
    assert (fields["Digits"], fields["QueueTime"]) == ("1", "3")


def test_verbs_that_do_not_belong_into_waiting_are_ignored(
    queue: ScriptedService, phone: Phone
) -> None:
    queue.on("/wait", "<Dial>+5567333100000</Dial><Record/><Leave/>")
    call = phone.call()
    assert [event.code for event in call.line.events if isinstance(event, Warned)] == [12200] * 2
    assert result(call)[0] == "leave"


def test_without_an_action_the_next_verb_follows(queue: ScriptedService, phone: Phone) -> None:
    queue.on("/voice", '<Enqueue waitUrl="/wait">x</Enqueue><Redirect>/other</Redirect>')
    queue.on("/wait", "<Leave/>")
    phone.call()
    assert len(queue.at("/other")) == 1


def test_a_sound_may_be_the_waiting_document(queue: ScriptedService, phone: Phone) -> None:
    queue.on(
        "/voice", '<Enqueue waitUrl="/music.wav" waitUrlMethod="GET" action="/after">x</Enqueue>'
    )

    async def wait(call: Call) -> None:
        await queued(call)
        await asyncio.sleep(25)
        call.handset.hang_up()

    call = phone.call(wait)
    assert len([event for event in call.line.events if isinstance(event, PlayStarted)]) == 3
    assert call.seconds == 25


@pytest.mark.parametrize("attribute", ["", 'waitUrl=""'])
def test_music_and_silence_ask_for_nothing(
    queue: ScriptedService, phone: Phone, attribute: str
) -> None:
    queue.on("/voice", f'<Enqueue action="/after" {attribute}>x</Enqueue>')

    async def wait(call: Call) -> None:
        await queued(call)
        await asyncio.sleep(200)
        call.handset.hang_up()

    assert result(phone.call(wait)) == ("hangup", 200)
    assert queue.paths == ["/voice", "/status", "/after", "/status"]


def test_an_empty_waiting_document_is_not_asked_for_without_end(
    queue: ScriptedService, phone: Phone
) -> None:
    queue.on("/wait", "")

    async def wait(call: Call) -> None:
        await queued(call)
        await asyncio.sleep(10)
        call.handset.hang_up()

    phone.call(wait)
    assert 5 <= len(queue.at("/wait")) <= 11


def test_a_full_queue_takes_nobody(queue: ScriptedService, phone: Phone) -> None:
    async def work(exchange: Exchange) -> Call:
        exchange.new_queue("atendimento", 1)
        first = exchange.call(from_=CITIZEN, to=DESK)
        await queued(first)
        second = exchange.call(from_=CITIZEN, to=DESK)
        await second.finished()
        first.handset.hang_up()
        return second

    second = phone.run(work)
    fields = queue.at("/after")[0]
    assert fields["QueueResult"] == "queue-full"
    assert "QueueSid" not in fields and "QueueTime" not in fields
    assert [event.code for event in second.line.events if isinstance(event, Warned)] == [14207]


def test_the_size_of_a_new_queue_comes_from_the_attribute(
    queue: ScriptedService, phone: Phone
) -> None:
    queue.on("/voice", '<Enqueue maxQueueSize="7" waitUrl="/wait">x</Enqueue>')
    queue.on("/wait", "<Leave/>")
    phone.call()
    assert queue.at("/wait")[0]["MaxQueueSize"] == "7"


def test_a_system_error_of_the_carrier(queue: ScriptedService, phone: Phone) -> None:
    phone.call(faults=Faults(queue_system_error=True))
    assert queue.at("/after")[0]["QueueResult"] == "system-error"


def test_a_waiting_document_that_fails_is_an_error(queue: ScriptedService, phone: Phone) -> None:
    del queue.replies["/wait"]
    call = phone.call()
    assert queue.at("/after")[0]["QueueResult"] == "error"
    assert [event.code for event in call.line.events if isinstance(event, Warned)] == [11200]


Deed = Callable[[Exchange, Call], None]


def take_out(exchange: Exchange, call: Call) -> None:
    (waiting,) = exchange.queues.values()
    member = waiting.find(call.sid)
    assert member is not None
    waiting.claim(member, Goto(url=f"{HOST}/other"))


def replace(exchange: Exchange, call: Call) -> None:
    call.interrupt(Replaced(Goto(url=f"{HOST}/other")))


def complete(exchange: Exchange, call: Call) -> None:
    call.interrupt(CallOver(by="api"))


def after_seven_seconds(deed: Deed) -> Callable[[Exchange], Awaitable[Call]]:
    async def work(exchange: Exchange) -> Call:
        call = exchange.call(from_=CITIZEN, to=DESK)
        await queued(call)
        await asyncio.sleep(7)
        deed(exchange, call)
        await call.finished()
        return call

    return work


@pytest.mark.parametrize(
    ("deed", "expected", "others"),
    [(take_out, "redirected", 1), (replace, "redirected", 1), (complete, "hangup", 0)],
)
def test_rest_takes_the_caller_out(
    queue: ScriptedService, phone: Phone, deed: Deed, expected: str, others: int
) -> None:
    queue.on("/after", "<Redirect>/nowhere</Redirect>")
    call = phone.run(after_seven_seconds(deed))
    (after,) = queue.at("/after")
    assert (after["QueueResult"], after["QueueTime"]) == (expected, "7")
    assert len(queue.at("/other")) == others
    assert queue.at("/nowhere") == []
    assert phone.exchange.queues[after["QueueSid"]].members == []
    assert call.status == "completed"


def test_the_action_after_a_dequeue_may_be_executed(queue: ScriptedService, phone: Phone) -> None:
    queue.on("/after", "<Redirect>/nowhere</Redirect>").on("/nowhere", "<Hangup/>")
    phone.run(after_seven_seconds(take_out), faults=Faults(dequeue_action_executes=True))
    assert [p for p in queue.paths if p in ("/other", "/after", "/nowhere")] == [
        "/other",
        "/after",
        "/nowhere",
    ]


AGENT = route(voice=Goto(url=f"{HOST}/agent"))
PULL = (
    '<Dial action="/dialled" timeout="20"{}><Queue url="/whisper">atendimento</Queue></Dial>'
    "<Hangup/>"
)


@pytest.fixture
def agents(queue: ScriptedService) -> ScriptedService:
    queue.on("/agent", PULL.format("")).on("/dialled", "<Hangup/>")
    return queue.on("/whisper", '<Say language="pt-BR">Já vamos atender.</Say>')


def call_agent(exchange: Exchange) -> Call:
    return exchange.call(from_="client:ana", to="", route=AGENT)


class TestDialQueue:
    def test_the_caller_hears_the_whisper_and_then_both_talk(
        self, agents: ScriptedService, phone: Phone
    ) -> None:
        async def work(exchange: Exchange) -> tuple[Call, Call]:
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await queued(caller)
            await asyncio.sleep(12)
            agent = call_agent(exchange)
            await agent.handset.listen().until(Bridged)
            await asyncio.sleep(60)
            agent.handset.hang_up()
            await caller.finished()
            return caller, agent

        caller, agent = phone.run(work)
        (whisper,) = agents.at("/whisper")
        assert whisper["CallSid"] == caller.sid
        assert whisper["DequeingCallSid"] == agent.sid
        assert whisper["QueueTime"] == "12" and whisper["QueueSid"].startswith("QU")
        (after,) = agents.at("/after")
        assert (after["QueueResult"], after["QueueTime"]) == ("bridged", "12")
        assert after["CallStatus"] == "in-progress"
        assert agents.at("/dialled") == []  # The agent is gone.
        assert [event.other for event in caller.line.events if isinstance(event, Bridged)] == [
            agent.sid
        ]

    def test_the_agent_goes_on_when_the_caller_leaves(
        self, agents: ScriptedService, phone: Phone
    ) -> None:
        async def work(exchange: Exchange) -> Call:
            agent = call_agent(exchange)  # Before anybody waits: the queue does not exist yet.
            await agent.finished()
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await queued(caller)
            agent = call_agent(exchange)
            await caller.handset.listen().until(Bridged)
            await asyncio.sleep(30)
            caller.handset.hang_up()
            await agent.finished()
            return caller

        caller = phone.run(work)
        unknown, dialled = agents.at("/dialled")
        assert unknown["DialCallStatus"] == "failed"
        assert dialled["DialCallStatus"] == "completed"
        assert dialled["DialCallSid"] == caller.sid
        assert dialled["DialCallDuration"] == "30"
        assert dialled["DialBridged"] == "true"
        (after,) = agents.at("/after")
        assert (after["QueueResult"], after["CallStatus"]) == ("bridged", "completed")

    @pytest.mark.parametrize("status", ["no-answer", "completed"])
    def test_an_empty_queue_is_waited_for_until_the_timeout(
        self, agents: ScriptedService, phone: Phone, status: str
    ) -> None:
        async def work(exchange: Exchange) -> Call:
            exchange.new_queue("atendimento", 10)
            agent = call_agent(exchange)
            await agent.finished()
            return agent

        agent = phone.run(work, faults=Faults(empty_queue_status=status))
        assert agents.at("/dialled")[0]["DialCallStatus"] == status
        assert agents.at("/dialled")[0]["DialBridged"] == "false"
        assert agent.seconds == 20

    def test_an_agent_who_waits_gets_the_next_caller(
        self, agents: ScriptedService, phone: Phone
    ) -> None:
        async def work(exchange: Exchange) -> tuple[Call, Call]:
            exchange.new_queue("atendimento", 10)
            first, second = call_agent(exchange), call_agent(exchange)
            await asyncio.sleep(5)
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await caller.handset.listen().until(Bridged)
            await asyncio.sleep(1)
            caller.handset.hang_up()
            await second.finished()
            return first, second

        phone.run(work)
        assert sorted(fields["DialCallStatus"] for fields in agents.at("/dialled")) == [
            "completed",
            "no-answer",
        ]

    def test_the_star_frees_the_agent(self, agents: ScriptedService, phone: Phone) -> None:
        agents.on("/agent", PULL.format(' hangupOnStar="true"'))

        async def work(exchange: Exchange) -> None:
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await queued(caller)
            agent = call_agent(exchange)
            await agent.handset.listen().until(Bridged)
            await asyncio.sleep(4)
            agent.handset.press("1*")
            await agent.finished()

        phone.run(work)
        assert agents.at("/dialled")[0]["DialCallDuration"] == "4"
        assert agents.at("/after")[0]["CallStatus"] == "in-progress"

    def test_a_caller_who_leaves_during_the_whisper_was_never_bridged(
        self, agents: ScriptedService, phone: Phone
    ) -> None:
        async def work(exchange: Exchange) -> None:
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await queued(caller)
            agent = call_agent(exchange)
            await caller.handset.listen().until(
                PlayStarted, lambda event: event.text.startswith("Já")
            )
            caller.handset.hang_up()
            await agent.finished()

        phone.run(work)
        assert agents.at("/after")[0]["QueueResult"] == "bridging-in-process"
        assert agents.at("/dialled")[0]["DialBridged"] == "false"

    def test_a_bridged_caller_can_be_redirected(
        self, agents: ScriptedService, phone: Phone
    ) -> None:
        async def work(exchange: Exchange) -> None:
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await queued(caller)
            agent = call_agent(exchange)
            await agent.handset.listen().until(Bridged)
            replace(exchange, caller)
            await agent.finished()

        phone.run(work)
        assert agents.at("/after")[0]["QueueResult"] == "redirected-from-bridged"
        assert len(agents.at("/other")) == 1
        assert agents.at("/dialled")[0]["DialBridged"] == "true"

    def test_an_agent_who_gives_up_waiting_takes_nobody_along(
        self, agents: ScriptedService, phone: Phone
    ) -> None:
        async def work(exchange: Exchange) -> Call:
            exchange.new_queue("atendimento", 10)
            agent = call_agent(exchange)
            await asyncio.sleep(5)
            agent.handset.hang_up()
            await agent.finished()
            caller = exchange.call(from_=CITIZEN, to=DESK)
            await queued(caller)
            await asyncio.sleep(15)
            caller.handset.hang_up()
            return caller

        assert result(phone.run(work)) == ("hangup", 15)
