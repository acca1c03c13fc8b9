"""A telephone call as single signed requests, for tests that send them twice, late or forged.

The desk's clock stands still; move ``desk.clock.at``.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from desk import ACCOUNT, DESK, OPEN, PUBLIC, TOKEN, Desk, make_desk, people
from sqlalchemy import text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from app import create_app
from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.adapters.speech.telephone_wav import pack, silence
from ivr.carrier.clock import VirtualLoop, wall_clock
from ivr.domain.prompts.segments import Static
from ivr.flow.verbs import Utterance
from ivr.settings import ROOT
from ivr.web.factory import start

CALLER = "+5567999990001"
TABLES = (
    "calls", "turns", "journal", "protocol_sequences", "tickets", "recordings", "callbacks",
    "outbox", "proof_attempts", "proof_codes", "pins", "reset_links", "resets", "reset_secrets",
    "account_freezes", "queue_entries", "demo_account", "demo_change",
)  # fmt: skip


MEMORY = Path("/dev/shm")
"""A file system without a disk: a commit costs nothing there."""


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where there is such a thing."""
    if not os.access(MEMORY, os.W_OK):
        yield otherwise
        return
    with TemporaryDirectory(dir=MEMORY, prefix="desk-") as folder:
        yield Path(folder)


@dataclass
class StillClock:
    """The carrier's virtual time while a scenario runs, else ``at``, which only tests move."""

    at: datetime = OPEN

    def now(self) -> datetime:
        try:
            virtual = isinstance(asyncio.get_running_loop(), VirtualLoop)
        except RuntimeError:
            virtual = False
        return wall_clock() if virtual else self.at


def still_desk(folder: Path, *, changes: dict[str, str] | None = None, **overrides: Any) -> Desk:
    """A desk that says its prompts by text and whose clock stands still."""
    clock = StillClock()
    changed = {"IVR_PROMPT_MODE": "say", "IVR_VAR": str(folder / "var"), **(changes or {})}
    desk = make_desk(folder, changes=changed, **{"clock": clock, **overrides})
    desk.clock = clock  # type: ignore[assignment]
    return desk


@dataclass(frozen=True, kw_only=True)
class Post:
    """One request of the carrier."""

    path: str
    fields: Mapping[str, str]

    def send(self, desk: Desk) -> TestResponse:
        return post(desk, self.path, dict(self.fields))


def post(
    desk: Desk,
    path: str,
    fields: Any,
    *,
    token: str = TOKEN,
    signed_path: str = "",
    signature: str | None = "",
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """Send a form. ``signature``: "" makes the right one, None sends none."""
    if signature == "":
        signature = sign(signed_path or path, fields, token=token)
    sent = dict(headers or {})
    if signature is not None:
        sent["X-Twilio-Signature"] = signature
    return desk.app.test_client().post(path, data=fields, headers=sent)


def sign(path: str, fields: Any, *, token: str = TOKEN, origin: str = PUBLIC) -> str:
    return str(RequestValidator(token).compute_signature(origin + path, fields))


def sid_of(name: str) -> str:
    """A call id that tells nothing but its name."""
    return "CA" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


@dataclass
class PhoneLine:
    """One call. ``sent`` and ``heard`` keep every request and every document."""

    desk: Desk
    sid: str
    caller: str = CALLER
    turn: int = 0
    sent: list[Post] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)

    def fields(self, **more: str) -> dict[str, str]:
        return {
            "AccountSid": ACCOUNT,
            "CallSid": self.sid,
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "From": self.caller,
            "To": DESK,
            **more,
        }

    def send(self, path: str, **more: str) -> bytes:
        request = Post(path=path, fields=self.fields(**more))
        answer = request.send(self.desk)
        assert answer.status_code == 200, answer.status
        self.sent.append(request)
        self.heard.append(answer.data)
        found = re.findall(r"/voice/turn\?n=(\d+)", answer.text)
        if found:
            self.turn = int(found[-1])
        return answer.data

    def dial(self) -> bytes:
        return self.send("/voice/incoming")

    def key(self, digits: str, **more: str) -> bytes:
        return self.send(f"/voice/turn?n={self.turn}", Digits=digits, **more)

    def go_on(self, **more: str) -> bytes:
        """Come back without input: a redirect."""
        return self.send(f"/voice/turn?n={self.turn}", **more)

    def hang_up(self) -> bytes:
        return self.send("/voice/status", CallStatus="completed", CallDuration="60")

    @property
    def words(self) -> str:
        """Of the newest document."""
        return words(self.heard[-1])

    def hears(self, prompt: str) -> bool:
        """Whether the newest document speaks this prompt, whatever its values."""
        return speaks(self.desk, self.heard[-1], prompt)


