"""A proof is asked for again: the caller goes to the system with it, never to the agent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desk import Desk
from ticket_rows import agent, talk
from web.phone_line import PhoneLine, call, still_desk

from ivr.service.desk.actions import REASONS
from ivr.service.desk.proof_again import AGAIN, ask_proof_again
from ivr.service.tickets_history import history_of
from ivr.settings import ROOT

WIRED = """
[nodes.prove]
type = "subflow"
flow = "identify"
then = "queue"
"""


@pytest.fixture
def wired(quick: Path) -> Desk:
    """A desk whose flows have a way to prove again."""
    flows = quick / "callflows"
    shutil.copytree(ROOT / "callflows", flows)
    person = flows / "person.toml"
    text = person.read_text("utf-8")
    if "wish.proof" not in text:
        text = text.replace(
            'wish.callback = "callback"', 'wish.callback = "callback"\nwish.proof = "prove"'
        )
        person.write_text(text + WIRED, "utf-8")
    return still_desk(quick, changes={"IVR_CALLFLOWS": str(flows)})


def waiting(line: PhoneLine) -> PhoneLine:
    line.key("0")
    while b"<Enqueue" not in line.heard[-1]:
        line.go_on()
    return line


def test_talk_ends_and_the_caller_is_bound_for_the_proof_and_the_same_agent(wired: Desk) -> None:
    line = waiting(call(wired))
    with wired.rt.store.begin() as tx:
        tx.queues.leave(line.sid, at=wired.clock.at, result="answered")
    offer = talk(wired, line.sid, me := agent(wired))
    assert ask_proof_again(wired.rt, offer, me.id, reason="outra_pessoa").done
    with wired.rt.store.begin(write=False) as tx:
        entry, ended = tx.queues.entry(line.sid), tx.desk.engagement(offer)
    assert entry is not None
    assert (entry.result, entry.target) == ("wish:proof", me.id)
    assert ended is not None
    assert ended.ended_at is not None
    told = [x for x in history_of(wired.rt, wired.call(line.sid).protocol) if x.kind == "action"]
    assert [(x.data["action"], x.data["why"]) for x in told] == [("proof", "outra_pessoa")]
    again = ask_proof_again(wired.rt, offer, me.id, reason="outra_pessoa")
    assert again.reason == "over"


@pytest.mark.parametrize("reason", ["", "porque sim"])
def test_a_reason_of_the_list_must_be_told(wired: Desk, reason: str) -> None:
    offer = talk(wired, waiting(call(wired)).sid, me := agent(wired))
    assert ask_proof_again(wired.rt, offer, me.id, reason=reason).reason == "no_reason"


def test_call_that_still_waits_for_a_colleague_stays(wired: Desk) -> None:
    offer = talk(wired, waiting(call(wired)).sid, me := agent(wired))
    refused = ask_proof_again(wired.rt, offer, me.id, reason="novo_pedido")
    assert refused.reason == "consulting"
    with wired.rt.store.begin(write=False) as tx:
        row = tx.desk.engagement(offer)
    assert row is not None
    assert row.ended_at is None


def test_colleague_cannot_send_the_caller_away(wired: Desk) -> None:
    offer = talk(wired, waiting(call(wired)).sid, agent(wired))
    other = agent(wired, "bruno.agente")
    assert ask_proof_again(wired.rt, offer, other.id, reason="novo_pedido").reason == "not_yours"


def test_flow_without_the_way_refuses_and_the_talk_goes_on(quick: Path) -> None:
    flows = quick / "callflows"
    shutil.copytree(ROOT / "callflows", flows)
    person = flows / "person.toml"
    kept = [x for x in person.read_text("utf-8").splitlines() if not x.startswith("wish.proof")]
    text = "\n".join(kept)
    head, _, rest = text.partition("[nodes.prove]")
    person.write_text(head + ("[nodes" + rest.partition("[nodes")[2] if rest else ""), "utf-8")
    desk = still_desk(quick, changes={"IVR_CALLFLOWS": str(flows)})
    offer = talk(desk, waiting(call(desk)).sid, me := agent(desk))
    assert ask_proof_again(desk.rt, offer, me.id, reason="nao_provou").reason == "not_wired"


def test_every_word_of_a_refusal_and_every_reason_is_told_in_portuguese() -> None:
    assert all(text.endswith((".", "”.")) for text in REASONS.values())
    assert all(AGAIN.values())
