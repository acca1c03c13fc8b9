"""The real engine on real recordings, as telephone frames: 20 ms of µ-law at 8 kHz.

The voices are synthetic ones that the test model never learned from. Nothing here tells how it
hears people.
"""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import soxr

from ivr.adapters.speech.recogniser import open_vosk
from ivr.adapters.speech.sound import decode
from ivr.adapters.speech.telephone_wav import mulaw_of, unpack
from ivr.adapters.speech.vosk import VoskRecogniser
from ivr.flow import heard as flow_heard
from ivr.flow.events import Speech
from ivr.ports.speech import Encoding, Grammar, Heard, SpeechError, joined
from ivr.service.flows import read_identifier

SPEECH = Path(__file__).resolve().parents[2] / "fixtures" / "speech"
MODEL = SPEECH / "model-pt-8k-test-only"
SAMPLES = {
    entry["file"]: entry["heard"]
    for entry in json.loads((SPEECH / "samples" / "manifest.json").read_text("utf-8"))
}
FRAME = 160
DIGITS = Grammar(kind="digits", length=11)
COMMANDS = Grammar(kind="words", phrases=("redefinir senha", "chamado", "ajuda"))
YES_NO = Grammar(kind="yes_no")
FREE = Grammar(kind="free")


@pytest.fixture(scope="module")
def engine() -> VoskRecogniser:
    return open_vosk(MODEL, demo=True)


def sound(file: str) -> bytes:
    return mulaw_of((SPEECH / "samples" / file).read_bytes())


def hear(
    engine: VoskRecogniser,
    audio: bytes,
    grammar: Grammar,
    *,
    rate: int = 8000,
    encoding: Encoding = "mulaw",
    frame: int = FRAME,
) -> Heard:
    session = engine.start(grammar=grammar, rate=rate, encoding=encoding)
    try:
        fed = [session.feed(audio[at : at + frame]) for at in range(0, len(audio), frame)]
        return joined([part for part in fed if part and part.final] + [session.finish()])
    finally:
        session.close()


def grammar_for(file: str) -> Grammar:
    if file.startswith(("cpf", "pin")):
        return DIGITS
    return YES_NO if file.startswith(("sim", "nao")) else COMMANDS


@pytest.mark.parametrize("file", sorted(SAMPLES))
def test_each_recording_is_heard_as_it_was_spoken(engine: VoskRecogniser, file: str) -> None:
    found = hear(engine, sound(file), grammar_for(file))
    if SAMPLES[file] == "[unk]":
        assert found.text == "" and found.foreign >= 1
        assert found.event() == Speech(text="", confidence=0.0)
        return
    assert found.text == SAMPLES[file]
    assert found.foreign == 0
    if found.text:
        assert found.confidence is not None and 0.5 < found.confidence <= 1
        assert [word.text for word in found.words] == found.text.split()
        starts = [word.start for word in found.words]
        assert starts == sorted(starts) and starts[0] >= 0
    else:
        assert found.event() is None


def test_the_spoken_cpf_becomes_the_number_of_a_person(engine: VoskRecogniser) -> None:
    event = hear(engine, sound("cpf_f4.wav"), DIGITS).event()
    assert event is not None
    read = flow_heard.choose(flow_heard.identifier_readings(event.text), read_identifier)
    assert (read.kind, read.number) == ("cpf", "12345678909")


def test_free_speech_is_heard_without_a_grammar(engine: VoskRecogniser) -> None:
    assert hear(engine, sound("redefinir_adam.wav"), FREE).text == "redefinir senha"


def test_frames_of_any_size_and_repeats_give_the_same_words(engine: VoskRecogniser) -> None:
    audio = sound("cpf_f4.wav")
    told = {hear(engine, audio, DIGITS, frame=size) for size in (160, 160, 77, 4000)}
    assert {each.text for each in told} == {SAMPLES["cpf_f4.wav"]}


def test_partial_words_come_while_the_caller_speaks_and_a_final_result_at_the_end(
    engine: VoskRecogniser,
) -> None:
    session = engine.start(grammar=DIGITS, rate=8000)
    audio = sound("cpf_f4.wav") + b"\xff" * 8000
    told = [session.feed(audio[at : at + FRAME]) for at in range(0, len(audio), FRAME)]
    session.close()
    results = [each for each in told if each]
    assert not results[0].final
    assert [each.text for each in results if each.final] == [SAMPLES["cpf_f4.wav"]]
    partial = [each.text for each in results if not each.final]
    assert all(one != other for one, other in zip(partial, partial[1:], strict=False))


def test_audio_of_another_rate_is_resampled_to_the_models(engine: VoskRecogniser) -> None:
    narrow = decode(unpack((SPEECH / "samples" / "cpf_f4.wav").read_bytes()))
    wide = soxr.resample(narrow, 8000, 16000)
    pcm = np.clip(wide * 32767, -32768, 32767).astype("<i2").tobytes()
    found = hear(engine, pcm, DIGITS, rate=16000, encoding="pcm16", frame=641)
    assert found.text == SAMPLES["cpf_f4.wav"]


def test_mulaw_is_decoded_and_would_not_be_understood_as_raw_samples(
    engine: VoskRecogniser,
) -> None:
    audio = sound("cpf_f4.wav")
    assert hear(engine, audio, DIGITS, encoding="pcm16").text != SAMPLES["cpf_f4.wav"]
    assert hear(engine, audio, DIGITS).text == SAMPLES["cpf_f4.wav"]


def test_a_closed_listening_refuses_audio_and_gives_its_place_back(engine: VoskRecogniser) -> None:
    before = engine.open_sessions
    session = engine.start(grammar=YES_NO, rate=8000)
    assert engine.open_sessions == before + 1
    session.close()
    session.close()
    assert engine.open_sessions == before
    with pytest.raises(SpeechError, match="closed"):
        session.feed(b"\xff" * FRAME)
    with pytest.raises(SpeechError, match="closed"):
        session.finish()


def test_a_process_listens_to_a_bounded_number_of_calls(engine: VoskRecogniser) -> None:
    small = VoskRecogniser(engine.folder, most_sessions=1)
    first = small.start(grammar=YES_NO, rate=8000)
    with pytest.raises(SpeechError, match="too many"):
        small.start(grammar=YES_NO, rate=8000)
    first.close()
    small.start(grammar=YES_NO, rate=8000).close()


@pytest.mark.parametrize("rate", [0, -1, 7999, 10**9])
def test_a_rate_that_no_line_has_is_refused(engine: VoskRecogniser, rate: int) -> None:
    before = engine.open_sessions
    with pytest.raises(SpeechError, match="rate"):
        engine.start(grammar=YES_NO, rate=rate)
    assert engine.open_sessions == before


def test_a_frame_as_long_as_a_file_is_refused(engine: VoskRecogniser) -> None:
    session = engine.start(grammar=YES_NO, rate=8000)
    with pytest.raises(SpeechError, match="too long"):
        session.feed(b"\xff" * 70_000)
    session.close()


def test_two_threads_take_turns_in_one_listening(engine: VoskRecogniser) -> None:
    session = engine.start(grammar=DIGITS, rate=8000)
    audio = sound("cpf_f4.wav")

    def feed() -> None:
        for at in range(0, len(audio), FRAME):
            session.feed(audio[at : at + FRAME])

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert isinstance(session.finish(), Heard)
    session.close()


def test_the_engine_is_never_called_on_an_event_loop(engine: VoskRecogniser) -> None:
    async def on_the_loop() -> None:
        with pytest.raises(SpeechError, match="event loop"):
            engine.start(grammar=DIGITS, rate=8000)

    asyncio.run(on_the_loop())
