"""The telephone page with a voice: microphone, sound files, and what a media stream lets hear."""

from __future__ import annotations

import asyncio
import io
import math
import random
import struct
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from aiohttp import web
from axe_playwright_python.base import AXE_SCRIPT
from chromium import ARGS, CHROMIUM, RULES, SERIOUS, SHOTS
from media_peer import MediaPeers, Peer
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from scripted_service import ACCOUNT, TOKEN, ScriptedService, route

from ivr.carrier.audio import samples_of
from ivr.carrier.exchange import Exchange
from ivr.carrier.media.mulaw import FRAME, RATE, decoded
from ivr.carrier.media.voice import spoken_samples
from ivr.carrier.presets import Presets
from ivr.carrier.server import make_app
from ivr.carrier.sid import Sids
from ivr.carrier.transport_wsgi import WsgiTransport

SAID = "um dois três quatro cinco meia sete oito nove"
BEEP = bytes((0x10, 0x90) * 80)
"""A frame of something loud."""
PRESETS = Presets(callers=({"id": "known", "label": "Ana", "number": "+5567999990000"},))
HEARS = """
  window.heard = {pieces: 0, loudest: 0};
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) {
    window.heard.pieces += 1;
    window.heard.loudest = Math.max(window.heard.loudest, ...this.buffer.getChannelData(0));
    return start.apply(this, when);
  };
"""


class Carrier:
    """A carrier and a media server on one loop, in a thread of its own."""

    def __init__(self, service: ScriptedService) -> None:
        self._service = service
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._end: asyncio.Event
        self._served: asyncio.Future[None]
        self.exchange: Exchange
        self.peers: MediaPeers
        self.address = ""

    async def _serve(self, ready: threading.Event) -> None:
        self._end = asyncio.Event()
        self.exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(self._service),
            route=route(),
            sids=Sids(random.Random(7)),
        )
        self.peers = MediaPeers(_talks, token=TOKEN)
        runner = web.AppRunner(make_app(self.exchange, PRESETS))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with self.peers.running():
            ready.set()
            await self._end.wait()
            await runner.cleanup()

    def __enter__(self) -> Carrier:
        self._thread.start()
        ready = threading.Event()
        self._done = asyncio.run_coroutine_threadsafe(self._serve(ready), self._loop)
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._done.result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def peer(self) -> Peer:
        return self.peers.peers[-1]


async def _talks(peer: Peer) -> None:
    """Plays a second of sound, and says that it understood what was loud."""
    await peer.media(BEEP * 50)
    await peer.mark("1-ask")
    await peer.until(lambda: loud(peer.heard) > RATE / 5)
    await peer.mark("ouvi:um dois três")
    await peer.until(lambda: "*" in peer.keys)


