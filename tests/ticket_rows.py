"""Calls and people for the tests of tickets."""

from __future__ import annotations

from typing import Any

from desk import Desk, people

from ivr.ports.desk import EngagementRow, OfferRow
from ivr.ports.staff import StaffRow
from ivr.service.opening import open_call
from ivr.service.session import Person
from ivr.service.tickets_contact import person_snapshot

CALLER = "+5567999990001"


def begin(desk: Desk, number: int, *, caller: str | None = CALLER) -> str:
    """A call that was just opened; its sid."""
    sid = f"CA{number:032x}"
    open_call(desk.rt, sid=sid, caller=caller)
    return sid


def identify(desk: Desk, sid: str, who: str, *, level: str = "identified") -> str:
    """As if the caller had keyed the CPF of a demo person; ``nobody`` is unknown. Their key."""
    rt = desk.rt
    cpf = "52998224725" if who == "nobody" else str(people()[who]["cpf"])
    account = None if who == "nobody" else rt.directories[rt.identity].find(kind="cpf", number=cpf)
    key = rt.keyed_hash("cpf", cpf)
    person = Person(
        key=key,
        directory=rt.identity if account else "",
        uid=account.uid if account else "",
        group=rt.policy.group_of(account.group, privileged=account.privileged) if account else "",
    )
    call = desk.call(sid)
    with rt.store.begin() as tx:
        person_snapshot(rt, call, person=person, account=account)(tx)
        tx.tickets.change(call.protocol, person=key, identity=level)
    return key


def agent(desk: Desk, login: str = "ana.agente", **changes: Any) -> StaffRow:
    """An account of the desk."""
    row = StaffRow(
        id=f"S-{login}", login=login, name=login.title(), created_at=desk.clock.at, **changes
    )
    with desk.rt.store.begin() as tx:
        assert tx.staff.add(row)
    return row


def talk(desk: Desk, sid: str, who: StaffRow, *, offer: str = "O1", over: bool = False) -> str:
    """An offer that the agent answered; the id of the offer."""
    now, protocol = desk.clock.at, desk.call(sid).protocol
    with desk.rt.store.begin() as tx:
        row = OfferRow(
            id=offer,
            call_sid=sid,
            protocol=protocol,
            queue="atendimento",
            agent=who.id,
            state="answered",
            reserved_at=now,
            due_at=now,
            answered_at=now,
        )
        assert tx.desk.add_offer(row)
        talk = EngagementRow(
            offer=offer,
            call_sid=sid,
            protocol=protocol,
            queue="atendimento",
            agent=who.id,
            started_at=now,
            ended_at=now if over else None,
        )
        assert tx.desk.add_engagement(talk)
    return offer
