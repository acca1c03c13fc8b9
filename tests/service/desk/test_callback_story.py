"""A promise to call back, from the queue to its end, in virtual time over the real carrier."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from agent_calls import CITIZEN, Floor, LoopApi, joined, make_floor
from desk import ACCOUNT, DESK, NIGHT, PUBLIC, TOKEN, make_desk
from web.phone_line import quick_folder

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.carrier.call import Call
from ivr.carrier.events import ConferenceJoined, GatherStarted, RecordStarted
from ivr.carrier.exchange import Exchange
from ivr.ports.errors import PortError
from ivr.ports.queues import CallbackRow, RecordingRow
from ivr.service.desk.callbacks import NotNowError, call_now, call_ticket
from ivr.service.desk.conversation import hang_up, hold, pause_recording, resume_recording, unhold
from ivr.service.desk.ledger import check_ledger
from ivr.service.desk.presence import go_available
from ivr.service.desk.wrap_up import conclude
from ivr.service.ending import end_call
from ivr.service.tickets_gaps import gaps_of


@pytest.fixture
def floor(tmp_path: Path):  # type: ignore[no-untyped-def]
    with quick_folder(tmp_path) as folder:
        made = make_floor(folder)
        yield made
        made.desk.close()


def promise_of(floor: Floor, call: Call) -> CallbackRow:
    with floor.desk.rt.store.begin(write=False) as tx:
        row = tx.callbacks.newest_of_call(call.sid)
    assert row is not None
    return row


def told(floor: Floor, call: Call) -> list[str]:
    protocol = floor.desk.call(call.sid).protocol
    with floor.desk.rt.store.begin(write=False) as tx:
        return [event.kind for event in tx.ticket_log.events(protocol)]


async def asks_to_be_called(floor: Floor, number: str = CITIZEN) -> Call:
    """Waits in the queue, presses 1 there, hears that it is agreed, and is done."""
    call = await floor.waiting_caller(number)
    await asyncio.sleep(20)
    call.handset.press("1")
    await asyncio.sleep(60)
    call.handset.hang_up()
    await call.finished()
    await asyncio.sleep(1)
    return call


async def rung(floor: Floor, to: str, *, known: tuple[Call, ...] = ()) -> Call:
    for _ in range(600):
        for call in floor.exchange.calls.values():
            if call.to.endswith(to) and call.status == "ringing" and call not in known:
                return call
        await asyncio.sleep(0.1)
    raise AssertionError(f"{to} does not ring")


def free(floor: Floor, agent: str) -> None:
    floor.consoles.add(agent)
    go_available(floor.desk.rt, agent)


def test_caller_who_asks_in_the_queue_is_called_at_the_old_rank_and_the_promise_is_kept(
    floor: Floor,
) -> None:
    floor.agent("ana")

    async def story() -> Call:
        call = await asks_to_be_called(floor)
        later = await floor.waiting_caller("+5567999990077")
        assert promise_of(floor, call).state == "waiting"
        free(floor, "ana")
        phone = await rung(floor, "ana")
        offer = floor.offer_to("ana")
        assert offer is not None
        assert (offer.call_sid, offer.kind) == (call.sid, "callback"), "the older wait is first"
        phone.handset.pick_up()
        citizen = await rung(floor, CITIZEN)
        assert citizen.sid != call.sid
        citizen.handset.pick_up()
        await citizen.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(2)
        assert joined(floor, phone, citizen)
        assert promise_of(floor, call).state == "done"
        hold(floor.desk.rt, offer.id, "ana")
        await asyncio.sleep(3)
        assert floor.talk(offer.id).held_since is not None
        unhold(floor.desk.rt, offer.id, "ana")
        await asyncio.sleep(3)
        assert floor.talk(offer.id).recording == "on"
        hang_up(floor.desk.rt, offer.id, "ana")
        await citizen.finished()
        assert floor.presence("ana").state == "wrap_up"
        conclude(
            floor.desk.rt,
            offer.id,
            "ana",
            disposition="resolvido",
            contact_class="contato",
            notes="",
        )
        later.handset.hang_up()
        await later.finished()
        return call

    call = floor.run(story)
    assert {"callback.promised", "callback.reached"} <= set(told(floor, call))
    _, wrong = check_ledger(floor.desk.rt)
    assert wrong is None, wrong


def test_citizen_who_does_not_answer_is_tried_again_after_a_quarter_of_an_hour(
    floor: Floor,
) -> None:
    floor.agent("ana")

    async def story() -> None:
        call = await asks_to_be_called(floor)
        free(floor, "ana")
        phone = await rung(floor, "ana")
        phone.handset.pick_up()
        citizen = await rung(floor, CITIZEN)
        began = floor.desk.clock.now()
        await citizen.finished()
        assert citizen.status == "no-answer"
        await asyncio.sleep(2)
        row = promise_of(floor, call)
        assert (row.state, row.tries) == ("waiting", 1)
        assert row.next_at is not None
        assert timedelta(minutes=15) <= row.next_at - began < timedelta(minutes=16)
        assert floor.presence("ana").state == "available", "no work is left after a try in vain"
        await phone.finished()

    floor.run(story)


def test_agent_who_is_lost_before_the_citizen_answers_costs_no_try(floor: Floor) -> None:
    floor.agent("ana")

    async def story() -> Call:
        call = await asks_to_be_called(floor)
        free(floor, "ana")
        phone = await rung(floor, "ana")
        phone.handset.pick_up()
        citizen = await rung(floor, CITIZEN)
        phone.handset.hang_up()
        await citizen.finished()
        assert citizen.status in ("canceled", "no-answer", "completed")
        row = promise_of(floor, call)
        assert (row.state, row.tries) == ("waiting", 0)
        return call

    floor.run(story)


def test_click_to_call_uses_the_ticket_s_protocol_and_no_second_ticket(floor: Floor) -> None:
    floor.agent("ana")

    async def story() -> None:
        call = await floor.waiting_caller()
        await asyncio.sleep(10)
        call.handset.hang_up()
        await call.finished()
        await asyncio.sleep(2)
        assert promise_of(floor, call).kind == "missed"
        tickets = floor.desk.rows("tickets")
        protocol = floor.desk.call(call.sid).protocol
        free(floor, "ana")
        await asyncio.sleep(5)
        assert floor.offer_to("ana") is None, "a missed call rings at nobody by itself"
        call_ticket(floor.desk.rt, protocol, "ana")
        phone = await rung(floor, "ana")
        offer = floor.offer_to("ana")
        assert offer is not None
        assert offer.protocol == protocol
        phone.handset.pick_up()
        citizen = await rung(floor, CITIZEN)
        citizen.handset.pick_up()
        await citizen.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(1)
        citizen.handset.hang_up()
        await asyncio.sleep(2)
        assert floor.talk(offer.id).ended_by == "caller"
        assert floor.desk.rows("tickets") == tickets

    floor.run(story)


def test_call_back_that_is_not_available_to_who_presses_is_refused(floor: Floor) -> None:
    floor.agent("ana")

    async def story() -> None:
        call = await asks_to_be_called(floor)
        with pytest.raises(NotNowError, match="indisponivel"):
            call_now(floor.desk.rt, promise_of(floor, call).id, "ana")

    floor.run(story)


class Shelved(LoopApi):
    """Sounds too are asked of the carrier of the loop."""

    def sound(self, recording: str) -> bytes:
        found = self.exchange.recordings.get(recording)
        if found is None or found.status != "completed":
            raise PortError("http_404", permanent=True)
        self.fetched.append(recording)
        return found.wav()

    def attach(self, exchange: Exchange) -> None:
        super().attach(exchange)
        self.exchange, self.fetched = exchange, []


@pytest.fixture
def shelved(tmp_path: Path) -> Iterator[Floor]:
    """A floor whose recordings come into a folder of ours."""
    with quick_folder(tmp_path) as folder:
        api = Shelved(account_sid=ACCOUNT, auth_token=TOKEN)
        telephony = TwilioTelephony(api, links=Links(PUBLIC), caller_id=DESK)
        shelf = FolderShelf(folder / "recordings", seal=AesGcmSeal(b"key"))
        desk = make_desk(folder, telephony=telephony, recordings=shelf)
        yield Floor(desk=desk, api=api)
        desk.close()


def recordings_of(floor: Floor, call: Call) -> list[RecordingRow]:
    with floor.desk.rt.store.begin(write=False) as tx:
        return list(tx.tickets.recordings(floor.desk.call(call.sid).protocol))


def test_talk_is_fetched_once_from_the_carrier_and_deleted_there_with_its_gap_told(
    shelved: Floor,
) -> None:
    shelved.agent("ana")

    async def story() -> Call:
        caller = await shelved.waiting_caller()
        phone, offer = await shelved.talking(caller, "ana")
        await asyncio.sleep(5)
        pause_recording(shelved.desk.rt, offer.id, "ana")
        await asyncio.sleep(120)
        resume_recording(shelved.desk.rt, offer.id, "ana")
        await asyncio.sleep(5)
        hang_up(shelved.desk.rt, offer.id, "ana")
        await phone.finished()
        caller.handset.hang_up()
        await caller.finished()
        await asyncio.sleep(60)
        return caller

    caller = shelved.run(story, there=("ana",))
    (row,) = recordings_of(shelved, caller)
    assert (row.state, row.purpose) == ("kept", "talk")
    assert row.engagement
    assert row.deleted_at is not None
    assert shelved.api.fetched == [row.sid]  # type: ignore[attr-defined]
    assert shelved.exchange.recordings[row.sid].status == "deleted"
    assert shelved.desk.rt.recordings is not None
    sound = b"".join(shelved.desk.rt.recordings.read(row.file))
    assert sound[:4] == b"RIFF"
    assert int.from_bytes(sound[22:24], "little") == 2, "both channels"
    with shelved.desk.rt.store.begin(write=False) as tx:
        (gap,) = gaps_of(tx, row)
    assert gap.ended is not None
    assert timedelta(seconds=119) < gap.ended - gap.began < timedelta(seconds=122)


def test_message_left_out_of_hours_is_a_ticket_with_a_deadline_and_its_sound(
    shelved: Floor,
) -> None:
    async def story(exchange: Exchange) -> Call:
        shelved.exchange = exchange
        shelved.api.attach(exchange)
        call = exchange.call(from_=CITIZEN, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted)
        call.handset.press("0")
        await asyncio.sleep(20)
        call.handset.press("3")
        await call.handset.listen().until(RecordStarted)
        call.handset.speak("preciso de ajuda com o meu sistema", seconds=4)
        await asyncio.sleep(6)
        call.handset.press("#")
        await asyncio.sleep(40)
        call.handset.hang_up()
        await call.finished()
        await asyncio.sleep(60)
        shelved.desk.work()
        return call

    call = shelved.desk.run(story, at=NIGHT)
    (row,) = recordings_of(shelved, call)
    assert (row.purpose, row.state) == ("voicemail", "kept")
    ticket = shelved.desk.ticket(call.sid)
    assert (ticket.status, ticket.subject) == ("open", "voicemail")
    assert ticket.due_business > ticket.opened_at.date()
    with shelved.desk.rt.store.begin(write=False) as tx:
        assert [r.sid for r in tx.recordings.left_messages()] == [row.sid]


def test_promise_out_of_hours_waits_for_the_next_opening(floor: Floor) -> None:
    async def story(exchange: Exchange) -> Call:
        call = exchange.call(from_=CITIZEN, to=DESK)
        await call.handset.listen().until(GatherStarted)
        call.handset.press("0")
        await asyncio.sleep(20)
        call.handset.press("1")
        await asyncio.sleep(40)
        call.handset.hang_up()
        await call.finished()
        return call

    call = floor.desk.run(story, at=NIGHT)
    opens = floor.desk.rt.hours.status(NIGHT).reopens_at
    assert promise_of(floor, call).next_at == opens


@pytest.mark.parametrize("failed", [True, False])
def test_line_that_fails_is_called_back_and_a_caller_who_hangs_up_is_not(
    floor: Floor, failed: bool
) -> None:
    async def story(exchange: Exchange) -> Call:
        call = exchange.call(from_=CITIZEN, to=DESK)
        await call.handset.listen().until(GatherStarted)
        with floor.desk.rt.store.begin(write=False) as tx:
            assert tx.callbacks.newest_of_call(call.sid) is None
        end_call(floor.desk.rt, sid=call.sid, failed=failed)
        call.handset.hang_up()
        await call.finished()
        return call

    call = floor.desk.run(story)
    with floor.desk.rt.store.begin(write=False) as tx:
        row = tx.callbacks.newest_of_call(call.sid)
    assert (row is not None) == failed
    if row is not None:
        assert (row.kind, row.state) == ("dropped_call", "waiting")


def test_wrap_up_promises_an_hour_to_a_caller_who_has_hung_up(floor: Floor) -> None:
    floor.agent("ana")

    async def story() -> Call:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        caller.handset.hang_up()
        await caller.finished()
        await phone.finished()
        await asyncio.sleep(2)
        at = floor.desk.clock.now() + timedelta(hours=2)
        conclude(
            floor.desk.rt,
            offer.id,
            "ana",
            disposition="retorno",
            contact_class="contato",
            notes="",
            callback_at=at,
        )
        row = promise_of(floor, caller)
        assert (row.kind, row.state, row.next_at) == ("scheduled", "waiting", at)
        assert floor.desk.rows("callbacks") == 1, "the kept number is gone"
        return caller

    floor.run(story, there=("ana",))
