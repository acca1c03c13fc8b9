"""The terminal as a program, against the carrier's own interface over sockets."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer, unused_port
from media_peer import MediaPeers, Peer
from scripted_service import ACCOUNT, DESK, TOKEN, Reply, ScriptedService, route

from ivr.carrier.exchange import Exchange
from ivr.carrier.media.voice import can_speak
from ivr.carrier.presets import Presets
from ivr.carrier.script import read_script
from ivr.carrier.server import make_app
from ivr.carrier.sid import Sids
from ivr.carrier.transport_wsgi import WsgiTransport

ROOT = Path(__file__).parents[3]
PYTHON = sys.executable
ANA = {
    "key": "ana",
    "name": "Ana Demonstração",
    "cpf": "12345678909",
    "pin": "80264917",
    "mobile": "+5567999990001",
}
BENTO = {**ANA, "key": "bento", "cpf": "11144477735", "mobile": "+5567999990002"}
PRESETS = Presets(
    people=(ANA, BENTO),
    callers=({"id": "known", "label": "Ana", "number": ANA["mobile"]},),
)
TEXTS = {
    "main.menu": "Para a senha, tecle 1.",
    "main.number~0": "Seu protocolo é",
    "v.digit.1": "um",
    "v.digit.2": "dois",
    "verify.pin": "Digite a senha do telefone.",
    "verify.code": "Digite o código.",
    "bye.thanks": "Obrigado.",
}
STORY = """
story = "A caller proves who she is and is thanked"
person = "ana"
[[steps]]
hears = ["main.number", "main.menu"]
press = "1"
[[steps]]
hears = ["verify.pin"]
press = "{pin}#"
[[steps]]
hears = ["verify.code"]
press = "{sms_code}"
[ends]
by = "system"
hears = ["bye.thanks"]
sms = ["codigo"]
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


def play(*pieces: str) -> str:
    return "".join(f"<Play>/prompts/{piece}.wav</Play>" for piece in pieces)


@pytest.fixture
def desk(service: ScriptedService) -> ScriptedService:
    for piece in TEXTS:
        service.sound(f"/prompts/{piece}.wav", 0.05)
    manifest = json.dumps({piece: {"text": text, "seconds": 0.05} for piece, text in TEXTS.items()})
    service.on("/prompts/manifest.json", Reply(manifest, kind="application/json"))
    number = play("main.number~0", "v.digit.1", "v.digit.2", "main.menu")
    service.on("/voice", f'<Gather numDigits="1" action="/pin">{number}</Gather>')
    service.on("/pin", f'<Gather finishOnKey="#" action="/code">{play("verify.pin")}</Gather>')
    service.on("/code", f'<Gather numDigits="6" action="/bye">{play("verify.code")}</Gather>')
    service.on("/bye", play("bye.thanks"))
    return service


