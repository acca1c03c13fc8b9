"""What the owner can do after logging in: PIN, printed codes, freeze; each with its event."""

from __future__ import annotations

import re

import pytest
from desk import Desk, people
from web.owner_browser import (
    CODES,
    FREEZE,
    GOOD_PIN,
    HOME,
    LIFT,
    PIN,
    REVOKE,
    Browser,
    errors,
    logged_in,
    password_of,
)
from web.phone_line import call, identify, later, order_reset, prove, reset_story, sql

from ivr.service.owner_login import ACCOUNT_FAILURES

WRONG = "senha errada de propósito"


def account_of(desk: Desk, who: str = "ana") -> str:
    return desk.rt.keyed_hash("cpf", people()[who]["cpf"])


def kinds(desk: Desk, who: str = "ana") -> list[str]:
    with desk.rt.store.begin(write=False) as tx:
        return [event.kind for event in reversed(tx.owner.events(account_of(desk, who), limit=99))]


def pin_is(desk: Desk, pin: str, who: str = "ana") -> bool:
    with desk.rt.store.begin(write=False) as tx:
        return desk.rt.verify_pin(tx.proofs.pin_hash(account_of(desk, who)), pin)


def set_pin(
    browser: Browser, pin: str = GOOD_PIN, *, again: str = "", password: str = ""
) -> object:
    return browser.send(PIN, pin=pin, again=again or pin, password=password or password_of())


def dump(desk: Desk) -> str:
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        tables = ("owner_codes", "owner_events", "owner_logins", "owner_sessions", "outbox", "pins")
        return "".join(
            str(list(connection.exec_driver_sql(f"SELECT * FROM {table}"))) for table in tables
        )


def test_new_pin_is_the_one_that_the_telephone_takes_and_the_owner_is_told(still: Desk) -> None:
    browser = logged_in(still)
    answer = set_pin(browser)
    assert answer.status_code == 303  # type: ignore[attr-defined]
    assert "já vale" in browser.open(answer.location).text  # type: ignore[attr-defined]
    assert pin_is(still, GOOD_PIN)
    line = identify(call(still), people()["ana"]["cpf"])
    line.key(GOOD_PIN)
    assert line.hears("verify.code")
    still.work()
    assert any("senha do telefone mudou" in body for _, body in still.sms.sent)
    assert kinds(still) == ["login", "pin_set"]
    assert GOOD_PIN not in dump(still)


def test_notice_of_a_new_pin_can_be_answered_with_not_me(still: Desk) -> None:
    set_pin(logged_in(still))
    still.work()
    stranger = Browser(still)
    assert stranger.send(still.sms.link("/nao-fui-eu/")).status_code == 200
    with still.rt.store.begin(write=False) as tx:
        assert tx.resets.frozen(account_of(still), now=tx.now())


@pytest.mark.parametrize(
    ("pin", "again", "password", "wrong"),
    [
        ("12345678", "", "", ["pin"]),
        (people()["ana"]["cpf"][:8], "", "", ["pin", "pin"]),
        ("7390 5168", "", "", ["pin"]),
        (GOOD_PIN, "73905169", "", ["again"]),
        ("", "", "", ["pin"]),
        (GOOD_PIN, "", WRONG, ["password"]),
    ],
)
def test_refused_pin_changes_nothing_and_is_told_at_its_field(
    still: Desk, pin: str, again: str, password: str, wrong: list[str]
) -> None:
    browser = logged_in(still)
    answer = set_pin(browser, pin, again=again, password=password)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert set(wrong) <= set(errors(answer))  # type: ignore[arg-type]
    assert pin_is(still, people()["ana"]["pin"])
    assert "pin_set" not in kinds(still)
    if pin:
        assert pin not in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", [PIN, REVOKE, CODES, LIFT])
def test_change_without_the_password_is_refused(still: Desk, path: str) -> None:
    browser = logged_in(still)
    browser.send(FREEZE)
    before = dump(still).count("pin_hash"), still.rows("owner_codes"), still.rows("account_freezes")
    answer = browser.send(path, pin=GOOD_PIN, again=GOOD_PIN, password=WRONG)
    assert (answer.status_code, errors(answer)) == (422, ["password"])
    after = dump(still).count("pin_hash"), still.rows("owner_codes"), still.rows("account_freezes")
    assert before == after
    assert pin_is(still, people()["ana"]["pin"])


def test_password_cannot_be_guessed_through_a_change_either(still: Desk) -> None:
    browser = logged_in(still)
    for _ in range(ACCOUNT_FAILURES):
        browser.send(REVOKE, password=WRONG)
    assert browser.send(REVOKE, password=password_of()).status_code == 422
    assert pin_is(still, people()["ana"]["pin"])


def test_revoked_pin_opens_nothing(still: Desk) -> None:
    browser = logged_in(still)
    assert browser.send(REVOKE, password=password_of()).status_code == 303
    assert not pin_is(still, people()["ana"]["pin"])
    assert "Criar a senha do telefone" in browser.open(HOME).text
    assert kinds(still) == ["login", "pin_revoked"]


