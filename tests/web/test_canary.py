"""Secrets and personal numbers are in no sink: unusual digits go in, every sink is searched."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from desk import Desk, people
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from web.link_world import csrf_of
from web.phone_line import (
    TABLES,
    PhoneLine,
    call,
    identify,
    later,
    order_reset,
    post,
    prove,
    sql,
    still_desk,
    to_code,
)

from ivr.adapters.pin_hash import PinHasher
from ivr.flow.requests import CheckCode, CheckPin, FindPerson
from ivr.ports.store import StoreUnavailableError
from ivr.service.requests.registry import HANDLERS
from ivr.web.logs import blot_digits

PIN = "7391584626"
WRONG_PIN = "9461375837"
STRANGER = "39053344705"
"""CPF of nobody in any directory."""
CALLER = "+5567981397426"
CALL_BACK = "67983917452"
CHOSEN = "jacarandá trombone girassol"

_WORDS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")


def counted_entropy() -> Any:
    """Unpredictable to the service, the same in every run of the tests."""
    numbers = itertools.count()

    def entropy(nbytes: int, /) -> bytes:
        return hashlib.sha512(f"canary {next(numbers)}".encode()).digest()[:nbytes]

    return entropy


def forms(secret: str) -> dict[str, bytes]:
    """How a secret may look in a sink."""
    raw = secret.encode()
    found = {"plain": raw, "reversed": secret[::-1].encode(), "hex": raw.hex().encode()}
    found["HEX"] = raw.hex().upper().encode()
    found["utf-16"] = secret.encode("utf-16-le")
    found["latin-1"] = secret.encode("latin-1", "replace")
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        clean = encoded[4 if shift else 0 : -4]
        if len(clean) >= 6:
            found[f"base64 +{shift}"] = clean
            found[f"base64url +{shift}"] = clean.translate(bytes.maketrans(b"+/", b"-_"))
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, raw, usedforsecurity=False).digest()
        found[name] = digest.hex().encode()
        found[f"{name} base64"] = base64.b64encode(digest).rstrip(b"=")
        found[f"{name} raw"] = digest
    if secret.isdigit():
        spoken = [_WORDS[int(digit)] for digit in secret]
        found["words"] = " ".join(spoken).encode()
        found["words with meia"] = " ".join(spoken).replace("seis", "meia").encode()
        found["spaced"] = " ".join(secret).encode()
        found["pieces"] = "".join(f"v.digit.{digit}" for digit in secret).encode()
    return found


def plainer(sink: bytes) -> bytes:
    """The sink with words and pieces run together, as a search for them needs it."""
    decoded = html.unescape(sink.decode("utf-8", "replace")).casefold()
    pieces = "".join(re.findall(r"v\.digit\.\d", decoded))
    return " ".join(re.findall(r"[\w]+", decoded)).encode() + b" " + pieces.encode()


def hits(sinks: dict[str, bytes], secrets: dict[str, str]) -> list[tuple[str, str, str]]:
    """Sink, secret and form of every find."""
    found = []
    for sink, content in sinks.items():
        both = content + b"\n" + plainer(content)
        for name, secret in secrets.items():
            found += [
                (sink, name, form) for form, wanted in forms(secret).items() if wanted in both
            ]
    return found


class Sinks:
    """Everything that a desk leaves behind."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.folder = folder
        self.lines: list[PhoneLine] = []
        self.logs = b""
        self.pages: list[bytes] = []

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def columns(self, *, without: tuple[str, ...] = ()) -> dict[str, bytes]:
        found = {}
        with self.desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
            for table in (*TABLES, "flow_revisions"):
                if table not in without:
                    rows = connection.execute(text(f"SELECT * FROM {table}")).fetchall()
                    found[table] = b"\n".join(
                        cell if isinstance(cell, bytes) else str(cell).encode()
                        for row in rows
                        for cell in row
                    )
        return found

    def states(self) -> dict[str, bytes]:
        """What is sealed at rest, opened."""
        found = {}
        for line in self.lines:
            with self.desk.rt.store.begin(write=False) as tx:
                view = tx.calls.view(line.sid, 0)
            if view is not None:
                found[f"state of {line.sid}"] = repr(dict(view.call.state)).encode()
        return found

    def documents(self) -> dict[str, bytes]:
        return {
            f"document {line.sid} {number}": document
            for line in self.lines
            for number, document in enumerate(line.heard)
        }

    def urls(self) -> bytes:
        return "\n".join(request.path for line in self.lines for request in line.sent).encode()

    def everything(self) -> dict[str, bytes]:
        return {
            **self.files(),
            **self.columns(),
            **self.states(),
            **self.documents(),
            "URLs": self.urls(),
            "logs": self.logs,
            "pages": b"\n".join(self.pages),
        }


