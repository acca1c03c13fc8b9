"""An agent asks, the system decides: no proof of this call, no change of an account."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from desk import Desk, people
from sqlalchemy import text
from ticket_rows import agent, begin, identify, talk
from web.phone_line import PhoneLine, call, prove, sql, to_code
from web.phone_line import identify as key_number

from ivr.service.desk.actions import REASONS, checklist_of, send_reset_link, unlock
from ivr.service.tickets_history import history_of


def waiting(line: PhoneLine) -> PhoneLine:
    line.key("0")
    while b"<Enqueue" not in line.heard[-1]:
        line.go_on()
    return line


def proven(desk: Desk, name: str = "one") -> PhoneLine:
    return waiting(prove(call(desk, name)))


def changed(desk: Desk) -> list[tuple[str, str]]:
    """Orders to change an account that were ever made."""
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(
            text("SELECT key, kind FROM outbox WHERE kind LIKE 'directory.%' ORDER BY key")
        )
        return [tuple(row) for row in rows]


def audited(desk: Desk) -> list[str]:
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(
            text("SELECT data FROM audit WHERE action LIKE 'ticket.%' ORDER BY row_id")
        )
        return [json.loads(data)["result"] for (data,) in rows]


def test_proven_caller_gets_the_link_and_the_checklist_tells_it(still: Desk) -> None:
    offer = talk(still, proven(still).sid, me := agent(still))
    result = send_reset_link(still.rt, offer, me.id)
    assert result.done
    assert checklist_of(still.rt, offer).ordered[0].outcome == "waiting"
    still.work()
    assert still.sms.link().startswith("/senha/")
    done = checklist_of(still.rt, offer)
    assert [(o.kind, o.result, o.outcome) for o in done.ordered] == [("reset", "ordered", "sent")]
    assert [(p.factor, p.state) for p in done.proofs] == [("pin", "passed"), ("sms_code", "passed")]
    assert done.level == "verified"
    assert audited(still) == ["ordered"]


def test_proven_caller_is_unlocked_and_the_password_stays(still: Desk) -> None:
    offer = talk(still, proven(still).sid, me := agent(still))
    assert unlock(still.rt, offer, me.id).done
    still.work()
    assert [kind for _, kind in changed(still)] == ["directory.unlock"]


@pytest.mark.on_both_stores
def test_one_press_is_one_order_however_often_and_fast_it_comes(still: Desk) -> None:
    offer = talk(still, proven(still).sid, me := agent(still))
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: send_reset_link(still.rt, offer, me.id), range(6)))
    assert [r.done for r in results].count(True) == 1
    assert {r.reason for r in results if not r.done} == {"already"}
    assert len(changed(still)) == 1
    still.work()
    assert sum("/senha/" in body for _, body in still.sms.sent) == 1
    assert sorted(audited(still)) == ["already"] * 5 + ["ordered"]


def test_caller_who_only_said_who_they_are_gets_nothing(still: Desk) -> None:
    line = waiting(key_number(call(still), people()["ana"]["cpf"]))
    offer = talk(still, line.sid, me := agent(still))
    for press in (send_reset_link, unlock):
        assert press(still.rt, offer, me.id).reason == "not_proven"
    assert changed(still) == []
    found = checklist_of(still.rt, offer)
    assert found.level == "identified"
    assert found.again == ("pin", "sms_code")
    assert {a.refusal for a in found.actions} == {"not_proven"}
    assert audited(still) == ["not_proven", "not_proven"]
    refusals = [x for x in history_of(still.rt, found.protocol) if x.kind == "action"]
    assert [x.data["result"] for x in refusals] == ["not_proven", "not_proven"]


def test_one_of_two_proofs_is_not_enough(still: Desk) -> None:
    offer = talk(still, waiting(to_code(call(still))).sid, me := agent(still))
    assert send_reset_link(still.rt, offer, me.id).reason == "not_proven"
    assert checklist_of(still.rt, offer).again == ("sms_code",)


def test_a_state_that_claims_to_be_proven_without_recorded_proofs_gets_nothing(
    still: Desk,
) -> None:
    line = proven(still)
    sql(still, "DELETE FROM proof_attempts WHERE factor = 'sms_code'")
    offer = talk(still, line.sid, me := agent(still))
    assert send_reset_link(still.rt, offer, me.id).reason == "not_proven"


def test_proofs_of_an_earlier_call_are_of_no_use(still: Desk) -> None:
    proven(still, "one").hang_up()
    line = waiting(key_number(call(still, "two"), people()["ana"]["cpf"]))
    offer = talk(still, line.sid, me := agent(still))
    assert send_reset_link(still.rt, offer, me.id).reason == "not_proven"


def test_proof_of_somebody_else_in_the_same_call_is_of_no_use(still: Desk) -> None:
    line = proven(still)
    sql(still, "UPDATE proof_attempts SET account = 'somebody'")
    offer = talk(still, line.sid, me := agent(still))
    assert send_reset_link(still.rt, offer, me.id).reason == "not_proven"


def test_nobody_acts_for_a_talk_of_a_colleague_or_one_that_is_over(still: Desk) -> None:
    mine, other = agent(still), agent(still, "bruno.agente")
    offer = talk(still, proven(still).sid, mine)
    assert send_reset_link(still.rt, offer, other.id).reason == "not_yours"
    assert send_reset_link(still.rt, "O-404", mine.id).reason == "not_yours"
    over = talk(still, proven(still, "two").sid, other, offer="O2", over=True)
    assert unlock(still.rt, over, other.id).reason == "over"
    assert changed(still) == []
    assert audited(still) == ["not_yours", "not_yours", "over"]


def test_anonymous_caller_and_caller_unknown_to_the_directory_get_nothing(still: Desk) -> None:
    me, other = agent(still), agent(still, "bruno.agente")
    anonymous = talk(still, waiting(call(still)).sid, me)
    assert unlock(still.rt, anonymous, me.id).reason == "not_identified"
    unknown = waiting(key_number(call(still, "two"), people()["iara"]["cpf"]))
    offer = talk(still, unknown.sid, other, offer="O2")
    assert unlock(still.rt, offer, other.id).reason == "not_identified"


def test_privileged_frozen_and_limited_accounts_are_refused_with_their_word(still: Desk) -> None:
    line = proven(still)
    offer = talk(still, line.sid, me := agent(still))
    sql(still, "UPDATE demo_account SET privileged = TRUE")
    assert send_reset_link(still.rt, offer, me.id).reason == "privileged"
    sql(still, "UPDATE demo_account SET privileged = FALSE")
    person = still.call(line.sid).person
    with still.rt.store.begin() as tx:
        tx.resets.freeze(person, until=still.clock.at + timedelta(days=3))
    assert unlock(still.rt, offer, me.id).reason == "frozen"
    sql(still, "DELETE FROM account_freezes")
    with still.rt.store.begin() as tx:
        tx.resets.record(account=person, service="email", job="", at=still.clock.at)
    assert send_reset_link(still.rt, offer, me.id).reason == "limited"
    assert changed(still) == []
    assert all(REASONS[word] for word in audited(still))


def test_service_without_the_action_is_refused(still: Desk) -> None:
    offer = talk(still, proven(still).sid, me := agent(still))
    for service in ("portal", "documents", "nothing"):
        result = send_reset_link(still.rt, offer, me.id, service=service)
        assert result.reason == "no_such_action"


def test_nothing_of_a_checklist_or_a_row_holds_a_secret(still: Desk) -> None:
    line = proven(still)
    offer = talk(still, line.sid, me := agent(still))
    send_reset_link(still.rt, offer, me.id)
    still.work()
    ana = people()["ana"]
    secrets = [ana["pin"], still.sms.code(), still.sms.link().split("/")[-1], ana["cpf"]]
    seen = repr(checklist_of(still.rt, offer))
    with still.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        for table in ("ticket_events", "contacts", "audit", "outbox", "changes"):
            seen += repr(connection.execute(text(f"SELECT * FROM {table}")).all())
    for secret in [*secrets, ana["mobile"], ana["name"], ana["mail"]]:
        assert str(secret) not in seen


def test_the_job_works_on_the_live_ticket(still: Desk) -> None:
    old = begin(still, 1)
    identify(still, old, "ana")
    line = proven(still)
    offer = talk(still, line.sid, me := agent(still))
    send_reset_link(still.rt, offer, me.id)
    still.work()
    with still.rt.store.begin(write=False) as tx:
        row = tx.tickets.by_protocol(still.call(old).protocol)
    assert row is not None
    assert (row.status, row.service) == ("pending", "email")
