"""µ-law, noise, a synthetic voice, and prompts that are known by their sound."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier.audio import samples_of, silence, wav
from ivr.carrier.clock import run_virtual
from ivr.carrier.media.caller_voice import CallerVoice
from ivr.carrier.media.known import KnownSounds
from ivr.carrier.media.learning import Learning, mulaw_in
from ivr.carrier.media.messages import BadMessage, Clear, Mark, Media, read
from ivr.carrier.media.mulaw import FRAME, RATE, SILENCE, decoded, encoded
from ivr.carrier.media.noise import noisy
from ivr.carrier.media.playback import Playback, Run
from ivr.carrier.media.voice import CannotSpeak, can_speak, spoken_samples
from ivr.carrier.transport import ConnectFailed, HttpRequest, HttpResponse

STREAM = "MZ" + "0" * 32
SPEAKS = pytest.mark.skipif(not can_speak(), reason="espeak-ng is not installed")


def shorts(samples: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(samples) // 2}h", samples))


def test_mu_law_values_are_those_of_the_recommendation() -> None:
    codes = bytes((0xFF, 0x7F, 0x80, 0x00, 0xD5, 0x2A))
    assert shorts(decoded(codes)) == [0, 0, 32124, -32124, 716, -5372]
    assert encoded(silence(0.02)) == SILENCE * FRAME


@given(st.binary(max_size=400))
def test_decoding_loses_nothing_but_the_sign_of_zero(mulaw: bytes) -> None:
    assert encoded(decoded(mulaw)) == mulaw.replace(b"\x7f", b"\xff")


@given(st.integers(-32768, 32767))
def test_a_sample_comes_back_within_a_step(sample: int) -> None:
    (back,) = shorts(decoded(encoded(struct.pack("<h", sample))))
    assert abs(back - sample) <= max(16, abs(sample) // 16 + 1) + 600 * (abs(sample) > 32124)


@pytest.mark.parametrize("snr", [0.0, 10.0, 20.0])
def test_noise_has_the_strength_that_is_stated(snr: float) -> None:
    tone = (8000 * np.sin(np.arange(RATE) / 4)).astype("<i2").tobytes()
    mixed = np.frombuffer(noisy(tone, snr=snr, lead=0.5, tail=0.5), dtype="<i2").astype(float)
    assert len(mixed) == 2 * RATE
    noise = mixed[: RATE // 2]
    strength = 20 * np.log10(8000 / np.sqrt(2) / np.sqrt(np.mean(noise**2)))
    assert strength == pytest.approx(snr, abs=0.7)
    assert noisy(tone, snr=snr, seed=7) == noisy(tone, snr=snr, seed=7)
    assert noisy(tone, snr=snr, seed=7) != noisy(tone, snr=snr, seed=8)


def test_noise_of_nothing_is_nothing() -> None:
    assert noisy(silence(0.5), snr=10, lead=0, tail=0) == silence(0.5)


@SPEAKS
def test_the_synthetic_voice_spells_numbers_and_speaks_at_the_rate_of_a_telephone() -> None:
    spelled, number = spoken_samples("12345678909"), spoken_samples("12")
    assert 3 < len(spelled) / 2 / RATE < 9
    assert len(number) < len(spelled) / 3
    assert max(map(abs, shorts(spelled))) == pytest.approx(12_000, abs=5)
    assert spoken_samples("sim", "pt-br+f4") != spoken_samples("sim")


@SPEAKS
@pytest.mark.parametrize("voice", ["", "../etc", "-v", "xx-none"])
def test_a_voice_that_is_none_is_refused(voice: str) -> None:
    with pytest.raises(CannotSpeak):
        spoken_samples("sim", voice)


ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from([STREAM, "/w==", "clear"]),
    lambda inside: (
        st.lists(inside, max_size=2)
        | st.dictionaries(st.sampled_from(["payload", "name", "x"]), inside, max_size=2)
    ),
    max_leaves=4,
)
MESSAGES = st.fixed_dictionaries(
    {"event": st.sampled_from(["media", "mark", "clear", "stop"]) | ANY},
    optional={"streamSid": st.just(STREAM) | ANY, "media": ANY, "mark": ANY, "clear": ANY},
)


@given(st.text(max_size=80) | MESSAGES.map(json.dumps))
def test_whatever_a_server_sends_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadMessage):
        assert isinstance(read(text, stream=STREAM), Media | Mark | Clear)


@given(st.lists(st.binary(min_size=1, max_size=900), max_size=12))
def test_everything_that_is_sent_is_played_once_and_in_order(pieces: list[bytes]) -> None:
    runs: list[Run] = []
    playback = Playback(
        known=KnownSounds({"one": b"\x01" * 900}), began=runs.append, ended=lambda *_: None
    )
    for number, piece in enumerate(pieces):
        playback.add(piece)
        playback.mark(str(number))
    heard, marks = b"", []
    for _ in range(200):
        heard += playback.frame()
        marks += playback.reached()
    assert heard == b"".join(pieces)
    assert marks == [str(number) for number in range(len(pieces))]
    assert playback.seconds == 0


def test_a_prompt_is_known_before_all_of_it_has_come() -> None:
    sound = bytes(range(250)) * 20
    known = KnownSounds({"a": sound, "b": sound[:900] + b"\x01" * 900, "c": sound[:3000]})
    assert [found.url for found in [known.find([sound[:1600]])] if found] == ["a"]
    assert [found.url for found in [known.find([sound[:3000], b"\x05" * 500])] if found] == ["c"]
    assert known.find([sound[:400]]) is None
    assert known.find([b"\x05" * 4000]) is None


def test_live_sound_waits_until_it_flows_and_never_grows_old() -> None:
    voice = CallerVoice()
    voice.hear(b"\x01" * 2 * FRAME)
    assert voice.frame() == SILENCE * FRAME
    voice.hear(b"\x01" * FRAME)
    assert [voice.frame() for _ in range(3)] == [b"\x01" * FRAME] * 3
    assert voice.frame() == SILENCE * FRAME
    voice.hear(b"\x02" * RATE)
    played = [voice.frame() for _ in range(50)]
    assert sum(frame == b"\x02" * FRAME for frame in played) == 3


class Files:
    """A service with a list of prompts and their files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    async def send(self, request: HttpRequest, *, connect: float, read: float) -> HttpResponse:
        await asyncio.sleep(0.01)
        body = self.files.get(request.url.removeprefix("http://ivr.test"))
        if body == b"gone":
            raise ConnectFailed("gone")
        return HttpResponse(status=200 if body is not None else 404, body=body or b"")

    async def close(self) -> None:
        return None


