"""A person's whole history, complete and without others; requests; deletion."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from desk import Desk, people
from sqlalchemy import text
from store_rows import a_recording
from ticket_rows import agent, begin, identify, talk
from web.phone_line import reset_story

from ivr.ports.owner import OwnerEvent
from ivr.service.audit import verify
from ivr.service.privacy import (
    PrivacyError,
    ask,
    erase,
    fulfil,
    history_of,
    refuse,
)
from ivr.service.privacy_redaction import HIDDEN, Redaction
from ivr.service.retention import hold
from ivr.service.tickets import add_note, close, join

ANA = people()["ana"]


def key_of(desk: Desk, who: str = "ana") -> str:
    return desk.rt.keyed_hash("cpf", str(people()[who]["cpf"]))


def export(desk: Desk, who: str = "ana") -> str:
    cpf = str(people()[who]["cpf"])
    found = history_of(desk.rt, key_of(desk, who), by="S-1", reason="pedido", cpf=cpf)
    return json.dumps(found.as_json(), ensure_ascii=False)


def told(desk: Desk) -> str:
    """A call of Ana's with everything that a call can leave behind; its protocol."""
    rt, line = desk.rt, reset_story(desk)
    protocol = desk.call(line.sid).protocol
    who = agent(desk, "bruno.agente")
    talk(desk, line.sid, who)
    add_note(
        rt,
        protocol,
        f"agent:{who.id}",
        f"Bruno.Agente ligou para {ANA['mobile']} e para 67 98111-2233, de joao@exemplo.org, "
        f"CPF 529.982.247-25; e-mail {ANA['mail']}.",
    )
    with rt.store.begin() as tx:
        tx.owner.note(OwnerEvent(account=key_of(desk), at=tx.now(), kind="pin.set", data={}))
        tx.tickets.add_recording(
            a_recording("RE7", protocol=protocol, call_sid=line.sid, at=tx.now())
        )
    return protocol


def tables_in(text_: str) -> set[str]:
    data = json.loads(text_)
    names = {name for one in data["chamados"] for name in one["dados"]}
    return names | set(data["outros"])


def test_history_tells_calls_journal_notes_messages_resets_recordings_and_owner_events(
    desk: Desk,
) -> None:
    protocol = told(desk)
    found = export(desk)
    assert protocol in found
    assert {
        "calls",
        "contacts",
        "engagements",
        "journal",
        "outbox",
        "owner_events",
        "proof_attempts",
        "recordings",
        "resets",
        "ticket_events",
        "tickets",
    } <= tables_in(found)
    assert all(word in found for word in (ANA["mail"], ANA["matricula"], "RE7", "sms.", "pin.set"))


def test_history_of_another_person_and_of_nobody_says_nothing_of_this_one(desk: Desk) -> None:
    protocol = told(desk)
    other = begin(desk, 2, caller="+5567999990002")
    identify(desk, other, "bruno" if "bruno" in people() else sorted(set(people()) - {"ana"})[0])
    stranger = sorted(set(people()) - {"ana"})[0]
    for who in (stranger,):
        found = export(desk, who)
        assert protocol not in found
        assert all(ANA[name] not in found for name in ("mail", "matricula", "name"))
    empty = history_of(desk.rt, "", by="S-1", reason="pedido")
    assert (empty.tickets, empty.own) == ((), ())


def test_others_are_taken_out_of_it_and_no_secret_or_hash_is_in(desk: Desk) -> None:
    told(desk)
    found = export(desk)
    for hidden in (
        "98111",
        "joao@exemplo.org",
        "529.982",
        "bruno.agente",
        "Bruno.Agente",
        "S-bruno",
    ):
        assert hidden not in found
    assert "Atendente 1" in found and HIDDEN in found
    assert ANA["mobile"] in found
    assert key_of(desk) not in found
    for column in ("salt", "pin_hash", "reply_sealed", "state_sealed", "caller_hash"):
        assert f'"{column}"' not in found


def test_joined_ticket_belongs_to_the_history_too(desk: Desk) -> None:
    first, second = begin(desk, 1), begin(desk, 2)
    for sid in (first, second):
        identify(desk, sid, "ana")
    one, other = desk.call(first).protocol, desk.call(second).protocol
    join(desk.rt, one, other)
    assert one in export(desk) and other in export(desk)


def test_whoever_asks_leaves_a_line_without_the_number(desk: Desk) -> None:
    told(desk)
    export(desk)
    with desk.rt.store.begin(write=False) as tx:
        lines = tx.audit.of(f"person:{key_of(desk)}")
    assert [(line.actor, line.action, line.data["reason"]) for line in lines] == [
        ("S-1", "privacy.exported", "pedido")
    ]
    assert verify(desk.rt.store).broken is None


@pytest.mark.parametrize(("kind", "days"), [("access", 5), ("correction", 15), ("deletion", 15)])
def test_request_is_due_in_the_days_of_the_law(desk: Desk, kind: str, days: int) -> None:
    made = ask(desk.rt, key_of(desk), kind, text="meu e-mail mudou", by="S-1")  # type: ignore[arg-type]
    assert made.due == date(2026, 11, 25) + timedelta(days=days)
    with desk.rt.store.begin(write=False) as tx:
        assert tx.privacy.open_requests() == [made]
    with desk.rt.store.reader.connect() as connection:  # type: ignore[attr-defined]
        sealed = connection.execute(text("SELECT text_sealed FROM data_requests")).scalar_one()
    assert b"mudou" not in bytes(sealed)


