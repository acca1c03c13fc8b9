"""Turns whose answer comes by a media stream to our own engine: who may open it, and each input.

A stream belongs to one call and to the turn at which it began. While every reply asks for speech
again, the stream takes the turns one after another by itself; any other reply, and any failure,
ends it, and the carrier asks ``/voice/resume`` what to do.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from ivr.flow.events import Event, StreamLost
from ivr.flow.verbs import Gather, Say, Verb
from ivr.service.runtime import Runtime
from ivr.service.session import Session
from ivr.service.turns import Render, reply_of_now, take_turn

PURPOSE = "stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTurn:
    """What is spoken, and what is listened for in answer to ``turn``.

    ``says`` no key or word interrupts; the prompts of ``gather`` are interrupted by either.
    """

    turn: int
    says: tuple[Say, ...] = ()
    gather: Gather


def stream_token(rt: Runtime, *, sid: str, turn: int) -> str:
    """What the carrier must bring back in the stream's first message, 64 hex digits."""
    return rt.keyed_hash(PURPOSE, f"{sid}:{turn}")


def open_stream(rt: Runtime, *, sid: str, turn: int, token: str) -> StreamTurn | None:
    """The question of a stream that begins; None for a token that is wrong or was used, and for a
    call that waits for something else. Raises StoreUnavailableError."""
    if not hmac.compare_digest(token.encode(), stream_token(rt, sid=sid, turn=turn).encode()):
        return None
    with rt.store.begin() as tx:
        if not tx.calls.open_stream(sid, turn):
            return None
        view = tx.calls.view(sid, turn)
    asked = Session.from_dict(view.call.state).streamed if view is not None else None
    return None if asked is None else StreamTurn(turn=turn, gather=asked)


def take_stream_turn(
    rt: Runtime, *, sid: str, turn: int, event: Event, render: Render
) -> StreamTurn | None:
    """Take a turn with what was heard; the next question, or None when the stream must end.

    Raises BusyError and StoreUnavailableError, with nothing done.
    """
    taken: list[tuple[Verb, ...]] = []

    def watched(verbs: tuple[Verb, ...], *, next_turn: int) -> bytes:
        taken.append(verbs)
        return render(verbs, next_turn=next_turn)

    take_turn(rt, sid=sid, turn=turn, read=lambda _: event, render=watched)
    if not taken:
        return None
    *says, last = taken[-1]
    if not isinstance(last, Gather) or not last.streamed:
        return None
    spoken = tuple(verb for verb in says if isinstance(verb, Say))
    return StreamTurn(turn=turn + 1, says=spoken, gather=last)


def resume(rt: Runtime, *, sid: str, turn: int, render: Render) -> bytes:
    """The document after a stream that ended: the reply of the last turn that it took, or, when it
    was lost while the caller was asked something, the same question by keys.

    ``turn``: at which the stream began. Raises BusyError and StoreUnavailableError.
    """
    with rt.store.begin(write=False) as tx:
        view = tx.calls.view(sid, turn)
    if view is None or view.call.ended_at is not None:
        return take_turn(rt, sid=sid, turn=turn, read=lambda _: StreamLost(), render=render)
    if Session.from_dict(view.call.state).streamed is not None:
        now = view.call.turn
        return take_turn(rt, sid=sid, turn=now, read=lambda _: StreamLost(), render=render)
    return reply_of_now(rt, view.call, render)