def test_account_of_a_privileged_group_gets_no_pin_and_no_codes(still: Desk) -> None:
    browser = logged_in(still, "elisa")
    assert "Criar a senha" not in browser.open(HOME).text
    for path in (PIN, CODES):
        answer = browser.send(path, pin=GOOD_PIN, again=GOOD_PIN, password=password_of("elisa"))
        assert answer.status_code == 422
    assert not pin_is(still, GOOD_PIN, "elisa")
    assert still.rows("owner_codes") == 0


def test_printed_codes_are_shown_once_and_kept_as_slow_hashes(still: Desk) -> None:
    browser = logged_in(still)
    page = browser.send(CODES, password=password_of())
    codes = [a + b for a, b in re.findall(r"<li>(\d{4}) (\d{4})</li>", page.text)]
    assert len(set(codes)) == 10
    assert page.headers["Cache-Control"] == "no-store"
    kept = dump(still)
    assert kept.count("$argon2id$") >= 10
    assert not [code for code in codes if code in kept]
    assert not [code for code in codes if code in browser.open(HOME).text]
    assert "Restam 10 de 10" in browser.open(HOME).text
    with still.rt.store.begin() as tx:
        first = tx.owner.next_code(account_of(still))
        assert first is not None
        assert still.rt.verify_pin(first.code_hash, codes[0])
        assert not still.rt.verify_pin(first.code_hash, codes[1])
        assert tx.owner.use_code(account_of(still), first.number, at=tx.now())
        assert not tx.owner.use_code(account_of(still), first.number, at=tx.now())
        second = tx.owner.next_code(account_of(still))
        assert second is not None
        assert second.number == 2
    assert "Restam 9 de 10" in browser.open(HOME).text


def test_new_printed_codes_replace_the_old_ones(still: Desk) -> None:
    browser = logged_in(still)
    old = re.findall(r"<li>(\d{4} \d{4})</li>", browser.send(CODES, password=password_of()).text)
    browser.send(CODES, password=password_of())
    assert still.rows("owner_codes") == 10
    with still.rt.store.begin(write=False) as tx:
        first = tx.owner.next_code(account_of(still))
    assert first is not None
    assert not still.rt.verify_pin(first.code_hash, old[0].replace(" ", ""))


def test_not_me_stops_a_telephone_reset_and_lifting_it_lets_it_through(still: Desk) -> None:
    browser = logged_in(still)
    assert browser.send(FREEZE).status_code == 303
    line = order_reset(prove(call(still, "frozen")))
    still.work()
    assert still.sms.sent == [sms for sms in still.sms.sent if "/senha/" not in sms[1]]
    assert "Liberar de novo" in browser.open(HOME).text
    assert browser.send(LIFT, password=password_of()).status_code == 303
    later(still, minutes=5)
    line = order_reset(prove(call(still, "free")))
    still.work()
    assert line.heard
    assert "/senha/" in still.sms.link()
    assert [kind for kind in kinds(still) if "frozen" in kind] == ["frozen", "unfrozen"]


def test_freeze_that_came_of_a_notice_is_not_lifted_from_the_page(still: Desk) -> None:
    browser = logged_in(still)
    set_pin(browser)
    still.work()
    Browser(still).send(still.sms.link("/nao-fui-eu/"))
    later(still, seconds=30)
    browser.send(FREEZE)
    assert "Liberar de novo" not in browser.open(HOME).text
    answer = browser.send(LIFT, password=password_of())
    assert answer.status_code == 422
    assert "falar com uma pessoa" in answer.text
    with still.rt.store.begin(write=False) as tx:
        assert tx.resets.frozen(account_of(still), now=tx.now())


def test_own_freeze_that_a_notice_made_longer_is_not_lifted_either(still: Desk) -> None:
    browser = logged_in(still)
    set_pin(browser)
    still.work()
    browser.send(FREEZE)
    later(still, seconds=30)
    Browser(still).send(still.sms.link("/nao-fui-eu/"))
    assert browser.send(LIFT, password=password_of()).status_code == 422


def test_last_events_tell_of_calls_resets_and_messages_without_numbers(still: Desk) -> None:
    line = reset_story(still)
    page = logged_in(still).open(HOME).text
    for words in (
        "Ligação em que o seu número foi informado",
        "provou ser você",
        "Troca de senha pedida por telefone concluída",
        "Código enviado por SMS",
        "Endereço para criar senha enviado",
        "Você entrou nesta página",
    ):
        assert words in page, words
    assert still.call(line.sid).protocol in page
    shown = page[page.index("<main") : page.index("</main>")].replace(
        still.call(line.sid).protocol, ""
    )
    assert not re.search(r"\d{5}", shown)


def test_events_of_others_are_not_shown(still: Desk) -> None:
    line = reset_story(still)
    page = logged_in(still, "bento").open(HOME).text
    assert still.call(line.sid).protocol not in page
    assert "concluída" not in page


def test_events_only_grow(still: Desk) -> None:
    logged_in(still)
    for change in ("UPDATE owner_events SET kind = 'x'", "DELETE FROM owner_events"):
        with pytest.raises(Exception, match="only grow"):
            sql(still, change)
    assert kinds(still) == ["login"]