@pytest.fixture
def sinks(
    quick: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sinks]:
    caplog.set_level(logging.DEBUG)
    desk = still_desk(quick, changes={"IVR_LOG_LEVEL": "DEBUG"}, entropy=counted_entropy())
    account = desk.rt.keyed_hash("cpf", people()["ana"]["cpf"])
    with desk.rt.store.begin() as tx:
        tx.proofs.set_pin(account, PinHasher("low").hash(PIN))
    spelled: list[str] = []

    def spell(_: Any, letters: list[str]) -> bytes:
        spelled.append("".join(letters))
        return b"RIFF"

    monkeypatch.setattr("ivr.web.audio.secret_audio", spell)
    found = Sinks(desk, quick)
    found.spelled = spelled  # type: ignore[attr-defined]
    found.capture = lambda: (  # type: ignore[attr-defined]
        "\n".join(capfd.readouterr()) + caplog.text
    ).encode()
    yield found
    structlog.reset_defaults()


def tell_all_stories(sinks: Sinks) -> dict[str, str]:
    """Every way in which a secret enters the service; the secrets by name."""
    desk = sinks.desk
    secrets = {"PIN": PIN, "wrong PIN": WRONG_PIN, "chosen password": CHOSEN}

    def dial(name: str) -> PhoneLine:
        line = call(desk, name, caller=CALLER)
        sinks.lines.append(line)
        return line

    ana = people()["ana"]
    identify(link := dial("link"), ana["cpf"])
    link.key(WRONG_PIN)
    link.key(PIN, FinishedOnKey="#")
    desk.work()
    secrets["code"] = desk.sms.code()
    link.key(f"{(int(desk.sms.code()) + 1) % 10**6:06d}")
    link.key(desk.sms.code())
    order_reset(link, "1")
    desk.work()
    link.go_on()
    secrets["link token"] = desk.sms.link().rpartition(".")[2]
    secrets["password"] = _use_the_link(sinks, desk.sms.link())
    link.hang_up()
    desk.work()
    secrets["not-me token"] = desk.sms.link("/nao-fui-eu/").rpartition(".")[2]

    later(desk, days=2)
    identify(spoken := dial("spoken"), ana["cpf"])
    spoken.key(PIN)
    desk.work()
    spoken.key(desk.sms.code())
    order_reset(spoken, "2")
    desk.work()
    spoken.go_on()
    address = re.findall(rb"ivr\.test(/audio/secret/[^<]+)", spoken.heard[-1])[0].decode()
    assert desk.app.test_client().get(address).status_code == 200
    spoken.go_on()
    spoken.hang_up()
    desk.work()
    secrets["temporary password"] = sinks.spelled[-1]  # type: ignore[attr-defined]

    identify(stranger := dial("stranger"), STRANGER)
    for _ in range(3):
        stranger.key(WRONG_PIN)
    stranger.hang_up()

    _misuse(sinks, dial)
    _break_everything(sinks, dial)
    dial("still asked for the PIN")
    identify(sinks.lines[-1], ana["cpf"])
    sinks.logs = sinks.capture()  # type: ignore[attr-defined]
    return secrets


