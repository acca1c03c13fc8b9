"""One webhook of a call in progress: claim, step and requests, one commit, the reply.

A repeated turn gets the stored reply byte for byte. A turn that is not the one the call waits
for changes nothing and gets the reply of the turn that is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from ivr.flow import engine
from ivr.flow.events import CallStarted, DialEnded, Digits, Event, LeftQueue, StillWorking
from ivr.flow.facts import Fact
from ivr.flow.verbs import Hangup, SpeakSecret, Utterance, Verb
from ivr.ports.store import CallRow, TurnView
from ivr.service.blocked import is_barred, told
from ivr.service.desk.queue_turns import keep_queue, left_queue
from ivr.service.jobs_awaited import event_of_job
from ivr.service.journal import entries, outcome_after
from ivr.service.left_behind import order_link_instead, stronger_outcome
from ivr.service.requests import ONLY_READS, Effect, TurnContext, run_request
from ivr.service.runtime import Runtime
from ivr.service.session import Expects, Session

CLAIM_GOOD_FOR = timedelta(seconds=12)
"""After this a claim is taken over: the carrier gave the first request up (15 s cap)."""
STEPS_A_TURN = 40

ReadEvent = Callable[[Expects], Event]


class Render(Protocol):
    """Verbs into the reply's bytes; ``next_turn`` goes into the address of the next webhook."""

    def __call__(self, verbs: tuple[Verb, ...], *, next_turn: int) -> bytes: ...


class BusyError(Exception):
    """Another process works on this very turn: ask again in a moment."""


class _LostRaceError(Exception):
    """The turn was committed by somebody else in between."""


@dataclass(slots=True)
class _Work:
    session: Session
    expected: Expects
    facts: list[Fact]
    verbs: list[Verb]
    effects: list[Effect]


def take_turn(rt: Runtime, *, sid: str, turn: int, read: ReadEvent, render: Render) -> bytes:
    """Answer one webhook. Raises BusyError and StoreUnavailableError; never twice an effect."""
    began = rt.stopwatch()
    with rt.store.begin(write=False) as tx:
        view = tx.calls.view(sid, turn)
    if view is None or (view.reply is None and view.call.ended_at is not None):
        return render((Hangup(speech=()),), next_turn=turn)
    if view.reply is not None:
        return view.reply
    if turn != view.call.turn:
        return reply_of_now(rt, view.call, render)
    work = _work(rt, view, turn, read)
    try:
        return _commit(rt, view.call, turn, work, render, began)
    except _LostRaceError:
        with rt.store.begin(write=False) as tx:
            again = tx.calls.view(sid, turn)
        if again is not None and again.reply is not None:
            return again.reply
        return render((Hangup(speech=()),), next_turn=turn)


def reply_of_now(rt: Runtime, call: CallRow, render: Render) -> bytes:
    """The stored reply of the last turn that was taken."""
    with rt.store.begin(write=False) as tx:
        last = tx.calls.view(call.sid, call.turn - 1)
    if last is not None and last.reply is not None:
        return last.reply
    return render((Hangup(speech=()),), next_turn=call.turn)


def _work(rt: Runtime, view: TurnView, turn: int, read: ReadEvent) -> _Work:
    call = view.call
    session = Session.from_dict(call.state)
    work = _Work(session=session, expected=session.expects, facts=[], verbs=[], effects=[])
    if is_barred(session):
        only = told(session, protocol=call.protocol)
        work.session, work.verbs = only.session, [only.verb]
        work.facts += only.facts
        return work
    if session.job and not session.engine.waiting:
        spoken = session.job
        work.effects.append(lambda tx: tx.resets.erase_secret(spoken))
    event = _first_event(rt, call, session, read)
    book = rt.flows.book(session.engine.revision, rt.store)
    speech: tuple[Utterance, ...] = ()
    claimed = False
    for _ in range(STEPS_A_TURN):
        result = engine.step(book, work.session.engine, event, speech=speech)
        work.session = replace(work.session, engine=result.state)
        work.facts += result.facts
        work.verbs += result.verbs
        speech = result.speech
        if result.request is None:
            return work
        if not claimed and type(result.request) not in ONLY_READS:
            _claim(rt, call.sid, turn)
            claimed = True
        context = TurnContext(call=call, turn=turn, session=work.session, effects=work.effects)
        event = run_request(rt, context, result.request)
        work.session = context.session
    raise RuntimeError("steps of one turn do not end")


def _claim(rt: Runtime, sid: str, turn: int) -> None:
    with rt.store.begin() as tx:
        now = tx.now()
        if not tx.calls.claim(sid, turn, now=now, stale_before=now - CLAIM_GOOD_FOR):
            raise BusyError


def _first_event(rt: Runtime, call: CallRow, session: Session, read: ReadEvent) -> Event:
    if session.expects == "start":
        with rt.store.begin(write=False) as tx:
            ticket = tx.tickets.by_protocol(call.protocol)
        deadline = ticket.due_business.isoformat() if ticket else ""
        return CallStarted(
            protocol=call.protocol, deadline=deadline, caller_id=call.caller is not None
        )
    event = read(session.expects)
    if session.job and session.engine.waiting and not isinstance(event, Digits):
        return event_of_job(rt, session.job) or StillWorking()
    if session.expects == "queue" and isinstance(event, LeftQueue | DialEnded):
        with rt.store.begin(write=False) as tx:
            return left_queue(tx.queues.entry(call.sid), event)
    return event


def _commit(
    rt: Runtime, call: CallRow, turn: int, work: _Work, render: Render, began: float
) -> bytes:
    session = work.session.awaiting(work.verbs[-1])
    if not session.engine.waiting and not isinstance(work.verbs[-1], SpeakSecret):
        session = replace(session, job="")
    told = any(fact.kind == "outcome.set" for fact in work.facts)
    left_behind = any(fact.kind == "job.left_behind" for fact in work.facts)
    reply = render(tuple(work.verbs), next_turn=turn + 1)
    at = session.engine.at
    person = session.person.key if session.person else call.person
    queued = "queue" in (session.expects, work.expected)
    with rt.store.begin() as tx:
        if queued:
            tx.desk.lock()
        now = tx.now()
        outcome = call.outcome
        if told:
            ticket = tx.tickets.by_protocol(call.protocol)
            outcome = stronger_outcome(ticket, outcome_after(call.outcome, work.facts)).value
        changed = replace(call, state=session.to_dict(), outcome=outcome, person=person)
        if not tx.calls.advance(call=changed, turn=turn, reply=reply, now=now):
            raise _LostRaceError
        took = round((rt.stopwatch() - began) * 1000)
        lines = entries(work.facts, work.verbs, turn=turn, at=now, milliseconds=took)
        tx.journal.add(call.sid, lines)
        tx.tickets.change(
            call.protocol,
            identity=session.engine.level,
            node=f"{at.flow}.{at.node}",
            **({"person": person} if person != call.person else {}),
            **({"outcome": outcome} if told else {}),
        )
        for effect in work.effects:
            effect(tx)
        awaited = tx.outbox.get(Session.from_dict(call.state).job) if left_behind else None
        if awaited is not None:
            order_link_instead(tx, awaited)
        if queued:
            keep_queue(rt, tx, call, session, now=now)
    return reply
