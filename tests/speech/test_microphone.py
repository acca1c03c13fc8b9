"""A browser's microphone all the way: page → carrier → media stream → recogniser → flow → page."""

from __future__ import annotations

import asyncio
import io
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soxr
from aiohttp import web
from chromium import ARGS, CHROMIUM, SHOTS
from desk import people
from playwright.sync_api import expect, sync_playwright
from spoken_desk import SpokenDesk, spoken_desk

from ivr.carrier.exchange import Exchange
from ivr.carrier.media.mulaw import RATE
from ivr.carrier.media.voice import can_speak, spoken_samples
from ivr.carrier.presets import read_presets
from ivr.carrier.server import make_app

pytestmark = pytest.mark.skipif(not can_speak(), reason="espeak-ng is not installed")


@contextmanager
def carrier_of(spoken: SpokenDesk) -> Iterator[str]:
    """Address of a carrier in real time that calls the desk."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[web.AppRunner, str]:
        exchange: Exchange = spoken.exchange()
        presets = read_presets(
            {
                "people": list(people().values()),
                "presets": [{"id": "known", "label": "Ana", "number": "+5567999990098"}],
            }
        )
        runner = web.AppRunner(make_app(exchange, presets))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"

    runner, address = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield address
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def microphone_file(path: Path, text: str) -> Path:
    """What the browser's microphone will hear again and again, with a pause after it."""
    sound = np.frombuffer(spoken_samples(text) + bytes(2 * RATE * 3), dtype="<i2")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(
            soxr.resample(sound.astype(np.float32), RATE, 48_000).astype("<i2").tobytes()
        )
    path.write_bytes(content.getvalue())
    return path


def test_what_is_said_into_the_browser_is_understood_and_shown(tmp_path: Path) -> None:
    file = microphone_file(tmp_path / "voice.wav", "redefinir senha")
    arguments = [
        *ARGS,
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}",
    ]
    with (
        spoken_desk(tmp_path) as spoken,
        carrier_of(spoken) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_context(permissions=["microphone"]).new_page()
        page.goto(address)
        page.click("#microfone")
        expect(page.locator("#microfone")).to_have_text("Desligar o microfone")
        page.click("#ligar")
        understood = page.locator(".bubble.understood p").first
        expect(understood).to_contain_text("redefinir senha", timeout=30_000)
        page.click("#microfone")
        heard = page.locator(".bubble.heard p", has_text="CPF").first
        expect(heard).to_be_visible(timeout=10_000)
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / "voz-de-verdade.png"), full_page=True)
        page.click("#desligar")
        browser.close()