def test_refusal_keeps_its_reason_and_is_the_last_word(desk: Desk) -> None:
    made = ask(desk.rt, key_of(desk), "correction", text="", by="S-1")
    refused = refuse(desk.rt, made.id, reason="not_ours", by="S-2")
    assert (refused.state, refused.reason, refused.decided_by) == ("refused", "not_ours", "S-2")
    for again in (
        lambda: refuse(desk.rt, made.id, reason="not_ours", by="S-2"),
        lambda: fulfil(desk.rt, made.id, done="x", by="S-2"),
        lambda: erase(desk.rt, made.id, by="S-2"),
    ):
        with pytest.raises(PrivacyError, match="decided"):
            again()
    with pytest.raises(PrivacyError, match="unknown"):
        refuse(desk.rt, "LGPD-0", reason="not_ours", by="S-2")
    with pytest.raises(PrivacyError, match="unknown"):
        refuse(desk.rt, made.id, reason="porque sim", by="S-2")


class Carrier:
    def delete_recording(self, recording: str) -> bool:
        return True


def ended(desk: Desk, protocol: str) -> None:
    """The ticket is closed and the talk over."""
    close(desk.rt, protocol, by="agent:S-bruno.agente")
    object.__setattr__(desk.rt, "telephony", Carrier())


def test_deletion_cuts_the_person_off_and_the_record_of_the_attendance_stays(desk: Desk) -> None:
    protocol = told(desk)
    ended(desk, protocol)
    made = ask(desk.rt, key_of(desk), "deletion", text="", by="S-1")
    erase(desk.rt, made.id, by="S-2")
    key = key_of(desk)
    data = json.loads(export(desk))
    assert data["chamados"] == []
    assert set(data["outros"]) <= {"data_requests", "account_freezes"}
    with desk.rt.store.begin(write=False) as tx:
        ticket = tx.tickets.by_protocol(protocol)
        marks = [tx.retention.erased(one) for one in (f"ticket:{protocol}", "recording:RE7")]
        lines = tx.audit.of(f"request:{made.id}")
        journal = tx.journal.of(ticket.call_sid) if ticket else []
    assert ticket is not None and ticket.person == "" and ticket.status == "closed"
    assert journal, "the journal has nothing of the person and stays"
    assert all(mark is not None for mark in marks)
    assert lines[0].data["person"] == key, "the audit log stays, under the pseudonym"
    assert verify(desk.rt.store).broken is None
    known = {"audit", "data_requests", "account_freezes"}
    demo = {"demo_accounts"}
    for needle in (key, str(ANA["matricula"]), str(ANA["mail"]), "98111"):
        assert _stands(desk, needle, but=known | demo) == []


def _stands(desk: Desk, needle: str, *, but: set[str]) -> list[str]:
    """Tables in which a text stands in the clear."""
    from ivr.adapters.db.every_table import metadata

    found = []
    with desk.rt.store.reader.connect() as connection:  # type: ignore[attr-defined]
        for table in metadata.sorted_tables:
            rows = connection.execute(table.select()).all()
            if table.name not in but and any(needle in str(row) for row in rows):
                found.append(table.name)
    return found


def test_open_ticket_and_legal_hold_refuse_a_deletion_and_say_why(desk: Desk) -> None:
    protocol = told(desk)
    first = ask(desk.rt, key_of(desk), "deletion", text="", by="S-1")
    with pytest.raises(PrivacyError, match="open_ticket"):
        erase(desk.rt, first.id, by="S-2")
    ended(desk, protocol)
    hold(desk.rt.store, "recording:RE7", reason="Processo 1", by="S-3")
    second = ask(desk.rt, key_of(desk), "deletion", text="", by="S-1")
    with pytest.raises(PrivacyError, match="legal_hold"):
        erase(desk.rt, second.id, by="S-2")
    with desk.rt.store.begin(write=False) as tx:
        found = tx.privacy.requests_of(key_of(desk))
    assert {one.reason for one in found} == {"open_ticket", "legal_hold"}
    assert protocol in export(desk)


def test_redaction_keeps_what_is_the_persons_and_hides_what_looks_like_others() -> None:
    redaction = Redaction(
        staff={"S-9": ("carla", "Carla Souza")},
        own=["+5567999990001", "eu@exemplo.org", "20260000123"],
    )
    kept = (
        "Em 2026-11-25 às 10:30, protocolo 20260000123, de (67) 99999-0001, eu@exemplo.org, sala 12"
    )
    assert redaction.text(kept) == kept
    hidden = redaction.text(
        "Carla Souza (S-9) viu 111.444.777-35 e (67) 98888-7777, dela@exemplo.org"
    )
    assert hidden == f"Atendente 1 (Atendente 1) viu {HIDDEN} e {HIDDEN}, {HIDDEN}"
