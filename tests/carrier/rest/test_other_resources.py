from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from openapi_judge import Judge
from scripted_service import CITIZEN, DESK, HOST, START, Phone, ScriptedService
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.carrier.audio import wav_duration
from ivr.carrier.call import Call
from ivr.carrier.events import Enqueued, RecordStarted
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.rest.api import RestApi
from ivr.carrier.rest.request import RestRequest

Rest = Callable[..., Any]


@pytest.fixture(autouse=True)
def innocent(judge: Judge) -> Any:
    yield
    assert judge.complaints == []
    assert judge.judged


def refused(work: Callable[[], Any]) -> int:
    with pytest.raises(TwilioRestException) as caught:
        work()
    return caught.value.code


async def waiting(exchange: Exchange) -> Call:
    call = exchange.call(from_=CITIZEN, to=DESK)
    await call.handset.listen().until(Enqueued)
    return call


@pytest.fixture
def queue(service: ScriptedService) -> ScriptedService:
    service.on("/voice", '<Enqueue action="/after" waitUrl="">fila</Enqueue>')
    service.on("/after", "<Hangup/>")
    return service.on("/desk", '<Say language="pt-BR">Atendimento.</Say>')


class TestQueues:
    def test_they_are_made_found_changed_and_deleted(self, rest: Rest) -> None:
        async def work(exchange: Exchange, client: Client) -> None:
            made = client.queues.create(friendly_name="atendimento", max_size=7)
            assert (made.max_size, made.current_size, made.average_wait_time) == (7, 0, 0)
            assert refused(lambda: client.queues.create(friendly_name="atendimento")) == 22003
            assert refused(lambda: client.queues.create(friendly_name="x" * 65)) == 20002
            assert refused(lambda: client.queues.create(friendly_name="y", max_size=5001)) == 20001
            assert client.queues(made.sid).update(max_size=9).max_size == 9
            assert client.queues(made.sid).update(friendly_name="b").friendly_name == "b"
            assert [each.sid for each in client.queues.list()] == [made.sid]
            assert client.queues(made.sid).delete()
            assert refused(lambda: client.queues(made.sid).fetch()) == 20404

        rest(work)

    def test_members_in_their_order(self, rest: Rest, queue: ScriptedService) -> None:
        async def work(exchange: Exchange, client: Client) -> None:
            first = await waiting(exchange)
            await asyncio.sleep(10)
            second = await waiting(exchange)
            await asyncio.sleep(4)
            (found,) = client.queues.list()
            assert (found.current_size, found.average_wait_time) == (2, 9)
            members = client.queues(found.sid).members
            assert [(each.call_sid, each.position, each.wait_time) for each in members.list()] == [
                (first.sid, 1, 14),
                (second.sid, 2, 4),
            ]
            assert members("Front").fetch().call_sid == first.sid
            assert members(second.sid).fetch().date_enqueued.tzinfo is not None
            assert refused(lambda: members("CA" + "0" * 32).fetch()) == 20404
            assert refused(lambda: client.queues(found.sid).delete()) == 22002
            for call in (first, second):
                call.handset.hang_up()

        rest(work)

    @pytest.mark.parametrize("who", ["Front", "sid"])
    def test_a_member_is_taken_out_to_a_document(
        self, rest: Rest, queue: ScriptedService, who: str
    ) -> None:
        async def work(exchange: Exchange, client: Client) -> None:
            call = await waiting(exchange)
            await asyncio.sleep(5)
            (found,) = client.queues.list()
            members = client.queues(found.sid).members
            taken = members("Front" if who == "Front" else call.sid).update(url=f"{HOST}/desk")
            assert (taken.call_sid, taken.wait_time) == (call.sid, 5)
            assert refused(lambda: members("Front").update(url=f"{HOST}/desk")) == 20404
            await call.finished()

        rest(work)
        assert queue.at("/after")[0]["QueueResult"] == "redirected"
        assert len(queue.at("/desk")) == 1


