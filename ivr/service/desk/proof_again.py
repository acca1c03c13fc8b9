"""A caller proves again who they are, to the system and not to the agent.

An agent must never hear what proves. So the talk ends, the caller keys the proofs into the
identification like in any call, and then waits for the same agent at the old rank. It goes by a
wish of the queue (``wish.proof`` of the ``enqueue`` node), as leaving for a callback does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivr.ports.queues import QueueRow
from ivr.ports.store import Transaction
from ivr.service.desk.actions import Result, record
from ivr.service.desk.entries import enter_queue, leave_queue
from ivr.service.desk.proven import Talk, read_talk
from ivr.service.desk.talks import end_talk
from ivr.service.runtime import Runtime

WISH = "proof"
AGAIN: Mapping[str, str] = {
    "nao_provou": "A prova falhou ou ficou pela metade",
    "outra_pessoa": "Quem fala parece outra pessoa",
    "novo_pedido": "O novo pedido exige prova",
}
"""Why a proof that was given may be asked for again; one must be told."""


def ask_proof_again(rt: Runtime, offer: str, agent: str, *, reason: str) -> Result:
    """Send the caller of a talk to the identification; they come back to the same agent.

    The agent's wrap-up begins meanwhile. Refused, in words: ``not_yours``, ``over``,
    ``no_reason``, ``consulting`` (a colleague is in the talk too), ``not_wired`` (the flow that
    this call began with knows no way to prove again).
    """
    talk = read_talk(rt, offer, agent=agent)
    fault = talk.fault if talk.fault in ("not_yours", "over") else ""
    if not fault and reason not in AGAIN:
        fault = "no_reason"
    if not fault and not _wired(rt, talk):
        fault = "not_wired"
    with rt.store.begin() as tx:
        tx.desk.lock()
        if not fault:
            fault = _send(tx, offer)
        record(
            tx,
            talk,
            offer=offer,
            agent=agent,
            kind="proof",
            service="",
            reason=fault,
            more={"why": reason} if reason in AGAIN else {},
        )
    return Result(done=not fault, reason=fault)


def _wired(rt: Runtime, talk: Talk) -> bool:
    """Whether the flow at hand knows the wish."""
    if talk.session is None:
        return False
    engine = talk.session.engine
    node = rt.flows.book(engine.revision, rt.store).node(engine.at.flow, engine.at.node)
    return WISH in getattr(node, "wish", {})


def _send(tx: Transaction, offer: str) -> str:
    """End the talk and leave word of where the caller goes; all or nothing."""
    now, row = tx.now(), tx.desk.offer(offer)
    talk = tx.desk.engagement(offer)
    if row is None or talk is None or talk.ended_at is not None:
        return "over"
    if len(tx.desk.talks_of(row.call_sid)) > 1 or tx.outside.of_call(row.call_sid):
        return "consulting"
    before = tx.queues.entry(row.call_sid)
    if before is not None and before.left_at is None:
        return "consulting"
    entry = QueueRow(
        call_sid=row.call_sid,
        queue=row.queue,
        entered_at=now,
        ranked_at=None if before else talk.started_at,
        target=row.agent,
        in_room=True,
    )
    if before is not None:
        entry = replace(entry, priority=before.priority, priority_kind=before.priority_kind)
    if enter_queue(tx, entry, now=now) is None:
        return "over"
    leave_queue(tx, row.call_sid, result=f"wish:{WISH}", now=now)
    end_talk(tx, offer, by="agent", now=now)
    return ""