def _use_the_link(sinks: Sinks, path: str) -> str:
    client = sinks.desk.app.test_client()
    page = client.get(path)
    form = {"csrf_token": csrf_of(page.text), "password": CHOSEN, "again": CHOSEN + "x"}
    refused = client.post(path, data=form)
    done = client.post(path, data={**form, "again": CHOSEN})
    sinks.pages += [page.data, refused.data, done.data, client.get(path).data]
    assert refused.status_code == 422
    assert done.status_code in (200, 303)
    return CHOSEN


def _misuse(sinks: Sinks, dial: Any) -> None:
    """Secrets in the wrong place, in the wrong shape, or unsigned."""
    line = identify(dial("misuse"), people()["bento"]["cpf"])
    path = f"/voice/turn?n={line.turn}"
    garbled = post(sinks.desk, path, line.fields(Digits=f"{PIN}x"))
    sinks.pages.append(garbled.data)
    forged = post(sinks.desk, path, line.fields(Digits=PIN), signature="forged")
    assert forged.status_code == 403
    sinks.pages.append(forged.data)
    words = " ".join(_WORDS[int(digit)] for digit in PIN)
    line.send(path, SpeechResult=words, Confidence="0.9")
    line.key(PIN * 2)
    line.key(PIN[:4])
    menu = dial("at the menu")
    menu.key(PIN)
    menu.hang_up()


def _break_everything(sinks: Sinks, dial: Any) -> None:
    """Errors while a secret is in somebody's hands."""
    desk = sinks.desk

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken on purpose")

    def away(*args: Any, **kwargs: Any) -> Any:
        raise StoreUnavailableError("away on purpose")

    for number, (kind, failure) in enumerate(
        itertools.product((FindPerson, CheckPin, CheckCode), (broken, away))
    ):
        later(desk, days=3)
        name = f"broken {number}"
        with pytest.MonkeyPatch.context() as patch:
            line = dial(name)
            if kind is FindPerson:
                patch.setitem(HANDLERS, kind, failure)
                identify(line, STRANGER)
            elif kind is CheckPin:
                identify(line, people()["bento"]["cpf"])
                patch.setitem(HANDLERS, kind, failure)
                line.key(PIN)
            else:
                to_code(line, "bento")
                patch.setitem(HANDLERS, kind, failure)
                line.key(desk.sms.code())
            assert b"<Enqueue" in line.heard[-1]
        line.hang_up()
    later(desk, days=3)
    for number, port in enumerate(("send", "reset")):
        line = dial(f"broken worker {number}")
        prove(line, "bento")
        order_reset(line, "2")
        target: Any = desk.sms if port == "send" else desk.rt.directories[desk.rt.identity]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(target, port, broken, raising=True)
            desk.work()
        line.hang_up()
        later(desk, days=40)
        desk.work()


def test_no_secret_is_in_any_sink(sinks: Sinks) -> None:
    secrets = tell_all_stories(sinks)
    assert len(set(secrets.values())) >= 7
    assert len(sinks.logs) > 1_000
    assert b"broken on purpose" in sinks.logs
    assert hits(sinks.everything(), secrets) == []


def test_no_cpf_and_no_telephone_number_is_outside_the_read_back_and_the_directory(
    sinks: Sinks,
) -> None:
    tell_all_stories(sinks)
    line = call(sinks.desk, "call back", caller="anonymous")
    sinks.desk.clock.at = sinks.desk.clock.at.replace(hour=3)
    line.key("0")
    line.key("1")
    line.key(CALL_BACK)
    assert sinks.desk.rows("callbacks") >= 1
    numbers = {"CPF": people()["ana"]["cpf"], "another CPF": people()["bento"]["cpf"]}
    telephones = {"caller": CALLER[1:], "caller, national": CALLER[3:], "call-back": CALL_BACK}
    without_directory = sinks.columns(without=("demo_account",))
    elsewhere = {**without_directory, "logs": sinks.logs, "URLs": sinks.urls()}
    assert hits(elsewhere, {**numbers, **telephones, "stranger": STRANGER}) == []
    assert hits(sinks.files(), {**telephones, "stranger": STRANGER}) == []
    spoken = hits(sinks.documents(), {**numbers, "stranger": STRANGER})
    assert spoken, "the read-back is what the caller must hear"
    assert {int(sink.rpartition(" ")[2]) for sink, _, _ in spoken} == {2}
    assert hits(sinks.documents(), telephones) == []