class TestMessages:
    def test_a_message_reaches_the_inbox_and_tells_its_progress(
        self, rest: Rest, phone: Phone, service: ScriptedService
    ) -> None:
        service.on("/sms/status", "")

        async def work(exchange: Exchange, client: Client) -> None:
            made = client.messages.create(
                to=CITIZEN,
                from_=DESK,
                body="Seu codigo e 123456",
                status_callback=f"{HOST}/sms/status",
                validity_period=600,
            )
            assert made.status == "queued" and made.date_sent is None
            await asyncio.sleep(5)
            assert client.messages(made.sid).fetch().status == "delivered"
            (received,) = exchange.inbox.received_by(CITIZEN)
            assert received.body == "Seu codigo e 123456"

        rest(work)
        callbacks = service.at("/sms/status")
        assert [fields["MessageStatus"] for fields in callbacks] == ["queued", "sent", "delivered"]
        assert callbacks[0]["MessageSid"] == callbacks[0]["SmsSid"]
        assert {"AccountSid", "SmsStatus", "From", "To", "ApiVersion"} <= set(callbacks[0])

    def test_lists_filter_by_number_and_day(self, rest: Rest) -> None:
        async def work(exchange: Exchange, client: Client) -> None:
            for to in (CITIZEN, "+5567988887777", CITIZEN):
                client.messages.create(to=to, from_=DESK, body="oi")
                await asyncio.sleep(20)
            sent = client.messages.list
            assert len(sent(to=CITIZEN)) == 2 and len(sent()) == 3
            assert len(sent(date_sent_after=START + timedelta(seconds=15))) == 2
            assert len(sent(date_sent_before=START + timedelta(seconds=15))) == 1
            assert len(sent(date_sent=date(2026, 3, 2))) == 3
            assert sent(date_sent=date(2026, 3, 3)) == []
            assert sent(from_="+5567000000000") == []

        rest(work)

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"to": ""}, 21604),
            ({"to": "123"}, 21211),
            ({"to": DESK}, 21614),
            ({"from_": None}, 21603),
            ({"body": None}, 21602),
            ({"body": "x" * 1601}, 21617),
            ({"status_callback": "/sms"}, 21609),
        ],
    )
    def test_messages_that_are_refused(
        self, rest: Rest, phone: Phone, given: dict[str, Any], code: int
    ) -> None:
        async def work(exchange: Exchange, client: Client) -> int:
            client.messages.list()
            arguments = {"to": CITIZEN, "from_": DESK, "body": "oi"} | given
            return refused(lambda: client.messages.create(**arguments))

        assert rest(work) == code
        assert phone.exchange.inbox.messages == {}

    def test_an_unreachable_phone(self, rest: Rest, service: ScriptedService) -> None:
        service.on("/sms/status", "")

        async def work(exchange: Exchange, client: Client) -> None:
            made = client.messages.create(
                to=CITIZEN, from_=DESK, body="oi", status_callback=f"{HOST}/sms/status"
            )
            await asyncio.sleep(5)
            assert client.messages(made.sid).fetch().error_code == 30003

        rest(work, faults=Faults(message_fails=True))
        assert service.at("/sms/status")[-1]["ErrorCode"] == "30003"

    def test_a_message_may_be_accepted_without_an_answer(self, rest: Rest, phone: Phone) -> None:
        async def work(exchange: Exchange, client: Client) -> None:
            with pytest.raises(TimeoutError):
                client.messages.create(to=CITIZEN, from_=DESK, body="oi")

        rest(work, faults=Faults(message_hangs=True))
        assert len(phone.exchange.inbox.messages) == 1


class TestRecordings:
    def test_the_file_can_be_fetched_and_deleted(
        self, rest: Rest, service: ScriptedService
    ) -> None:
        service.on("/voice", '<Record action="/rec"/>').on("/rec", "<Hangup/>")

        async def work(exchange: Exchange, client: Client) -> None:
            call = exchange.call(from_=CITIZEN, to=DESK)
            await call.handset.listen().until(RecordStarted)
            call.handset.speak("recado", seconds=4)
            await call.finished()
            (found,) = client.recordings.list(call_sid=call.sid)
            assert (found.status, found.duration, found.source) == ("completed", "4", "RecordVerb")
            media = get_media(exchange, service.at("/rec")[0]["RecordingUrl"])
            assert wav_duration(media) == 4
            assert get_media(exchange, service.at("/rec")[0]["RecordingUrl"] + ".wav") == media
            assert client.recordings(found.sid).delete()
            assert refused(lambda: client.recordings(found.sid).fetch()) == 20404
            kept = client.recordings(found.sid).fetch(include_soft_deleted=True)
            assert kept.status == "deleted"
            assert client.recordings.list() == []

        rest(work)


def get_media(exchange: Exchange, url: str) -> bytes:
    path = url.removeprefix("https://api.twilio.com")
    login = (exchange.account_sid, exchange.token)
    assert RestApi(exchange).handle(RestRequest(method="GET", path=path)).status == 401
    answer = RestApi(exchange).handle(RestRequest(method="GET", path=path, login=login))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/x-wav")
    return answer.body


class TestApplications:
    def test_a_browser_phone_calls_through_one(self, rest: Rest, service: ScriptedService) -> None:
        service.on("/agent", "<Hangup/>")

        async def work(exchange: Exchange, client: Client) -> None:
            made = client.applications.create(
                friendly_name="agentes", voice_url=f"{HOST}/agent", voice_method="POST"
            )
            call = exchange.call(
                from_="client:ana",
                to="",
                route=exchange.applications[made.sid].route(),
                extra=(("ApplicationSid", made.sid), ("queue", "fila")),
            )
            await call.finished()
            assert client.applications(made.sid).update(voice_url=f"{HOST}/b").voice_url
            assert len(client.applications.list()) == 1
            assert client.applications(made.sid).delete()
            assert refused(lambda: client.applications(made.sid).fetch()) == 20404

        rest(work)
        (fields,) = service.at("/agent")
        assert (fields["From"], fields["To"], fields["queue"]) == ("client:ana", "", "fila")
        assert fields["ApplicationSid"].startswith("AP")

    def test_a_token_for_network_traversal(self, rest: Rest) -> None:
        async def work(exchange: Exchange, client: Client) -> str:
            ttl = client.tokens.create(ttl=600).ttl
            assert isinstance(ttl, str)
            return ttl

        assert rest(work) == "600"
