"""Callers on media streams in real time, from a process of their own: ``python -m
tools.bench.media_load COUNT SECONDS`` prints what they met as JSON.

A caller speaks into each prompt after two seconds of it, and waits for the next one. Frames go out
every 20 ms; marks come back when what was sent would have been played.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import selectors
import socket
import sys
import time
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from twilio.request_validator import RequestValidator

from ivr.adapters.speech.telephone_wav import mulaw_of
from tools.bench.turn_rate import ACCOUNT, PORT, PUBLIC, ROOT, TOKEN, signed

MEDIA_PORT = PORT + 1
SAMPLES = ROOT / "tests" / "fixtures" / "speech" / "samples"
SCRIPT = ("repetir_m8", "redefinir_adam", "cpf_f4")
AFTERWARDS = "repetir_m8"
FRAME = 160
INTO_PROMPT = 100
"""Frames of a prompt that the caller lets pass."""
SLOTS = 10
"""Parts of 20 ms over which the lines spread their frames."""
OPENING = 2
"""Times 20 ms between the beginnings of two lines."""


@cache
def frames_of(name: str) -> tuple[list[str], int]:
    """Payloads of a recording, and how many of them come until its speech ends."""
    sound = mulaw_of((SAMPLES / f"{name}.wav").read_bytes())
    cuts = [sound[at : at + FRAME].ljust(FRAME, b"\xff") for at in range(0, len(sound), FRAME)]
    loudness = [sum((~b >> 4) & 7 for b in cut) for cut in cuts]
    loud = [at for at, each in enumerate(loudness) if each > max(loudness) / 4]
    return [base64.b64encode(cut).decode() for cut in cuts], loud[-1] + 1


SILENCE = base64.b64encode(b"\xff" * FRAME).decode()


@dataclass
class Caller:
    """One line. ``said``: what was sent in each turn, for the engine that is measured alone."""

    sid: str
    stream: str
    sock: socket.socket
    sequence: int = 1
    chunk: int = 0
    turns: int = 0
    waited: int = 0
    prompt: bool = False
    payloads: list[str] = field(default_factory=list)
    voiced: int = 0
    spoken_at: float = 0.0
    late: list[float] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=lambda: [[]])
    playing_until: float = 0.0
    marks: list[tuple[float, str]] = field(default_factory=list)
    buffer: bytes = b""
    ended: bool = False
    code: int = 1006
    """Why the stream was closed: 1000 when its call went on to something else."""

    def tick(self, now: float) -> None:
        """20 ms went by."""
        while self.marks and self.marks[0][0] <= now:
            self._echo(self.marks.pop(0)[1])
        if not self.payloads and self.prompt:
            self.waited += 1
            if self.waited > INTO_PROMPT:
                name = SCRIPT[self.turns] if self.turns < len(SCRIPT) else AFTERWARDS
                frames, self.voiced = frames_of(name)
                self.payloads = list(frames)
                self.turns, self.waited, self.prompt = self.turns + 1, 0, False
        payload = self.payloads.pop(0) if self.payloads else SILENCE
        self.said[-1].append(payload)
        self.sequence += 1
        self.chunk += 1
        self._send(
            f'{{"event":"media","sequenceNumber":"{self.sequence}","media":{{"track":"inbound",'
            f'"chunk":"{self.chunk}","timestamp":"{self.chunk * 20}","payload":"{payload}"}},'
            f'"streamSid":"{self.stream}"}}'
        )
        if self.voiced:
            self.voiced -= 1
            if not self.voiced:
                self.spoken_at = now

    def read(self, now: float) -> None:
        """Take what came."""
        try:
            data = self.sock.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return
        self.buffer += data
        while len(self.buffer) >= 2:
            head, length = 2, self.buffer[1] & 127
            if length == 126:
                head, length = 4, int.from_bytes(self.buffer[2:4], "big")
            if len(self.buffer) < head + length:
                return
            opcode, text = self.buffer[0] & 15, self.buffer[head : head + length]
            self.buffer = self.buffer[head + length :]
            if opcode == 8:
                self.ended, self.code = True, int.from_bytes(text[:2], "big")
                return
            self._take(text, now)

    def _take(self, text: bytes, now: float) -> None:
        if text.startswith(b'{"event":"media"'):
            if self.spoken_at:
                self.late.append(now - self.spoken_at)
                self.spoken_at = 0.0
                self.prompt, self.waited = True, 0
                self.said.append([])
            elif not self.turns:
                self.prompt = True
            sound = (len(text) - 90) * 3 / 4 / 8000
            self.playing_until = max(now, self.playing_until) + sound
        elif text.startswith(b'{"event":"mark"'):
            self.marks.append((max(now, self.playing_until), json.loads(text)["mark"]["name"]))
        elif text.startswith(b'{"event":"clear"'):
            self.playing_until = now
            pending, self.marks = self.marks, []
            for _, name in pending:
                self._echo(name)

    def _echo(self, name: str) -> None:
        self.sequence += 1
        message = {"event": "mark", "sequenceNumber": str(self.sequence)}
        self._send(json.dumps({**message, "streamSid": self.stream, "mark": {"name": name}}))

    def _send(self, text: str) -> None:
        """A masked frame; a mask of zeros leaves the bytes as they are (RFC 6455 §5.3)."""
        data = text.encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2)
        try:
            self.sock.send(b"\x81" + size + b"\0\0\0\0" + data)
        except OSError:
            self.ended = True


def post(path: str, sid: str, **fields: str) -> str:
    """A signed webhook; the document that answers it."""
    asked = signed(path, CallSid=sid, **fields)
    request = urllib.request.Request(
        PUBLIC + asked.path, data=asked.body, headers={"X-Twilio-Signature": asked.signature}
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        return str(answer.read().decode())


def follow(gone: Caller, number: int) -> Caller:
    """What the carrier does after a stream, the end of that call, and the next caller's line."""
    gone.sock.close()
    post("/voice/resume?n=1", gone.sid)
    post("/voice/status", gone.sid, CallStatus="completed")
    return open_line(number)