@pytest.mark.parametrize(
    "leak",
    [
        lambda desk: logging.getLogger("ivr").warning("digits %s", PIN),
        lambda desk: structlog.get_logger("ivr").info("secret", word=CHOSEN),
        lambda desk: structlog.get_logger("ivr").info(
            "secret", hashed=hashlib.sha256(PIN.encode()).hexdigest()
        ),
        lambda desk: sql(desk, f"UPDATE tickets SET node = '{PIN[::-1]}'"),
        lambda desk: sql(
            desk, f"UPDATE outbox SET outcome = '{base64.b64encode(b'{' + PIN.encode()).decode()}'"
        ),
        lambda desk: (desk.settings.ivr_var.parent / "left.txt").write_text("sete três nove um "
            "cinco oito quatro meia dois meia"),
    ],
    ids=["logging", "structlog", "hash", "column", "base64", "words in a file"],
)  # fmt: skip
def test_a_leak_is_found(sinks: Sinks, leak: Any) -> None:
    line = identify(call(sinks.desk), people()["ana"]["cpf"])
    line.key(PIN)
    secrets = {"PIN": PIN, "chosen password": CHOSEN}
    sinks.lines.append(line)
    assert hits(sinks.everything(), secrets) == []
    leak(sinks.desk)
    sinks.logs = sinks.capture()  # type: ignore[attr-defined]
    assert hits(sinks.everything(), secrets) != []


def test_the_net_of_the_log_blots_out_digits_that_slipped_through(sinks: Sinks) -> None:
    structlog.get_logger("ivr").error("slipped", value=PIN, spaced="739 158.462-6")
    sinks.logs = sinks.capture()  # type: ignore[attr-defined]
    assert "•••".encode() in sinks.logs
    assert hits({"logs": sinks.logs}, {"PIN": PIN}) == []
    assert b"739" not in sinks.logs


@given(
    before=st.sampled_from(["", " ", "pin=", '"', "(", "é", "\n", "<"]),
    digits=st.text(alphabet="0123456789", min_size=4, max_size=30),
    after=st.sampled_from(["", " ", ".", '"', ")", ",", "\n", ">"]),
)
def test_the_net_leaves_no_run_of_four_digits(before: str, digits: str, after: str) -> None:
    line = blot_digits(None, "", {"event": before + digits + after})
    assert digits not in line["event"] or before == "é"


def test_an_error_behind_a_link_does_not_tell_its_token(sinks: Sinks) -> None:
    line = order_reset(prove(call(sinks.desk), "bento"), "1")
    sinks.desk.work()
    path = sinks.desk.sms.link()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivr.service.links.open_link", _broken_with(path))
        page = sinks.desk.app.test_client().get(path)
    assert page.status_code == 500
    sinks.lines.append(line)
    sinks.pages.append(page.data)
    sinks.logs = sinks.capture()  # type: ignore[attr-defined]
    assert b"page failed" in sinks.logs
    assert hits(sinks.everything(), {"token": path.rpartition(".")[2]}) == []


def _broken_with(secret: str) -> Any:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"broken on purpose with {secret}")

    return broken


def test_a_traceback_in_the_log_shows_no_local_values(sinks: Sinks) -> None:
    with pytest.MonkeyPatch.context() as patch:
        line = identify(call(sinks.desk), people()["ana"]["cpf"])

        def broken(rt: Any, context: Any, request: CheckPin) -> Any:
            secret = request.secret
            raise RuntimeError(f"with a local value of {len(secret)}")

        patch.setitem(HANDLERS, CheckPin, broken)
        line.key(PIN)
    logs = sinks.capture()  # type: ignore[attr-defined]
    assert b"Traceback" in logs
    assert hits({"logs": logs}, {"PIN": PIN}) == []
