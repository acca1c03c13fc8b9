"""Record: what ends it, what is kept, and what is asked for."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import pytest
from scripted_service import ACCOUNT, Phone, ScriptedService

from ivr.carrier.audio import samples_of, silence, wav, wav_duration
from ivr.carrier.call import Call
from ivr.carrier.events import PlayStarted, RecordEnded, RecordStarted
from ivr.carrier.faults import Faults
from ivr.carrier.media.mulaw import decoded

AFTER = "<Redirect>/empty</Redirect>"


@pytest.fixture
def tape(service: ScriptedService) -> ScriptedService:
    return service.on("/rec", "<Hangup/>").on("/empty", "<Hangup/>").on("/cb", "")


def record(attributes: str = "") -> str:
    return f'<Record action="/rec" {attributes}/>{AFTER}'


class Talker:
    """Speaks, presses and hangs up at times counted from the beep."""

    def __init__(self, *deeds: tuple[float, str]) -> None:
        self.deeds = deeds

    async def __call__(self, call: Call) -> None:
        await call.handset.listen().until(RecordStarted)
        now = 0.0
        for at, deed in self.deeds:
            await asyncio.sleep(at - now)
            now = at
            if deed == "hang up":
                call.handset.hang_up()
            elif deed.startswith("say "):
                call.handset.speak("x", seconds=float(deed[4:]))
            else:
                call.handset.press(deed)


def ended(call: Call) -> RecordEnded:
    return next(event for event in call.line.events if isinstance(event, RecordEnded))


@pytest.mark.parametrize(
    ("attributes", "deeds", "reason", "digits", "duration"),
    [
        ("", [(1, "say 3"), (6, "#")], "key", "#", "4"),
        ("", [(1, "say 3")], "silence", "", "4"),
        ('trim="do-not-trim"', [(1, "say 3")], "silence", "", "9"),
        ('finishOnKey="#"', [(0, "say 2"), (1, "1"), (3, "#")], "key", "#", "2"),
        ('maxLength="10"', [(1, "say 30")], "max-length", "", "10"),
        ('timeout="0" maxLength="20"', [(1, "say 2")], "max-length", "", "3"),
        ("", [(1, "say 2"), (5, "say 2")], "silence", "", "7"),
        ("", [(1, "say 9"), (4, "hang up")], "hangup", "hangup", "4"),
    ],
)
def test_what_ends_it(
    tape: ScriptedService,
    phone: Phone,
    attributes: str,
    deeds: list[tuple[float, str]],
    reason: str,
    digits: str,
    duration: str,
) -> None:
    tape.on("/voice", record(attributes))
    call = phone.call(Talker(*deeds))
    (fields,) = tape.at("/rec")
    assert (fields["Digits"], fields["RecordingDuration"]) == (digits, duration)
    assert ended(call).reason == reason
    recording = phone.exchange.recordings[ended(call).recording]
    assert fields["RecordingUrl"].endswith(f"/Accounts/{ACCOUNT}/Recordings/{recording.sid}")
    assert fields["RecordingSid"] == recording.sid
    assert wav_duration(recording.wav()) == pytest.approx(float(duration), abs=0.01)
    assert fields["CallStatus"] == ("completed" if reason == "hangup" else "in-progress")
    assert tape.at("/empty") == []


@pytest.mark.parametrize(("falls", "path"), [(True, "/empty"), (False, "/rec")])
def test_an_empty_recording_in_both_readings(
    tape: ScriptedService, phone: Phone, falls: bool, path: str
) -> None:
    tape.on("/voice", record())
    call = phone.call(faults=Faults(empty_record_falls_through=falls))
    assert (len(tape.at(path)), ended(call).recording) == (1, "")
    if not falls:
        assert tape.at("/rec")[0]["RecordingDuration"] == "0"


def test_hanging_up_in_silence_still_asks_for_the_action(
    tape: ScriptedService, phone: Phone
) -> None:
    tape.on("/voice", record())
    phone.call(Talker((1, "hang up")))
    (fields,) = tape.at("/rec")
    assert (fields["Digits"], fields["CallStatus"]) == ("hangup", "completed")
    assert tape.paths.index("/rec") < len(tape.paths) - 1 and tape.paths[-1] == "/status"


def test_the_answer_to_the_action_after_hanging_up_is_not_executed(
    tape: ScriptedService, phone: Phone
) -> None:
    tape.on("/voice", record()).on("/rec", "<Redirect>/empty</Redirect>")
    phone.call(Talker((1, "say 1"), (3, "hang up")))
    assert tape.at("/empty") == []


def test_the_sound_that_the_caller_supplied_is_kept(tape: ScriptedService, phone: Phone) -> None:
    tape.on("/voice", record())
    voice = bytes(range(256)) * 63  # About a second of something that is not silence.

    async def speak(call: Call) -> None:
        await call.handset.listen().until(RecordStarted)
        await asyncio.sleep(1)
        call.handset.speak_wav(wav(voice))

    call = phone.call(speak)
    kept = samples_of(phone.exchange.recordings[ended(call).recording].wav())
    assert kept == silence(1) + voice


def test_the_beep_can_be_left_out(tape: ScriptedService, phone: Phone) -> None:
    tape.on("/voice", record('playBeep="false"'), "<Hangup/>")
    kinds = [e.kind for e in phone.call().line.events if isinstance(e, PlayStarted)]
    assert kinds == []
    tape.on("/voice", record())
    kinds = [e.kind for e in phone.call().line.events if isinstance(e, PlayStarted)]
    assert kinds == ["beep"]


def test_keys_pressed_before_the_beep_do_not_end_it(tape: ScriptedService, phone: Phone) -> None:
    tape.on("/voice", '<Pause length="2"/>' + record())

    async def early(call: Call) -> None:
        await asyncio.sleep(1)
        call.handset.press("1#")
        await Talker((1, "say 1"))(call)

    assert ended(phone.call(early)).reason == "silence"


def test_status_callbacks_carry_every_field(tape: ScriptedService, phone: Phone) -> None:
    tape.on(
        "/voice",
        record(
            'recordingStatusCallback="/cb" '
            'recordingStatusCallbackEvent="in-progress completed absent"'
        ),
    )
    call = phone.call(Talker((1, "say 2")), faults=Faults(duplicate_callback=2))
    callbacks = tape.at("/cb")
    assert sorted(fields["RecordingStatus"] for fields in callbacks) == [
        "completed",
        "completed",
        "in-progress",
        "in-progress",
    ]
    last = callbacks[-1]
    assert set(last) == {
        "AccountSid",
        "CallSid",
        "RecordingSid",
        "RecordingUrl",
        "RecordingStatus",
        "RecordingDuration",
        "RecordingChannels",
        "RecordingStartTime",
        "RecordingSource",
    }
    assert (last["CallSid"], last["RecordingSource"]) == (call.sid, "RecordVerb")
    assert (last["RecordingDuration"], last["RecordingChannels"]) == ("3", "1")
    assert parsedate_to_datetime(last["RecordingStartTime"]).utcoffset() is not None


def test_an_empty_recording_is_absent(tape: ScriptedService, phone: Phone) -> None:
    tape.on(
        "/voice",
        record('recordingStatusCallback="/cb" recordingStatusCallbackEvent="completed absent"'),
    )
    phone.call()
    (fields,) = tape.at("/cb")
    assert fields["RecordingStatus"] == "absent" and fields["ErrorCode"]


LOUD, QUIET = b"\x10\x90" * 80, b"\xff" * 160


@pytest.mark.parametrize(
    ("pieces", "duration"), [([(LOUD, 100)], 2), ([(LOUD, 50), (QUIET, 100), (LOUD, 50)], 4)]
)
def test_live_sound_is_kept_and_its_silence_ends_the_recording(
    tape: ScriptedService, phone: Phone, pieces: list[tuple[bytes, int]], duration: int
) -> None:
    tape.on("/voice", record())

    async def speak(call: Call) -> None:
        await call.handset.listen().until(RecordStarted)
        for frame, count in [*pieces, (QUIET, 400)]:
            for _ in range(count):
                await asyncio.sleep(0.02)
                call.handset.microphone(frame)

    call = phone.call(speak)
    assert ended(call).reason == "silence"
    kept = phone.exchange.recordings[ended(call).recording]
    assert kept.seconds == pytest.approx(duration, abs=0.05)
    assert samples_of(kept.wav()).startswith(decoded(LOUD * 40))


def test_a_silent_microphone_leaves_an_empty_recording(tape: ScriptedService, phone: Phone) -> None:
    tape.on("/voice", record())

    async def breathe(call: Call) -> None:
        await call.handset.listen().until(RecordStarted)
        for _ in range(300):
            await asyncio.sleep(0.02)
            call.handset.microphone(QUIET)

    call = phone.call(breathe)
    assert (ended(call).reason, ended(call).recording) == ("silence", "")