async def terminal(*words: str, stdin: str = "", seconds: float = 60) -> Ran:
    process = await asyncio.create_subprocess_exec(
        PYTHON,
        "-m",
        "ivr.carrier.terminal",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ran(process.returncode or 0, out.decode(), err.decode())


Work = Callable[[TestServer, Exchange], Awaitable[Any]]


def with_carrier(service: ScriptedService, work: Work) -> Any:
    """Run ``work`` beside a carrier on a socket; a code goes to Ana when her PIN has come."""

    async def running() -> Any:
        exchange = Exchange(
            account_sid=ACCOUNT,
            token=TOKEN,
            transport=WsgiTransport(service),
            route=route(),
            sids=Sids(random.Random(7)),
        )

        def watch(seen: Any) -> None:
            if seen.path == "/code":
                body = "Suporte MS: codigo 123456"
                exchange.inbox.send(from_=DESK, to=ANA["mobile"], body=body)

        service.watch = watch
        server = TestServer(make_app(exchange, PRESETS))
        await server.start_server()
        try:
            return await work(server, exchange)
        finally:
            await server.close()

    return asyncio.run(running())


def run(service: ScriptedService, *words: str, stdin: str = "") -> Ran:
    async def work(server: TestServer, exchange: Exchange) -> Ran:
        return await terminal("--api", str(server.make_url("")), *words, stdin=stdin)

    ran = with_carrier(service, work)
    assert isinstance(ran, Ran)
    return ran


def script_file(folder: Path, text: str = STORY) -> Path:
    file = folder / "story.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_call_by_hand_shows_each_utterance_on_a_line(desk: ScriptedService) -> None:
    ran = run(desk, stdin="1\n{pin}#\n{sms_code}\n")
    assert ran.code == 0, ran.err
    said = [line for line in ran.lines if line.startswith(("URA>", "SMS>"))]
    sms = "SMS> Suporte MS: codigo 123456"
    assert sms in said
    said.remove(sms)
    assert said == [
        "URA> Seu protocolo é um dois [main.number]",
        "URA> Para a senha, tecle 1. [main.menu]",
        "URA> Digite a senha do telefone. [verify.pin]",
        "URA> Digite o código. [verify.code]",
        "URA> Obrigado. [bye.thanks]",
    ]
    assert ran.lines[-1] == "  · desligou: a central"
    assert desk.at("/code")[0]["Digits"] == ANA["pin"]
    assert desk.at("/bye")[0]["Digits"] == "123456"


def test_saying_nothing_speech_and_hanging_up_by_hand(desk: ScriptedService) -> None:
    gather = '<Gather input="dtmf speech" speechTimeout="1" timeout="1" action="/turn"/>'
    desk.on("/voice", f"{gather}<Redirect>/voice</Redirect>")
    desk.on("/turn", f'{play("main.menu")}<Gather timeout="20"/>')
    ran = run(desk, stdin="fala: minha senha @0,62\ndesligar\n")
    assert ran.code == 0, ran.err
    (turn, *_) = desk.at("/turn")
    assert (turn["SpeechResult"], turn["Confidence"]) == ("minha senha", "0.62")
    assert "  · desligou: quem ligou" in ran.lines


def test_the_end_of_a_pipe_hangs_up(desk: ScriptedService) -> None:
    desk.on("/voice", '<Gather timeout="1" action="/pin"/><Pause length="60"/>')
    ran = run(desk, stdin="")
    assert ran.code == 0
    assert ran.lines[-1] == "  · desligou: quem ligou"


def test_json_is_one_object_a_line_without_keys_or_tokens(desk: ScriptedService) -> None:
    desk.sound("/audio/secret/tok-en.wav", 0.05)
    desk.on("/bye", "<Play>/audio/secret/tok-en.wav</Play>")
    ran = run(desk, "--json", stdin="1\n{pin}#\n{sms_code}\n")
    assert ran.code == 0, ran.err
    names = {each["event"] for each in ran.objects}
    assert {"utterance", "sms", "gather_ended", "hung_up", "line_closed", "note"} <= names
    dots = [each for each in ran.objects if each["event"] == "utterance"][-1]
    assert dots == {"event": "utterance", "prompt": "", "text": "• • • • • • • •"}
    assert "tok-en" not in ran.out
    assert str(ANA["pin"]) not in ran.out


def test_a_call_that_is_saved_is_a_script_that_comes_true(
    desk: ScriptedService, tmp_path: Path
) -> None:
    file = tmp_path / "saved.toml"
    keys = f"1\n{ANA['pin']}#\n{{sms_code}}\n"
    ran = run(desk, stdin=f"{keys}/salvar {file}\n/salvar {file}\n")
    assert f"  · roteiro guardado em {file}" in ran.lines
    assert f"  · {file} já existe; escolha outro nome." in ran.lines
    text = file.read_text("utf-8")
    assert str(ANA["pin"]) not in text
    assert "123456" not in text
    script = read_script(file)
    assert (script.person, script.caller) == ("ana", "")
    assert [step.press for step in script.steps][:3] == ["1", "{pin}#", "{sms_code}"]
    desk.seen.clear()
    again = run(desk, "--script", str(file))
    assert again.code == 0, again.out
    assert desk.at("/code")[0]["Digits"] == ANA["pin"]


def test_a_script_that_comes_true_gets_a_check_mark_a_step(
    desk: ScriptedService, tmp_path: Path
) -> None:
    text = STORY.replace("[[steps]]", "at = 2026-11-26T02:00:00Z\n[[steps]]", 1)
    ran = run(desk, "--script", str(script_file(tmp_path, text)))
    assert ran.code == 0, ran.out + ran.err
    assert ran.lines[1:] == [
        "  · at = 2026-11-26T02:00:00+00:00 só vale nos testes: aqui é agora",
        "  ✓ passo 1: ouviu main.number, main.menu",
        "  ✓ passo 2: ouviu verify.pin",
        "  ✓ passo 3: ouviu verify.code",
        "  ✓ fim: ouviu bye.thanks",
        "1 de 1: tudo como o roteiro diz",
    ]


def test_a_script_that_does_not_come_true_exits_with_1(
    desk: ScriptedService, tmp_path: Path
) -> None:
    wrong = STORY.replace('hears = ["verify.pin"]', 'hears = ["verify.voice"]\nwithin = 1')
    ran = run(desk, "--json", "--script", str(script_file(tmp_path, wrong)))
    assert ran.code == 1
    steps = [each for each in ran.objects if each["event"] == "step"]
    assert [each["ok"] for each in steps] == [True, False]
    assert steps[1]["problem"] == (
        "step 2: expected to hear verify.voice; heard verify.pin within 1 s"
    )
    assert ran.objects[-1]["ok"] is False


def test_bad_files_exit_with_2_before_anybody_dials(desk: ScriptedService, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("story = ", "utf-8")
    ran = run(desk, "--script", str(broken), str(tmp_path / "none.toml"))
    assert ran.code == 2
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["broken.toml", "none.toml"]
    assert desk.seen == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"ana"', '"zoe"'), "'zoe' is none of: ana, bento"),
        (("[[steps]]", "faults = { rain = true }\n[[steps]]"), "rain"),
    ],
)
def test_a_person_or_a_fault_that_the_carrier_does_not_know_exits_with_2(
    desk: ScriptedService, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    ran = run(desk, "--script", str(script_file(tmp_path, STORY.replace(*change, 1))))
    assert ran.code == 2
    assert said in ran.err
    assert desk.at("/voice") == []


@pytest.mark.parametrize("words", [(), ("--script",)])
def test_no_carrier_exits_with_2_and_says_what_to_do(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    files = [str(script_file(tmp_path))] if words else []
    ran = asyncio.run(terminal("--api", f"http://127.0.0.1:{unused_port()}", *words, *files))
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert "make run" in line
    assert ran.out == ""


def test_a_carrier_that_goes_away_during_a_call_exits_with_2(
    desk: ScriptedService, tmp_path: Path
) -> None:
    desk.on("/pin", "<Pause length='50'/>")

    async def work(server: TestServer, exchange: Exchange) -> Ran:
        started = asyncio.create_task(
            terminal("--api", str(server.make_url("")), "--script", str(script_file(tmp_path)))
        )
        while not desk.at("/pin"):
            await asyncio.sleep(0.05)
        runner = server.runner
        assert runner is not None
        for site in list(runner.sites):
            await site.stop()
        for connection in list(runner.server.connections if runner.server else []):
            if connection.transport is not None:
                connection.transport.abort()
        return await started

    ran = with_carrier(desk, work)
    assert ran.code == 2, ran.out
    assert "make run" in ran.err


def test_who_calls_may_be_a_person_a_number_or_withheld(desk: ScriptedService) -> None:
    callers = []
    for words in ((), ("--from", "bento"), ("--from", "+5567999990098"), ("--from", "withheld")):
        assert run(desk, *words, stdin="desligar\n").code == 0
        callers.append(desk.at("/voice")[-1]["From"])
    assert callers[:3] == [ANA["mobile"], BENTO["mobile"], "+5567999990098"]
    assert not callers[3].startswith("+5567")
    ran = run(desk, "--from", "zoe")
    assert (ran.code, ran.err) == (2, "Não há pessoa “zoe”; há: ana, bento\n")


def test_on_a_screen_what_is_typed_stays_below_what_is_heard(desk: ScriptedService) -> None:
    desk.on(
        "/voice",
        f'<Gather numDigits="1" timeout="20" action="/pin">{play("main.number~0", "v.digit.1")}'
        "</Gather>",
    )

    async def work(server: TestServer, exchange: Exchange) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            PYTHON,
            "-m",
            "ivr.carrier.terminal",
            "--api",
            str(server.make_url("")),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(theirs)
        shown: list[bytes] = []
        read = asyncio.get_running_loop().run_in_executor(None, _drain, ours, shown)
        await _shows(shown, "é um")
        os.write(ours, b"1\n")
        await _shows(shown, "verify.pin")
        os.write(ours, b"/pessoas\n")
        await _shows(shown, "Ana")
        os.write(ours, b"desligar\n")
        await _shows(shown, "Enter sai")
        os.write(ours, b"\n")
        code = await asyncio.wait_for(process.wait(), 20)
        await read
        os.close(ours)
        return code, b"".join(shown).decode()

    code, shown = with_carrier(desk, work)
    assert code == 0, shown
    assert "\x1b[1A\r\x1b[J" in shown  # the growing utterance is written over itself
    assert shown.count("Enter sai") == 1
    assert len(desk.at("/pin")) == 1


def _drain(descriptor: int, shown: list[bytes]) -> None:
    while True:
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            return
        if not data:
            return
        shown.append(data)


async def _shows(shown: list[bytes], text: str) -> None:
    async with asyncio.timeout(20):
        while text not in b"".join(shown).decode(errors="replace"):
            await asyncio.sleep(0.05)


@pytest.mark.skipif(not can_speak(), reason="espeak-ng is not installed")
def test_words_are_spoken_aloud_where_a_stream_listens(desk: ScriptedService) -> None:
    async def talks(peer: Peer) -> None:
        await peer.media(b"\x10\x90" * 800)
        await peer.mark("1-ask")
        await peer.until(lambda: peer.heard.strip(b"\xff") != b"")
        await peer.mark("ouvi:minha senha")
        await peer.until(lambda: "ouvi:minha senha" in peer.marks)

    async def work(server: TestServer, exchange: Exchange) -> Ran:
        async with MediaPeers(talks, token=TOKEN).running() as peers:
            stream = f'<Connect><Stream url="{peers.url}"/></Connect><Hangup/>'
            desk.on("/voice", stream)
            return await terminal("--api", str(server.make_url("")), stdin="fala: minha senha\n")

    ran = with_carrier(desk, work)
    assert ran.code == 0, ran.err
    assert "  · entendeu: minha senha" in ran.lines
    assert ran.lines[-1] == "  · desligou: a central"
