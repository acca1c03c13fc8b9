"""A served desk whose callers are heard by our own engine: webhooks and handshakes, signed."""

from __future__ import annotations

import base64
import itertools
import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from desk import ACCOUNT, TOKEN
from running import BIN, ROOT, free_port
from twilio.request_validator import RequestValidator
from web.media_line import MODEL, Line

from ivr.adapters.db import migrate
from ivr.adapters.db.store import SqlStore
from ivr.bootstrap import open_store_of
from ivr.settings import read_settings

PATH = "/voice/media"
_CALLS = itertools.count(1)


@dataclass
class MediaDesk:
    """``public``: the address that is signed; ``port``: where it listens."""

    port: int
    public: str
    store: SqlStore
    process: subprocess.Popen[bytes]
    log: Path
    lines: list[Line] = field(default_factory=list)

    def post(self, path: str, sid: str, **fields: str) -> str:
        """A signed webhook; the document that answers it."""
        form = {
            "AccountSid": ACCOUNT,
            "CallSid": sid,
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "From": "+5567999990001",
            "To": "+556733183600",
            **fields,
        }
        made = RequestValidator(TOKEN).compute_signature(self.public + path, form)
        request = Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=urlencode(form).encode(),
            headers={"X-Twilio-Signature": made},
        )
        with urlopen(request, timeout=15) as answer:
            return str(answer.read().decode())

    def shake(self, path: str = PATH, **headers: str | None) -> tuple[int, socket.socket]:
        """A handshake, signed as the carrier does unless a header says otherwise; its status."""
        url = "ws" + self.public.removeprefix("http") + path
        given: dict[str, str | None] = {
            "Host": "127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "x-twilio-signature": RequestValidator(TOKEN).compute_signature(url, {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        lines = [f"GET {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in given.items() if value is not None]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            got = sock.recv(1)
            if not got:
                break
            head += got
        return int(head.split()[1]), sock

    def call(self) -> tuple[str, dict[str, str]]:
        """A new call that is to be heard: its id, and the parameters of its stream."""
        sid = f"CA{next(_CALLS):032x}"
        return sid, self.parameters(self.post("/voice/incoming", sid, CallStatus="ringing"))

    def parameters(self, document: str) -> dict[str, str]:
        """The parameters of the stream that a document asks for. Raises AssertionError."""
        assert f'<Stream url="ws{self.public.removeprefix("http")}{PATH}"' in document, document
        return dict(re.findall(r'<Parameter name="(\w)" value="(\w+)"', document))

    def line(self, sid: str, parameters: dict[str, str]) -> Line:
        """A stream of a call, started."""
        status, sock = self.shake()
        assert status == 101
        line = Line(sock, ahead=20)
        self.lines.append(line)
        line.start(accountSid=ACCOUNT, callSid=sid, customParameters=parameters)
        return line

    def stop(self) -> None:
        for line in self.lines:
            line.close()
        self.process.terminate()
        self.process.wait(timeout=15)
        self.store.close()


@contextmanager
def media_desk(
    folder: Path, *, entry: str = "application", threads: int = 4, **settings: str
) -> Iterator[MediaDesk]:
    """A desk over a fresh database, with the prompts that were built."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    var = folder / "var"
    var.mkdir()
    (var / "prompts").symlink_to(ROOT / "var" / "prompts")
    env = {
        "SECRET_KEY": "key-of-the-tests-" + "k" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}",
        "PUBLIC_URL": public,
        "IVR_PIN_COST": "low",
        "IVR_VAR": str(var),
        "IVR_LOG_LEVEL": "INFO",
        "IVR_SPEECH": "vosk",
        "IVR_SPEECH_MODEL": str(MODEL),
        "IVR_MEDIA_SPEED": "1000",
        **settings,
    }
    migrate.upgrade(env["DATABASE_URL"])
    command = [
        str(BIN / "gunicorn"),
        f"wsgi:{entry}",
        f"--bind=127.0.0.1:{port}",
        "--worker-class=gthread",
        f"--threads={threads}",
        "--no-control-socket",
        "--log-level=warning",
    ]
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env}, stdout=out, stderr=out
        )
    desk = MediaDesk(port, public, open_store_of(read_settings(env)), process, log)
    try:
        for _ in range(400):
            assert process.poll() is None, log.read_text("utf-8", "replace")
            with suppress(OSError):
                urlopen(f"{'http://127.0.0.1'}:{port}/healthz", timeout=5).close()
                break
            time.sleep(0.05)
        yield desk
    finally:
        desk.stop()
