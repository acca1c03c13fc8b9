"""Secrets and personal numbers are in no sink: unusual digits go in, every sink is searched."""

from __future__ import annotations

import base64
import hashlib
import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from desk import people
from hypothesis import given
from hypothesis import strategies as st
from web.canary_sinks import DIGIT_WORDS, Sinks, hits
from web.link_world import csrf_of
from web.phone_line import (
    PhoneLine,
    build_audio_list,
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


def counted_entropy() -> Any:
    """Unpredictable to the service, the same in every run of the tests."""
    numbers = itertools.count()

    def entropy(nbytes: int, /) -> bytes:
        return hashlib.sha512(f"canary {next(numbers)}".encode()).digest()[:nbytes]

    return entropy


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

    def read_logs() -> bytes:
        return ("\n".join(capfd.readouterr()) + caplog.text).encode()

    found = Sinks(desk, quick, read_logs)

    def spell(_: Any, letters: list[str]) -> bytes:
        found.spelled.append("".join(letters))
        return b"RIFF"

    monkeypatch.setattr("ivr.web.audio.secret_audio", spell)
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
    secrets["temporary password"] = sinks.spelled[-1]

    identify(stranger := dial("stranger"), STRANGER)
    for _ in range(3):
        stranger.key(WRONG_PIN)
    stranger.hang_up()

    _misuse(sinks, dial)
    _break_everything(sinks, dial)
    dial("still asked for the PIN")
    identify(sinks.lines[-1], ana["cpf"])
    sinks.logs = sinks.read_logs()
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
    words = " ".join(DIGIT_WORDS[int(digit)] for digit in PIN)
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


def test_the_addresses_of_own_audio_do_not_spell_a_secret(quick: Path) -> None:
    """Only the number that was keyed to be read back is there, piece by piece."""
    known = still_desk(quick)
    build_audio_list(quick / "var" / "prompts", known.rt.prompts.pieces())
    desk = still_desk(quick, changes={"IVR_PROMPT_MODE": "play"}, entropy=counted_entropy())
    line = call(desk)
    assert b"<Say" not in line.heard[-1]
    prove(line)
    documents = {"documents": b"\n".join(line.heard)}
    ana = people()["ana"]
    assert hits(documents, {"PIN": ana["pin"], "code": desk.sms.code()}) == []
    assert ("documents", "CPF", "pieces") in hits(documents, {"CPF": ana["cpf"]})


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
    sinks.logs = sinks.read_logs()
    assert hits(sinks.everything(), secrets) != []


def test_the_net_of_the_log_blots_out_digits_that_slipped_through(sinks: Sinks) -> None:
    structlog.get_logger("ivr").error("slipped", value=PIN, spaced="739 158.462-6")
    sinks.logs = sinks.read_logs()
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
    sinks.logs = sinks.read_logs()
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
    logs = sinks.read_logs()
    assert b"Traceback" in logs
    assert hits({"logs": logs}, {"PIN": PIN}) == []
