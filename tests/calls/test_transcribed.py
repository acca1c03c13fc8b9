"""Real speech in a call, through the local carrier, the worker and the true engine, to the page."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from agent_calls import CITIZEN, Floor, LoopApi
from desk import ACCOUNT, DESK, NIGHT, PUBLIC, TOKEN, Desk, make_desk
from web.phone_line import quick_folder
from web.staff_browser import staff_inside, with_staff

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.adapters.speech.sound import decode
from ivr.adapters.speech.telephone_wav import mulaw_of, unpack
from ivr.adapters.speech.vosk_transcriber import VoskTranscriber
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.carrier.call import Call
from ivr.carrier.events import Enqueued, GatherStarted, RecordStarted
from ivr.carrier.exchange import Exchange
from ivr.flow.heard_secrets import BLOT
from ivr.ports.errors import PortError
from ivr.ports.store import RecordingRow
from ivr.ports.transcripts import TranscriptRow

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"
MODEL = SPEECH / "model-pt-8k-test-only"
DIGITS = ("cinco", "meia", "sete", "oito")


class Shelved(LoopApi):
    """Sounds too are asked of the carrier of the loop."""

    def attach(self, exchange: Exchange) -> None:
        super().attach(exchange)
        self.exchange = exchange

    def sound(self, recording: str) -> bytes:
        found = self.exchange.archive.recordings.get(recording)
        if found is None or found.status != "completed":
            raise PortError("http_404", permanent=True)
        return found.wav()


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    with quick_folder(tmp_path) as folder:
        api = Shelved(account_sid=ACCOUNT, auth_token=TOKEN)
        desk = make_desk(
            folder,
            telephony=TwilioTelephony(api, links=Links(PUBLIC), caller_id=DESK),
            recordings=FolderShelf(folder / "recordings", seal=AesGcmSeal(b"key")),
            transcriber=VoskTranscriber(MODEL, demo=True),
        )
        yield Floor(desk=with_staff(desk), api=api)
        desk.close()


async def speak(call: Call, *names: str) -> None:
    """Say what the samples hold, one after the other, after the tone."""
    await call.handset.listen().until(RecordStarted)
    for name in names:
        mulaw = mulaw_of((SPEECH / "samples" / f"{name}.wav").read_bytes())
        call.handset.speak_mulaw(mulaw)
        await asyncio.sleep(len(mulaw) / 8000)


def kept(desk: Desk, call: Call) -> tuple[RecordingRow, TranscriptRow]:
    with desk.rt.store.begin(write=False) as tx:
        (row,) = tx.tickets.recordings(desk.call(call.sid).protocol)
        made = tx.transcripts.get(row.sid)
    assert made is not None
    return row, made


def page_of(desk: Desk, path: str) -> str:
    page = staff_inside(desk, "carla.supervisora").open(path)
    assert page.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def loudness(sound: bytes, start: float, end: float) -> float:
    levels = decode(unpack(sound))[int(start * 8000) : int(end * 8000)]
    return float(np.sqrt(np.mean(levels**2)))


def test_voicemail_is_read_on_the_pages_without_the_code_that_was_said(floor: Floor) -> None:
    desk = floor.desk

    async def story(exchange: Exchange) -> Call:
        floor.api.attach(exchange)
        call = exchange.call(from_=CITIZEN, to=DESK)
        await call.handset.listen().until(GatherStarted)
        call.handset.press("0")
        await asyncio.sleep(20)
        call.handset.press("3")
        await speak(call, "redefinir_adam", "pin_m6")
        await asyncio.sleep(1)
        call.handset.press("7")
        await asyncio.sleep(20)
        call.handset.hang_up()
        await call.finished()
        await asyncio.sleep(60)
        desk.work()
        return call

    call = desk.run(story, at=NIGHT)
    row, made = kept(desk, call)
    assert (row.purpose, row.state) == ("voicemail", "kept")
    assert made.heard == f"redefinir senha {BLOT}"
    assert made.confidence is not None and made.confidence > 0.5
    assert made.silenced_at is not None

    assert desk.rt.recordings is not None
    sound = b"".join(desk.rt.recordings.read(row.file))
    ((begin, end),) = made.secrets
    assert loudness(sound, begin, end) == 0
    assert loudness(sound, 0, begin - 0.2) > 0.01

    for path in (f"/chamados/{row.protocol}", f"/chamadas/{call.sid}"):
        page = page_of(desk, path)
        assert "redefinir senha" in page
        assert "Certeza média" in page
        assert "Na gravação esse trecho está mudo." in page
        assert not any(word in page for word in DIGITS)


def test_who_waits_says_what_is_needed_and_waits_on_in_the_old_place(floor: Floor) -> None:
    desk = floor.desk

    async def waits(exchange: Exchange) -> Call:
        call = exchange.call(from_=CITIZEN, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted)
        call.handset.press("0")
        await line.until(GatherStarted)
        await line.until(Enqueued)
        return call

    def place(call: Call) -> int:
        with desk.rt.store.begin(write=False) as tx:
            return tx.queues.position(call.sid)

    async def story(exchange: Exchange) -> Call:
        floor.api.attach(exchange)
        first = await waits(exchange)
        await asyncio.sleep(30)
        second = await waits(exchange)
        assert (place(first), place(second)) == (1, 2)
        await asyncio.sleep(5)
        first.handset.press("2")
        await speak(first, "redefinir_adam")
        first.handset.press("#")
        await first.handset.listen().until(Enqueued)
        await asyncio.sleep(5)
        assert (place(first), place(second)) == (1, 2)
        for call in (first, second):
            call.handset.hang_up()
            await call.finished()
        await asyncio.sleep(60)
        desk.work()
        return first

    first = desk.run(story)
    row, made = kept(desk, first)
    assert (row.purpose, made.heard, made.secrets) == ("need", "redefinir senha", ())
    queued = [entry for entry in desk.journal(first.sid) if entry.kind == "queue.entered"]
    assert queued[1].at - queued[0].at > timedelta(seconds=30)


def test_zero_after_some_words_leads_to_a_person_and_the_words_stay(floor: Floor) -> None:
    desk = floor.desk

    async def story(exchange: Exchange) -> Call:
        floor.api.attach(exchange)
        call = exchange.call(from_=CITIZEN, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted)
        call.handset.press("3")
        await speak(call, "redefinir_adam")
        call.handset.press("0")
        await call.handset.listen().until(Enqueued)
        call.handset.hang_up()
        await call.finished()
        await asyncio.sleep(60)
        desk.work()
        return call

    call = desk.run(story)
    row, made = kept(desk, call)
    assert (row.purpose, made.heard) == ("need", "redefinir senha")
    assert "person.asked" in desk.kinds(call.sid)
