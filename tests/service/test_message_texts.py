"""Every text message fits one message of 160 characters at the longest allowed address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, make_desk

from ivr.adapters.twilio.sms import septets
from ivr.ports.store import CodeRow, Job
from ivr.service.effects.messages import EVENTS
from ivr.service.link_tokens import new_link
from ivr.settings import LONGEST_PUBLIC_URL

LONGEST = (
    "https://" + "a" * (LONGEST_PUBLIC_URL - len("https://") - len(".ms.gov.br")) + ".ms.gov.br"
)


@pytest.fixture
def far_desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, changes={"PUBLIC_URL": LONGEST, "IVR_LINK_HOURS": "24"})


def order(desk: Desk, kind: str, **payload: str) -> str:
    """Have the worker send one message, return its text."""
    call = "CA" + "1" * 32
    with desk.rt.store.begin() as tx:
        now = tx.now()
        link = new_link(
            desk.rt,
            purpose="password",
            call_sid=call,
            service="email",
            directory=desk.rt.identity,
            uid="ana",
            now=now,
        )
        tx.resets.add_link(link)
        tx.proofs.add_code(
            CodeRow(
                id=f"{call}:4",
                call_sid=call,
                account="a",
                destination="d",
                salt=b"s" * 16,
                sent_at=now,
                expires_at=now + desk.rt.limits.code_lifetime,
            )
        )
        account = desk.rt.directories[desk.rt.identity].find(kind="cpf", number="12345678909")
        assert account is not None
        whole = {
            "directory": desk.rt.identity,
            "uid": account.uid,
            "link": link.id,
            "code": f"{call}:4",
            **payload,
        }
        key = f"{kind}:{len(desk.sms.sent)}:reset:{call}:12"
        tx.outbox.add(Job(key=key, kind=kind, call_sid=call, payload=whole))
    desk.work()
    return desk.sms.sent[-1][1]


@pytest.mark.parametrize("event", [*EVENTS, "something new"])
def test_notice_fits_one_message_and_bears_the_way_to_object(far_desk: Desk, event: str) -> None:
    text = order(far_desk, "sms.notice", event=event)
    assert septets(text) <= 160, f"{septets(text)}: {text}"
    assert f"{LONGEST}/nao-fui-eu/" in text


def test_link_fits_one_message(far_desk: Desk) -> None:
    text = order(far_desk, "sms.link", protocol="202600000012")
    assert septets(text) <= 160, f"{septets(text)}: {text}"
    assert f"{LONGEST}/senha/" in text


def test_link_of_one_system_of_several_fits_and_names_it(far_desk: Desk) -> None:
    text = order(far_desk, "sms.link", protocol="202600000012", named="yes")
    assert septets(text) <= 160, f"{septets(text)}: {text}"
    assert "senha de e-mail:" in text


def test_link_fits_with_the_longest_name_that_a_system_may_have(far_desk: Desk) -> None:
    (email, *others) = far_desk.rt.catalogue.services
    named = email.model_copy(update={"sms_name": "N" * 9})
    catalogue = far_desk.rt.catalogue.model_copy(update={"services": (named, *others)})
    far_desk.rt = replace(far_desk.rt, catalogue=catalogue)
    text = order(far_desk, "sms.link", protocol="202600000012", named="yes")
    assert septets(text) <= 160, f"{septets(text)}: {text}"
    assert f"senha de {'N' * 9}:" in text


def test_code_fits_one_message_and_warns_of_a_false_desk(far_desk: Desk) -> None:
    text = order(far_desk, "sms.code")
    assert septets(text) <= 160, f"{septets(text)}: {text}"
    assert "Nunca pedimos este codigo em outra ligacao" in text