def speaks(desk: Desk, document: bytes, prompt: str) -> bool:
    """Whether the fixed words of a prompt are in a document, in their order."""
    fixed = [s.text for s in desk.rt.prompts.prompts[prompt].segments if isinstance(s, Static)]
    wanted = ".*".join(re.escape(" ".join(text.split())) for text in fixed)
    return re.search(wanted, words(document), re.DOTALL) is not None


def words(document: bytes) -> str:
    return html.unescape(" ".join(re.findall(r"<Say[^>]*>([^<]*)</Say>", document.decode())))


def call(desk: Desk, name: str = "one", *, caller: str = CALLER) -> PhoneLine:
    """A call that has heard the first menu."""
    line = PhoneLine(desk=desk, sid=sid_of(name), caller=caller)
    line.dial()
    return line


def identify(line: PhoneLine, number: str) -> PhoneLine:
    """Through the menu to the question for the PIN."""
    line.key("1")
    line.key(number)
    line.key("1")
    return line


def to_code(line: PhoneLine, who: str = "ana") -> PhoneLine:
    """Identified, right PIN keyed, the code on its way (the worker has run)."""
    person = people()[who]
    identify(line, person["cpf"])
    line.key(person["pin"])
    line.desk.work()
    return line


def prove(line: PhoneLine, who: str = "ana") -> PhoneLine:
    """Verified, at the question for the service."""
    to_code(line, who)
    line.key(line.desk.sms.code())
    return line


def order_reset(line: PhoneLine, delivery: str = "1") -> PhoneLine:
    """Verified already: e-mail, new password, by link (1) or spoken (2). Hears the filler."""
    line.key("1")
    line.key("1")
    line.key(delivery)
    return line


def reset_story(desk: Desk, name: str = "one", *, delivery: str = "1") -> PhoneLine:
    """The whole call of somebody who gets a new password, up to the rating and the end."""
    line = order_reset(prove(call(desk, name)), delivery)
    desk.work()
    line.go_on()
    if delivery == "2":
        line.go_on()
    line.key("5")
    line.hang_up()
    desk.work()
    return line


def later(desk: Desk, **span: float) -> None:
    """Move the desk's clock."""
    desk.clock.at += timedelta(**span)


def counts(desk: Desk, *, without: tuple[str, ...] = ()) -> dict[str, int]:
    """Rows by table."""
    return {table: desk.rows(table) for table in TABLES if table not in without}


def contents(desk: Desk, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in TABLES
            if table not in without
        }


def value_words(desk: Desk, prompt: str, value: str) -> str:
    """What a prompt with one placeholder says in its place."""
    (name,) = desk.rt.prompts.prompts[prompt].placeholders
    before, after = re.split(r"\{[^}]+\}", desk.rt.prompts.prompts[prompt].text)
    whole = desk.rt.prompts.words(Utterance(prompt=prompt, values={name: value}))
    return whole[len(before) : len(whole) - len(after)]


def build_audio_list(folder: Path, pieces: Iterable[str]) -> None:
    """Audio of these pieces with its list: a fifth of a second of silence each."""
    folder.mkdir(parents=True)
    sound = pack(silence(0.2))
    texts = load_catalogue(ROOT / "prompts" / "pt-BR.toml").static_pieces()
    entry = {"sha256": hashlib.sha256(sound).hexdigest(), "key": "k", "seconds": 0.2}
    listed = {p: {**entry, "text": texts.get(p, ""), "source": "tts"} for p in pieces}
    for piece in listed:
        (folder / f"{piece}.wav").write_bytes(sound)
    (folder / "manifest.json").write_text(json.dumps(listed))


def sql(desk: Desk, statement: str) -> None:
    """Change a row behind everybody's back."""
    with desk.rt.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(text(statement))


def same_database(desk: Desk, **overrides: Any) -> Desk:
    """Another process over the database, the clock and the messages of a desk: a restart."""
    app = create_app(desk.settings)
    kept = {"sms": desk.sms, "telephony": desk.telephony, "clock": desk.clock}
    rt = start(
        app,
        desk.settings,
        **{**kept, "offline_journal": desk.rt.offline_journal, **overrides},
    )
    return replace(desk, app=app, rt=rt)


def asks(document: bytes) -> bool:
    """Whether a document listens for an answer; a filler listens for key 0 only, one second."""
    return b"<Gather" in document and b'timeout="1"' not in document
