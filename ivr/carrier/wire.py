"""Everything that leaves the carrier for one call, seen on its line and logged when it fails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from ivr.carrier.audio import Sound
from ivr.carrier.call import Call, Goto
from ivr.carrier.clock import wall_clock
from ivr.carrier.events import HttpExchange
from ivr.carrier.fields import Fields
from ivr.carrier.problem import Problem, warning
from ivr.carrier.sounds import NotAudio, NotFetched, Sounds
from ivr.carrier.webhook import Answer, WebhookClient, shown_url


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedProblem:
    at: datetime
    call: str
    url: str
    problem: Problem


class Wire:
    """``webhooks`` signs and sends."""

    def __init__(self, webhooks: WebhookClient) -> None:
        self.webhooks = webhooks
        self.sounds = Sounds(webhooks.transport)
        self.errors: list[LoggedProblem] = []

    async def fetch(self, call: Call, goto: Goto, fields: Fields) -> Answer:
        """A webhook whose answer matters."""
        answer = await self.webhooks.send(
            method=goto.method, url=goto.url, fields=fields, faults=call.faults
        )
        self._show(call, "document", goto.method, goto.url, answer)
        return answer

    async def callback(
        self, call: Call, *, purpose: str, url: str, method: str, fields: Fields
    ) -> None:
        """A webhook whose answer only matters when it is an error."""
        answer = await self.webhooks.send(method=method, url=url, fields=fields)
        self._show(call, purpose, method, url, answer)
        if answer.status >= 400:
            self.log(call, warning(15003, f"the callback answered {answer.status}"), url=url)
        elif answer.problem is not None:
            self.log(call, answer.problem, url=url)

    async def sound(self, call: Call, url: str) -> Sound:
        """Raises NotFetched, NotAudio."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        status: int | None = 0
        try:
            sound, status = await self.sounds.fetch(url)
            return sound
        except NotFetched as failure:
            status = failure.status
            raise
        except NotAudio:
            status = 200
            raise
        finally:
            if status is not None:
                call.emit(
                    HttpExchange,
                    purpose="media",
                    method="GET",
                    url=shown_url(url),
                    status=status,
                    milliseconds=round((loop.time() - began) * 1000),
                )

    def _show(self, call: Call, purpose: str, method: str, url: str, answer: Answer) -> None:
        call.emit(
            HttpExchange,
            purpose=purpose,
            method=method,
            url=shown_url(url),
            status=answer.status,
            milliseconds=answer.milliseconds,
        )

    def log(self, call: Call, problem: Problem, *, url: str = "") -> None:
        self.errors.append(
            LoggedProblem(at=wall_clock(), call=call.sid, url=shown_url(url), problem=problem)
        )
        call.emit_problem(problem)