def learned(files: dict[str, bytes]) -> KnownSounds:
    known = KnownSounds()

    async def work() -> None:
        learning = Learning(
            transport=Files(files), service="http://ivr.test/voice/incoming?x=1", known=known
        )
        await learning.ready()
        await learning.ready()
        await learning.stop()

    run_virtual(work(), start=datetime(2026, 3, 2, tzinfo=UTC))
    return known


def test_the_services_prompts_are_learned_and_bad_files_left_out() -> None:
    loud = (b"\x00\x10" * 200) + (b"\x00\xf0" * 700)
    files = {
        "/prompts/manifest.json": json.dumps(dict.fromkeys(["a~0", "b", "c", "d"], {})).encode(),
        "/prompts/a~0.wav": wav(loud),
        "/prompts/b.wav": b"no sound",
        "/prompts/d.wav": b"gone",
    }
    known = learned(files)
    assert "http://ivr.test/prompts/a~0.wav" in known
    assert "http://ivr.test/prompts/b.wav" not in known
    found = known.find([encoded(loud)])
    assert found is not None and found.length == len(loud) // 2


@pytest.mark.parametrize("manifest", [b"", b"[]", b"gone", b"{", b"null"])
def test_a_service_without_a_list_teaches_nothing(manifest: bytes) -> None:
    assert learned({"/prompts/manifest.json": manifest}).find([b"\x01" * 900]) is None


def test_a_telephone_wav_is_read_in_both_forms() -> None:
    samples = struct.pack("<4h", 0, 1000, -1000, 32000)
    assert mulaw_in(wav(samples)) == encoded(samples)
    assert samples_of(wav(samples)) == samples
    head = struct.pack("<HHIIHH", 7, 1, RATE, RATE, 1, 8)
    sound = b"data" + struct.pack("<I", 3) + b"\x01\x02\x03"
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + sound
    assert mulaw_in(b"RIFF" + struct.pack("<I", len(body)) + body) == b"\x01\x02\x03"
    assert mulaw_in(b"") == mulaw_in(b"RIFF....WAVE") == b""