def loud(mulaw: bytes) -> int:
    """How many samples are far from silence."""
    return int(np.sum(np.abs(np.frombuffer(decoded(mulaw), dtype="<i2").astype(int)) > 1000))


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Its microphone hears the digits, again and again."""
    file = tmp_path_factory.mktemp("voice") / "digits.wav"
    file.write_bytes(wav_at(48_000, spoken_samples(SAID)))
    launched = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            *ARGS,
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={file}",
            "--host-resolver-rules=MAP carrier 127.0.0.1",
        ],
    )
    yield launched
    launched.close()


def wav_at(rate: int, samples: bytes) -> bytes:
    sound = np.frombuffer(samples, dtype="<i2").astype(np.float32)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(soxr.resample(sound, RATE, rate).astype("<i2").tobytes())
    return content.getvalue()


@pytest.fixture
def carrier(service: ScriptedService) -> Iterator[Carrier]:
    service.on("/turn", "<Hangup/>")
    with Carrier(service) as running:
        yield running
    assert running.peers.complaints == []


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, carrier: Carrier) -> Iterator[Opens]:
    """Opens the page; breaches of its own policy are faults."""
    contexts, faults = [], []

    def opened(*, microphone: bool = True, address: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800},
            permissions=["microphone"] if microphone else [],
        )
        contexts.append(context)
        context.add_init_script(HEARS)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: faults.append(message.text) if "Security" in message.text else None,
        )
        page.goto(address or carrier.address)
        expect(page.locator("#falhas-estado")).to_have_text("Tudo funciona como deve.")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def streams(carrier: Carrier, service: ScriptedService) -> None:
    service.on("/voice", f'<Connect><Stream url="{carrier.peers.url}"/></Connect><Hangup/>')


def until(page: Page, true: Callable[[], bool]) -> None:
    for _ in range(160):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to that")


def serious(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    told: Any = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [each["id"] for each in told["violations"] if each["impact"] in SERIOUS]


def test_what_the_microphone_hears_is_streamed_and_what_was_understood_is_shown(
    carrier: Carrier, service: ScriptedService, opens: Opens
) -> None:
    streams(carrier, service)
    page = opens()
    page.click("#microfone")
    expect(page.locator("#microfone")).to_have_text("Desligar o microfone")
    expect(page.locator("#microfone")).to_have_attribute("aria-pressed", "true")
    page.click("#ligar")
    expect(page.locator("#espera")).to_have_text("Ouve a voz e as teclas")
    expect(page.locator(".bubble.understood p")).to_have_text("um dois três")
    heard = page.evaluate("window.heard")
    assert heard["pieces"] >= 40 and heard["loudest"] > 0.3
    assert page.locator("#nivel").evaluate("meter => meter.value") > 0.05
    assert serious(page) == []
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / "voz-1280.png"))
        page.set_viewport_size({"width": 360, "height": 800})
        page.locator("#microfone").scroll_into_view_if_needed()
        page.screenshot(path=str(Path(SHOTS) / "voz-360.png"))
    page.click("#microfone")
    expect(page.locator("#microfone")).to_have_text("Ligar o microfone")
    page.wait_for_timeout(300)
    before = len(carrier.peer.heard)
    until(page, lambda: len(carrier.peer.heard) >= before + 20 * FRAME)
    assert loud(carrier.peer.heard[before + 5 * FRAME :]) == 0
    page.keyboard.press("*")
    expect(page.locator("#visor-estado")).to_have_text("Ligação encerrada")


def test_a_message_that_is_spoken_into_the_microphone_is_what_is_recorded(
    carrier: Carrier, service: ScriptedService, opens: Opens
) -> None:
    service.on("/voice", '<Gather input="dtmf speech" numDigits="1" action="/rec" timeout="20"/>')
    service.on("/rec", '<Record action="/turn" finishOnKey="#" timeout="5" maxLength="20"/>')
    page = opens()
    page.click("#microfone")
    expect(page.locator("#microfone")).to_have_text("Desligar o microfone")
    page.click("#ligar")
    expect(page.locator("#falas")).to_contain_text("não entende voz")
    page.keyboard.press("1")
    expect(page.locator("#gravando")).to_be_visible()
    page.wait_for_timeout(1800)
    page.keyboard.press("#")
    until(page, lambda: any(r.status == "completed" for r in carrier.exchange.recordings.values()))
    (recording,) = carrier.exchange.recordings.values()
    samples = np.frombuffer(samples_of(recording.wav()), dtype="<i2").astype(float)
    assert 1 < recording.seconds < 5
    assert np.sum(np.abs(samples) > 1000) > RATE / 2
    expect(page.locator("#lista-gravacoes li")).to_have_count(1)


def test_a_sound_file_and_words_that_are_typed_are_spoken_where_a_stream_listens(
    carrier: Carrier, service: ScriptedService, opens: Opens
) -> None:
    streams(carrier, service)
    page = opens(microphone=False)
    expect(page.locator("#arquivo")).to_be_disabled()
    page.click("#ligar")
    expect(page.locator("#espera")).to_have_text("Ouve a voz e as teclas")
    said = spoken_samples("minha senha")
    page.set_input_files(
        "#arquivo",
        {"name": "senha.wav", "mimeType": "audio/wav", "buffer": wav_at(44_100, said)},
    )
    expect(page.locator(".bubble.said p").first).to_contain_text("♪ senha.wav")
    until(page, lambda: loud(carrier.peer.heard) > RATE / 10)
    page.wait_for_timeout(1500)
    assert likeness(decoded(carrier.peer.heard), said) > 0.95
    page.set_input_files(
        "#arquivo", {"name": "x.wav", "mimeType": "audio/wav", "buffer": b"no sound"}
    )
    expect(page.locator("#voz-estado")).to_contain_text("não é um áudio")
    page.fill("#fala-texto", "um dois três quatro cinco")
    page.click("#fala-enviar")
    expect(page.locator(".bubble.understood p")).to_have_text("um dois três")


def likeness(whole: bytes, part: bytes) -> float:
    """The best correlation of a part with any place of the whole."""
    one = np.frombuffer(whole, dtype="<i2").astype(float)
    two = np.frombuffer(part, dtype="<i2").astype(float)
    size = 1 << math.ceil(math.log2(len(one) + len(two)))
    crossed = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(two, size)), size)
    at = int(np.argmax(crossed[: len(one) - len(two) + 1]))
    there = one[at : at + len(two)]
    return float(there @ two / (np.linalg.norm(there) * np.linalg.norm(two)))


def test_a_microphone_that_is_refused_missing_or_taken_is_explained_and_the_keys_still_work(
    carrier: Carrier, service: ScriptedService, opens: Opens
) -> None:
    service.on("/voice", '<Gather numDigits="1" action="/turn" timeout="20"/>')
    page = opens(microphone=False)
    page.click("#microfone")
    expect(page.locator("#voz-estado")).to_contain_text("não tem permissão")
    expect(page.locator("#voz-estado")).to_contain_text("As teclas")
    expect(page.locator("#microfone")).to_have_attribute("aria-pressed", "false")
    for name, words in (
        ("NotFoundError", "Nenhum microfone"),
        ("NotReadableError", "em uso por outro"),
        ("AbortError", "não pôde ser ligado"),
    ):
        page.evaluate(
            """name => {
              const failure = new DOMException("", name);
              navigator.mediaDevices.getUserMedia = () => Promise.reject(failure);
            }""",
            name,
        )
        page.click("#microfone")
        expect(page.locator("#voz-estado")).to_contain_text(words)
        expect(page.locator("#voz-estado")).to_contain_text("As teclas")
    page.click("#ligar")
    expect(page.locator("#espera")).to_be_visible()
    page.keyboard.press("1")
    until(page, lambda: bool(service.at("/turn")))
    assert service.at("/turn")[0]["Digits"] == "1"


def test_a_page_at_an_address_that_is_not_safe_says_where_to_open_it(
    carrier: Carrier, opens: Opens
) -> None:
    port = carrier.address.rpartition(":")[2]
    page = opens(microphone=False, address=f"http://carrier:{port}")
    page.click("#microfone")
    expect(page.locator("#voz-estado")).to_contain_text("http://127.0.0.1")
    expect(page.locator("#ligar")).to_be_enabled()


def test_the_page_makes_the_sound_of_a_telephone_line(opens: Opens) -> None:
    """Resampling lets no high tone fold into speech, and µ-law is as the line reads it."""
    page = opens(microphone=False)
    codes = page.evaluate(
        """async () => {
          const { Resampler, encode } = await import("/phone/static/telephone-sound.js");
          const tone = (hertz) => Float32Array.from(
            { length: 48000 }, (_, at) => 0.4 * Math.sin((2 * Math.PI * hertz * at) / 48000));
          return [1000, 6000].map((hertz) => {
            const made = [], resampler = new Resampler(48000), whole = tone(hertz);
            for (let at = 0; at < whole.length; at += 128) {
              made.push(...resampler.add(whole.subarray(at, at + 128)));
            }
            return made.map(encode);
          });
        }"""
    )
    one, six = (
        np.frombuffer(decoded(bytes(each)), dtype="<i2")[400:7600].astype(float) for each in codes
    )
    assert abs(len(codes[0]) - RATE) < 50
    assert int(np.argmax(np.abs(np.fft.rfft(one)))) == round(1000 * len(one) / RATE)
    assert np.sqrt(np.mean(one**2)) == pytest.approx(0.4 * 32767 / math.sqrt(2), rel=0.05)
    assert np.sqrt(np.mean(six**2)) < 0.02 * np.sqrt(np.mean(one**2))
    law = page.evaluate(
        """async () => {
          const { encode, decode } = await import("/phone/static/telephone-sound.js");
          const all = Array.from({ length: 256 }, (_, code) => code);
          return [all.map((code) => Math.round(decode(code) * 32768)), all.map(decode).map(encode)];
        }"""
    )
    assert law[0] == list(struct.unpack("<256h", decoded(bytes(range(256)))))
    assert [code for code in range(256) if law[1][code] != code] == [0x7F]
