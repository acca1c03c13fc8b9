"""Media streams with the real engine on real recordings, over real sockets."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from web.media_line import MODEL, Line, ScriptedTurns, gather, sample, service, tone

from ivr.adapters.speech.recogniser import open_vosk
from ivr.adapters.speech.telephone_wav import mulaw_of
from ivr.adapters.speech.vosk import VoskRecogniser
from ivr.adapters.speech.vosk_session import VoskSession
from ivr.flow.events import Digits, NoInput, Speech
from ivr.flow.verbs import Say, Utterance
from ivr.ports.speech import Encoding, Grammar

MUSIC = Path(__file__).resolve().parents[2] / "ivr" / "web" / "static" / "espera.wav"
LONG = (Utterance(prompt="long"),)
YES_NO = gather(hints=("sim", "não"), digits=1)
CPF = gather(digits=11)
MENU = gather(hints=("redefinir senha", "chamado"), digits=1)
CODE = gather(digits=4, secret=True)


@pytest.fixture(scope="module")
def engine() -> VoskRecogniser:
    return open_vosk(MODEL, demo=True)


@pytest.fixture
def listening(engine: VoskRecogniser) -> Iterator[VoskRecogniser]:
    """The engine is freed by its own thread, a moment after the stream has ended."""
    yield engine
    ends = time.monotonic() + 5
    while engine.open_sessions and time.monotonic() < ends:
        time.sleep(0.01)
    assert engine.open_sessions == 0


def answered(line: Line, turns: ScriptedTurns, count: int = 1) -> None:
    line.until(lambda: len(turns.events) >= count)


def heard(turns: ScriptedTurns, at: int = 0) -> str:
    event = turns.events[at]
    assert isinstance(event, Speech), event
    return event.text


def asked(line: Line, turn: int = 3) -> None:
    """Wait until a question was spoken."""
    line.until(lambda: f"{turn}-ask" in line.marks)
    line.hush(600)


def test_a_whole_conversation_is_heard_word_for_word(listening: VoskRecogniser) -> None:
    turns = ScriptedTurns([MENU, CPF, gather(digits=4), YES_NO])
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        for count, file in enumerate(("redefinir_adam", "cpf_f4", "pin_m6", "sim_henrique")):
            asked(line, 3 + count)
            line.say(sample(file))
            answered(line, turns, count + 1)
        assert line.over() == 1000
        assert running.settled()
    assert [heard(turns, n) for n in range(4)] == [
        "redefinir senha",
        "um dois três quatro cinco seis sete oito nove zero nove",
        "cinco meia sete oito",
        "sim",
    ]
    assert all(isinstance(e, Speech) and (e.confidence or 0) > 0.5 for e in turns.events)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("cpf_f4", "um dois três quatro cinco seis sete oito nove zero nove"),
        ("pin_m6", "cinco meia sete oito"),
        ("pin_annie_clean", "zero nove quatro um"),
        ("sim_henrique", "sim"),
        ("nao_pablo", "não"),
        ("atendente_klatt3", "atendente"),
        ("redefinir_adam", "redefinir senha"),
        ("repetir_m8", "repetir"),
        ("oov_linda", ""),
        ("silencio", None),
    ],
)
def test_each_of_the_ten_recordings(
    listening: VoskRecogniser, file: str, words: str | None
) -> None:
    """A foreign word is an input that was not understood; silence is none."""
    question = CPF if file.startswith(("cpf", "pin")) else MENU
    question = YES_NO if file.startswith(("sim", "nao")) else question
    turns = ScriptedTurns([question])
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        asked(line)
        line.say(sample(file))
        answered(line, turns)
        line.over()
        assert running.settled()
    if words is None:
        assert turns.events == [NoInput()]
    else:
        assert heard(turns) == words
        assert words or turns.events == [Speech(text="", confidence=0.0)]


def test_the_prompt_goes_out_whole_and_a_mark_behind_it(listening: VoskRecogniser) -> None:
    turns = ScriptedTurns([YES_NO])
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        line.until(lambda: bool(line.marks))
        assert line.sound == tone("ask")
        assert line.marks == ["3-ask"] and line.clears == 0
        line.say(sample("sim_henrique"))
        line.over()


def test_words_cut_the_prompt(listening: VoskRecogniser) -> None:
    turns = ScriptedTurns([gather(speech=LONG, hints=("sim", "não"))])
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        line.until(lambda: bool(line.sound))
        line.hush(600)
        line.say(sample("nao_pablo"))
        line.until(lambda: line.clears == 1)
        assert line.ms < 5000
        answered(line, turns)
        line.over()
    assert heard(turns) == "não"


def test_mere_noise_does_not_cut_the_prompt(listening: VoskRecogniser) -> None:
    """Breath and rustle, and a word that nobody listens for."""
    noise = random.Random(7)
    rustle = bytes(0x68 + 0x80 * noise.randrange(2) + noise.randrange(24) for _ in range(16_000))
    turns = ScriptedTurns([gather(speech=LONG, hints=("sim", "não"))])
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        line.until(lambda: bool(line.sound))
        line.hush(400)
        line.say(rustle + sample("oov_linda"))
        line.hush(1500)
        assert line.clears == 0 and not turns.events
        line.until(lambda: line.ms > 11_000)
        line.say(sample("sim_henrique"))
        answered(line, turns)
    assert heard(turns) == "sim"


def test_a_key_beats_words_that_have_no_end_yet(listening: VoskRecogniser) -> None:
    turns = ScriptedTurns([CPF])
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        asked(line)
        line.say(sample("cpf_f4")[:16_000])
        for digit in "52998224725":
            line.key(digit)
            line.frame()
        answered(line, turns)
    assert turns.events == [Digits(value="52998224725")]


def test_what_was_listened_to_before_the_question_does_not_count(
    listening: VoskRecogniser,
) -> None:
    """Neither words nor keys during speech that must be heard."""
    turns = ScriptedTurns([YES_NO, YES_NO], says=(Say(speech=LONG),))
    with service(turns, listening) as running:
        line = running.line()
        line.start()
        asked(line)
        line.say(sample("sim_henrique"))
        answered(line, turns)
        line.until(lambda: len(line.sound) > 50_000)
        line.say(sample("nao_pablo"))
        line.key("2")
        line.until(lambda: "4-ask" in line.marks and line.ms > 14_000)
        assert line.clears == 0 and len(turns.events) == 1
        line.say(sample("sim_henrique"))
        answered(line, turns, 2)
    assert (heard(turns, 0), heard(turns, 1)) == ("sim", "sim")


def test_silence_for_ever_is_no_input_after_the_time_that_the_question_gives(
    listening: VoskRecogniser,
) -> None:
    turns = ScriptedTurns([gather(timeout=4), gather(timeout=4)])
    with service(turns, listening) as running:
        line = running.line(ahead=20)
        line.start()
        answered(line, turns, 2)
        assert 9_000 <= line.ms <= 13_000
    assert turns.events == [NoInput(), NoInput()]


def test_music_ends_the_question(listening: VoskRecogniser) -> None:
    music = mulaw_of(MUSIC.read_bytes())
    music *= 1 + 75 * 8000 // len(music)
    turns = ScriptedTurns([CPF])
    with service(turns, listening) as running:
        line = running.line(ahead=100)
        line.start()
        for at in range(0, len(music), 800):
            if turns.events:
                break
            line.say(music[at : at + 800])
        assert turns.events and line.ms < 70_000


class AsPcm:
    """An engine that is told the wrong encoding: what feeding the raw bytes comes to."""

    name, takes_audio = "vosk", True

    def __init__(self, engine: VoskRecogniser) -> None:
        self._engine = engine

    def start(self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw") -> VoskSession:
        return self._engine.start(grammar=grammar, rate=rate, encoding="pcm16")


def test_frames_are_decoded(listening: VoskRecogniser) -> None:
    """The same stream, with µ-law fed as if it were samples, does not hear the number."""
    for engine, right in ((listening, True), (AsPcm(listening), False)):
        turns = ScriptedTurns([gather(digits=4)])
        with service(turns, engine) as running:
            line = running.line()
            line.start()
            asked(line)
            line.say(sample("pin_m6"))
            answered(line, turns)
            line.over()
            assert running.settled()
        event = turns.events[0]
        told = isinstance(event, Speech) and event.text == "cinco meia sete oito"
        assert told is right


@pytest.mark.parametrize("secret", [True, False])
def test_a_code_that_is_spoken_stands_in_no_log_and_no_mark(
    listening: VoskRecogniser, secret: bool
) -> None:
    """The same words, when they are no secret, are shown on the test telephone."""
    turns = ScriptedTurns([gather(digits=4, secret=secret), YES_NO])
    with service(turns, listening, show=True) as running, capture_logs() as logs:
        line = running.line()
        line.start()
        asked(line)
        line.say(sample("pin_m6"))
        answered(line, turns)
        line.until(lambda: "4-ask" in line.marks)
        line.close()
        assert running.settled()
    shown = [m for m in line.marks if m.startswith("ouvi:")]
    assert shown == ["ouvi:•••" if secret else "ouvi:cinco meia sete oito"]
    assert heard(turns) == "cinco meia sete oito"
    assert [entry["event"] for entry in logs] == ["media stream ended"]
    assert "cinco" not in repr(logs) and "5678" not in repr(logs)
    assert "cinco" not in repr(turns.events) and "cinco" not in repr(turns)
