"""One call leg as Twilio's resource: its identity, its status, and what may interrupt it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ivr.carrier.clock import wall_clock
from ivr.carrier.events import Answered, HungUp, LineEvent, StatusChanged, Warned
from ivr.carrier.faults import Faults
from ivr.carrier.handset import Handset
from ivr.carrier.leg import CallLeg
from ivr.carrier.line import Line
from ivr.carrier.problem import Problem
from ivr.carrier.twiml.dial import StatusCallback

T = TypeVar("T")

TERMINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto:
    """Where a call takes its next document: an address, or the TwiML itself."""

    url: str = ""
    method: str = "POST"
    fields: tuple[tuple[str, str], ...] = ()
    twiml: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What is configured for a number, an application, or a call made by REST."""

    voice: Goto
    fallback_url: str = ""
    fallback_method: str = "POST"
    status: StatusCallback | None = None


class Interrupted(Exception):
    """The running document must stop."""


class CallOver(Interrupted):
    """The leg has ended. ``by``: caller (the far end), api or carrier."""

    def __init__(self, *, by: str) -> None:
        super().__init__(by)
        self.by = by


class Replaced(Interrupted):
    """Another document takes over."""

    def __init__(self, goto: Goto) -> None:
        super().__init__("replaced")
        self.goto = goto


class Call:
    """Lives in one event loop. Times ending in ``_at`` are aware UTC."""

    def __init__(
        self,
        *,
        sid: str,
        account_sid: str,
        from_: str,
        to: str,
        direction: str,
        status: str,
        route: Route,
        leg: CallLeg,
        line: Line,
        faults: Faults,
        handset: Handset | None = None,
        parent_sid: str = "",
        extra: tuple[tuple[str, str], ...] = (),
        callback_fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.sid = sid
        self.account_sid = account_sid
        self.from_ = from_
        self.to = to
        self.direction = direction
        self.status = status
        self.route = route
        self.leg = leg
        self.line = line
        self.faults = faults
        self.parent_sid = parent_sid
        self.extra = extra
        self.callback_fields = callback_fields
        self.created_at = wall_clock()
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.sequence = 0
        self.pending: set[asyncio.Task[Any]] = set()
        self.over = asyncio.Event()
        self.closing = False
        self._handset = handset
        self._why: Interrupted | None = None
        self._alarm = asyncio.Event()

    @property
    def handset(self) -> Handset:
        """The phone at the far end. Raises LookupError for a leg that is not virtual."""
        if self._handset is None:
            raise LookupError("this leg has no handset")
        return self._handset

    @property
    def answered(self) -> bool:
        return self.answered_at is not None

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    @property
    def seconds(self) -> int:
        """From the answer to the end (or to now), at least 1; 0 if never answered."""
        if self.answered_at is None:
            return 0
        length = ((self.ended_at or wall_clock()) - self.answered_at).total_seconds()
        return max(round(length), 1)

    def emit(self, event: type[LineEvent], /, **fields: Any) -> None:
        self.line.emit(event(at=wall_clock(), call=self.sid, **fields))

    def emit_problem(self, problem: Problem) -> None:
        self.emit(Warned, code=problem.code, level=problem.level, text=problem.text)

    def set_status(self, status: str) -> None:
        if status != self.status and not self.ended:
            self.status = status
            self.emit(StatusChanged, status=status)

    async def answer(self) -> bool:
        """Pick up, if that has not been done; says whether it was done now."""
        if self.answered or self.ended:
            return False
        await self.until(self.leg.answer())
        self.mark_answered()
        return True

    def mark_answered(self) -> None:
        self.answered_at = wall_clock()
        self.set_status("in-progress")
        self.emit(Answered)

    def end(self, status: str, *, by: str) -> None:
        """Fix the final status; only the first time counts."""
        if self.ended:
            return
        self.ended_at = wall_clock()
        self.set_status(status)
        self.emit(HungUp, by=by)

    def interrupt(self, why: Interrupted) -> None:
        """Stop what runs. Nothing replaces the end of a call."""
        if isinstance(self._why, CallOver):
            return
        if isinstance(why, CallOver):
            self.end(self._status_when_cut(why.by), by=why.by)
        self._why = why
        self._alarm.set()

    def _status_when_cut(self, by: str) -> str:
        if self.answered:
            return "completed"
        return "canceled" if by in ("caller", "api") else "no-answer"

    def resume(self) -> None:
        """Forget a replacement that is being carried out."""
        if not isinstance(self._why, CallOver):
            self._why = None
            self._alarm.clear()

    def check(self) -> None:
        """Raise what interrupts this call, if anything does."""
        if self._why is not None:
            raise self._why

    async def until(self, work: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """The result of ``work``, unless the call is interrupted first.

        Raises CallOver or Replaced then, and TimeoutError after ``timeout`` seconds; in each
        case, and when cancelled, ``work`` is cancelled.
        """
        if self._why is not None:
            work.close()
            raise self._why
        task = asyncio.ensure_future(work)
        alarm = asyncio.ensure_future(self._alarm.wait())
        try:
            await asyncio.wait({task, alarm}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            finished = task.done()
        finally:
            alarm.cancel()
            task.cancel()
            await asyncio.gather(task, alarm, return_exceptions=True)
        self.check()
        if not finished:
            raise TimeoutError
        return task.result()

    def keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run beside the call; the line closes only after it."""
        task = asyncio.get_running_loop().create_task(work)
        self.pending.add(task)
        task.add_done_callback(self.pending.discard)
        return task

    async def finished(self) -> None:
        """Returns when the call is over and all its webhooks have been sent."""
        await self.over.wait()
