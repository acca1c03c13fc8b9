"""Generated callers: each one's history has all of theirs and nothing of another's; then erased."""

from __future__ import annotations

import json
import os
import random

from desk import Desk
from sqlalchemy import text
from ticket_rows import begin

from ivr.domain.identifier import Identifier, IdentifierKind, parse_identifier
from ivr.ports.tickets import Contact, Known
from ivr.service.privacy import ask, erase, history_of
from ivr.service.tickets import add_note, close

CALLERS = int(os.environ.get("CALLERS", "60"))


def cpf_of(chance: random.Random) -> str:
    """Nine random digits and the two that check them."""
    stem = [chance.randrange(10) for _ in range(9)]
    for length in (10, 11):
        total = sum(d * w for d, w in zip(stem, range(length, 1, -1), strict=True))
        stem.append((total * 10 % 11) % 10)
    number = "".join(map(str, stem))
    parsed = parse_identifier(IdentifierKind.CPF, number)
    return number if isinstance(parsed, Identifier) else cpf_of(chance)


def test_each_of_many_callers_gets_their_own_history_and_goes_alone(desk: Desk) -> None:
    rt, chance = desk.rt, random.Random(5)
    callers = [cpf_of(chance) for _ in range(CALLERS)]
    theirs: dict[str, set[str]] = {}
    number = 0
    for place, cpf in enumerate(callers):
        key = rt.keyed_hash("cpf", cpf)
        for _ in range(chance.randrange(1, 4)):
            number += 1
            sid = begin(desk, number, caller=f"+5567{990000000 + place}")
            protocol = desk.call(sid).protocol
            with rt.store.begin() as tx:
                tx.tickets.change(protocol, person=key, identity="identified")
                known = Known(name=f"Pessoa {place}", mail=f"p{place}@exemplo.org")
                tx.ticket_log.put_contact(
                    Contact(
                        call_sid=sid, protocol=protocol, person=key, directory="demo",
                        known=known, at=tx.now(),
                    )
                )  # fmt: skip
            add_note(rt, protocol, "agent:S-9", f"nota de p{place}@exemplo.org")
            theirs.setdefault(cpf, set()).add(protocol)
    mails = {cpf: f"p{place}@exemplo.org" for place, cpf in enumerate(callers)}

    def export(cpf: str) -> str:
        key = rt.keyed_hash("cpf", cpf)
        found = history_of(rt, key, by="S-1", reason="pedido", cpf=cpf)
        return json.dumps(found.as_json(), ensure_ascii=False)

    for place, cpf in enumerate(callers):
        told = export(cpf)
        assert {one["protocolo"] for one in json.loads(told)["chamados"]} == theirs[cpf]
        assert told.count(mails[cpf]) >= 2 * len(theirs[cpf])
        other = callers[(place + 1) % len(callers)]
        assert f'"{mails[other]}"' not in told
    gone, stays = callers[::2], callers[1::2]
    for cpf in gone:
        for protocol in theirs[cpf]:
            close(rt, protocol, by="agent:S-9")
        made = ask(rt, rt.keyed_hash("cpf", cpf), "deletion", text="", by="S-1")
        erase(rt, made.id, by="S-2")
    for cpf in gone:
        told = export(cpf)
        assert json.loads(told)["chamados"] == [] and mails[cpf] not in told
    for cpf in stays:
        assert {one["protocolo"] for one in json.loads(export(cpf))["chamados"]} == theirs[cpf]
    with rt.store.reader.connect() as connection:  # type: ignore[attr-defined]
        left = connection.execute(text("SELECT count(*) FROM tickets")).scalar_one()
    assert left == number, "the record of every attendance stays"
