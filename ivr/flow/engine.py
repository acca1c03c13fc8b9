"""``step``: one event in, verbs or one request out. Pure and total: it never raises on an event.

Every loop is bounded: nodes a step, steps and faults a call, repeats and tries of each node.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.flow import trail
from ivr.flow.book import FlowBook
from ivr.flow.context import Context
from ivr.flow.events import (
    CallStarted,
    Digits,
    Event,
    NoInput,
    RequestDone,
    RequestFailed,
    StillWorking,
    StreamLost,
)
from ivr.flow.facts import Fact
from ivr.flow.keys import PERSON, global_move
from ivr.flow.moves import Ask, Call, Finish, GoTo, Listen, Move
from ivr.flow.requests import Request
from ivr.flow.state import LEVELS, CallState, Place
from ivr.flow.verbs import EndingVerb, Filler, Hangup, Utterance, Verb

NODES_A_STEP = 100
STEPS_A_CALL = 500
FAULTS_A_CALL = 5
STACK_DEPTH = 10

_FAULTS = "call:fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Outcome of a step: either ``verbs`` (the last one ends the turn) or a ``request``.

    With a request, ``speech`` is what was to be said before it: hand it to the next step.
    """

    state: CallState
    verbs: tuple[Verb, ...] = ()
    request: Request | None = None
    facts: tuple[Fact, ...] = ()
    speech: tuple[Utterance, ...] = ()


def start(book: FlowBook) -> CallState:
    """The state of a call before its first event."""
    flow = book.flows[book.globals.start]
    return CallState(revision=book.revision, at=Place(flow=flow.id, node=flow.start))


def step(
    book: FlowBook, state: CallState, event: Event, *, speech: tuple[Utterance, ...] = ()
) -> Step:
    """Take one event. An ended call stays ended: its step hangs up and changes nothing.

    ``speech``: what the step before left to be said (:attr:`Step.speech`).
    """
    if state.status == "ended":
        return Step(state=state, verbs=(Hangup(speech=()),))
    ctx = Context(book=book, state=replace(state, steps=state.steps + 1), speech=list(speech))
    move = _first_move(ctx, event)
    for _ in range(NODES_A_STEP):
        match move:
            case Listen(verb=verb):
                if not isinstance(verb, Filler):
                    ctx.change(waiting="")
                return _end_turn(ctx, verb)
            case Finish(verb=verb):
                ctx.change(status="ended")
                return _end_turn(ctx, verb)
            case Ask(request=request):
                ctx.change(waiting=type(request).__name__)
                ctx.fact("request.made", request=type(request).__name__)
                return Step(
                    state=ctx.state,
                    verbs=tuple(ctx.verbs),
                    request=request,
                    facts=tuple(ctx.facts),
                    speech=tuple(ctx.speech),
                )
            case Call(flow=flow, then=then):
                move = _call(ctx, flow, then)
            case GoTo(target=target):
                move = _go(ctx, target)
    ctx.fact("fault.bound", bound="nodes a step")
    return _give_up(ctx)


def _first_move(ctx: Context, event: Event) -> Move:
    state = ctx.state
    if state.steps > STEPS_A_CALL:
        return _bound(ctx, "steps a call")
    if isinstance(event, CallStarted):
        ctx.keep(
            protocol=event.protocol,
            deadline=event.deadline,
            caller_id="yes" if event.caller_id else "no",
        )
        return _enter(ctx)
    node = ctx.book.node(state.at.flow, state.at.node)
    if node is None:
        ctx.fact("fault.node_missing")
        return _fault(ctx)
    if state.waiting:
        if isinstance(event, Digits) and event.value == PERSON:
            ctx.fact("person.asked")
            ctx.fact("job.left_behind")
            return GoTo(target=ctx.book.globals.person)
        if not isinstance(event, RequestDone | RequestFailed | StillWorking):
            event = StillWorking()
        if isinstance(event, RequestFailed):
            ctx.fact("request.failed", request=state.waiting, reason=event.reason)
        if not isinstance(event, StillWorking):
            ctx.change(waiting="")
    else:
        if isinstance(event, StreamLost):
            ctx.change(own_ears=False, keys_only=True)
            ctx.fact("speech.stream_lost")
            if node.listens:
                return node.ask_again(ctx)
        if isinstance(event, RequestDone | RequestFailed | StillWorking | StreamLost):
            event = NoInput()
        shortcut = global_move(ctx, node, event)
        if shortcut is not None:
            return shortcut
    return node.resume(ctx, event)


def _enter(ctx: Context) -> Move:
    at = ctx.state.at
    node = ctx.book.node(at.flow, at.node)
    if node is None:
        ctx.fact("fault.node_missing")
        return _fault(ctx)
    ctx.change(phase="", waiting="")
    ctx.fact("node.entered", type=node.type)
    if LEVELS.index(ctx.state.level) < LEVELS.index(node.requires):
        ctx.fact("guard.refused", requires=node.requires, level=ctx.state.level)
        return _fault(ctx)
    if node.outcome:
        ctx.change(outcome=node.outcome)
        ctx.fact("outcome.set", outcome=node.outcome)
    if node.landmark:
        ctx.state = trail.passed(ctx.state)
    return node.enter(ctx)


def _go(ctx: Context, target: str) -> Move:
    state = ctx.state
    if target == ctx.book.globals.fault:
        faults = state.counts.get(_FAULTS, 0) + 1
        ctx.change(counts={**state.counts, _FAULTS: faults})
        if faults > FAULTS_A_CALL:
            return _bound(ctx, "faults a call")
    if target == "return":
        if not state.stack:
            ctx.fact("fault.stack_empty")
            return _fault(ctx)
        ctx.state = trail.returned(state)
        ctx.change(at=state.stack[-1], stack=state.stack[:-1])
        return _enter(ctx)
    flow, _, node = target.rpartition(".")
    if flow and flow != state.at.flow:
        ctx.state = trail.left_for_good(ctx.state)
    ctx.change(at=Place(flow=flow or state.at.flow, node=node))
    return _enter(ctx)


def _call(ctx: Context, flow: str, then: str) -> Move:
    state = ctx.state
    found = ctx.book.flows.get(flow)
    if found is None or len(state.stack) >= STACK_DEPTH:
        ctx.fact("fault.subflow", flow=flow)
        return _fault(ctx)
    back = Place(flow=state.at.flow, node=then)
    ctx.change(stack=(*state.stack, back), at=Place(flow=found.id, node=found.start))
    return _enter(ctx)


def _fault(ctx: Context) -> Move:
    return GoTo(target=ctx.book.globals.fault)


def _bound(ctx: Context, bound: str) -> Move:
    ctx.fact("fault.bound", bound=bound)
    ctx.change(outcome="fault")
    ctx.speech = []
    return Finish(verb=Hangup(speech=(ctx.utter(ctx.book.globals.goodbye),)))


def _give_up(ctx: Context) -> Step:
    ctx.change(status="ended", outcome="fault")
    ctx.speech = []
    return _end_turn(ctx, Hangup(speech=(ctx.utter(ctx.book.globals.goodbye),)))


def _end_turn(ctx: Context, verb: EndingVerb) -> Step:
    spoken = replace(verb, speech=(*ctx.speech, *verb.speech))
    ctx.speech = []
    return Step(state=ctx.state, verbs=(*ctx.verbs, spoken), facts=tuple(ctx.facts))