def open_line(number: int) -> Caller:
    """A call, its stream, and the first two messages."""
    sid, stream = f"CA{number:032x}", f"MZ{number:032x}"
    document = post("/voice/incoming", sid, CallStatus="ringing")
    given = dict(re.findall(r'<Parameter name="(\w)" value="(\w+)"', document))
    url = "ws" + PUBLIC.removeprefix("http") + "/voice/media"
    sock = socket.create_connection(("127.0.0.1", MEDIA_PORT), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    sock.sendall(
        (
            "GET /voice/media HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"x-twilio-signature: {RequestValidator(TOKEN).compute_signature(url, {})}\r\n\r\n"
        ).encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        got = sock.recv(4096)
        if not got:
            raise SystemExit(f"no stream: {head!r}")
        head += got
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise SystemExit(head.decode())
    caller = Caller(sid, stream, sock, buffer=head.split(b"\r\n\r\n", 1)[1])
    caller._send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    start = {
        "streamSid": stream,
        "accountSid": ACCOUNT,
        "callSid": sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": given,
    }
    message = {"event": "start", "sequenceNumber": "1", "streamSid": stream, "start": start}
    caller._send(json.dumps(message))
    sock.setblocking(False)
    return caller


def drive(count: int, seconds: float, ready: Path) -> dict[str, object]:
    """Open the lines one after another, talk, and tell. ``ready`` is made when all are open."""
    callers: list[Caller] = []
    lines: list[Caller] = []
    coming: list[Future[Caller]] = []
    watch = selectors.DefaultSelector()
    clerks = ThreadPoolExecutor(4)
    began = time.perf_counter()
    end = float("inf")
    slot = 0
    behind = 0.0
    while time.perf_counter() < end:
        due = began + slot * 0.02 / SLOTS
        now = time.perf_counter()
        behind = max(behind, now - due)
        for key, _ in watch.select(max(0.0, due - now)):
            key.data.read(time.perf_counter())
        now = time.perf_counter()
        if now < due:
            continue
        for caller in lines[slot % SLOTS :: SLOTS]:
            caller.tick(now)
        slot += 1
        if slot % SLOTS:
            continue
        for gone in [caller for caller in lines if caller.ended]:
            lines.remove(gone)
            watch.unregister(gone.sock)
            coming.append(clerks.submit(follow, gone, len(callers) + len(coming) + 1))
        if len(callers) + len(coming) < count and slot % (SLOTS * OPENING) == 0:
            coming.append(clerks.submit(open_line, len(callers) + len(coming) + 1))
        for each in [one for one in coming if one.done()]:
            coming.remove(each)
            caller = each.result()
            watch.register(caller.sock, selectors.EVENT_READ, caller)
            callers.append(caller)
            lines.append(caller)
            if len(callers) == count and end == float("inf"):
                behind = 0.0
                ready.touch()
                end = now + seconds
    clerks.shutdown(cancel_futures=True)
    names: dict[str, int] = {}
    return {
        "late": [each for caller in callers for each in caller.late],
        "lost": sum(caller.ended and caller.code != 1000 for caller in callers),
        "calls": len(callers),
        "frames": sum(caller.chunk for caller in callers),
        "behind": behind,
        "said": [
            [[names.setdefault(payload, len(names)) for payload in turn] for turn in caller.said]
            for caller in callers
        ],
        "payloads": list(names),
    }


if __name__ == "__main__":
    told = drive(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write(json.dumps(told))
