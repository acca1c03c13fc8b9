"""Rows of invented calls, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ivr.domain.protocol_number import make_protocol
from ivr.ports.sealing import KeyedHash
from ivr.service.calls_log_facts import band_of
from tools.history.stories import STORIES, Story

Row = tuple[Any, ...]
HOURS = (1, 1, 1, 1, 1, 2, 6, 40, 95, 110, 105, 90, 60, 95, 105, 95, 85, 50, 20, 8, 5, 4, 3, 2)
"""Calls of an hour of the day, in parts; Campo Grande's clock, which is four hours behind UTC."""
WEEKDAYS = (1.25, 1.1, 1.0, 0.95, 0.9, 0.12, 0.08)
UTC_OFFSET = timedelta(hours=4)
PEOPLE = 40_000
NUMBERS = 120_000
CLASSES = ("contato",) * 90 + ("engano",) * 4 + ("silencio",) * 3 + ("trote",) * 2 + ("teste",)
RATINGS = (5,) * 58 + (4,) * 22 + (3,) * 10 + (2,) * 4 + (1,) * 6
QUEUE, SECOND = "atendimento", "segundo_nivel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``calls``: how many in all, spread over the ``days`` before ``until``; ``journal``: of how
    many of the last ones the journal is made; ``sequences``: last protocol of each year."""

    calls: int
    days: int
    until: datetime
    journal: int
    seed: int
    revision: str
    agents: tuple[str, ...]
    services: tuple[str, ...]
    sequences: dict[int, int]


def calls_of_days(plan: Plan) -> list[tuple[datetime, int]]:
    """(midnight of a day on the desk's clock, in UTC; how many calls), oldest first."""
    last = (plan.until - UTC_OFFSET).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [last - timedelta(days=back) for back in range(plan.days, 0, -1)]
    weights = [WEEKDAYS[day.weekday()] for day in days]
    whole, made, taken, found = sum(weights), 0, 0.0, []
    for day, weight in zip(days, weights, strict=True):
        taken += weight
        upto = round(plan.calls * taken / whole)
        found.append(((day + UTC_OFFSET).astimezone(UTC), upto - made))
        made = upto
    return found


class Makers:
    """Makes the rows of whole days. ``number``: of the first call of the day among all."""

    def __init__(self, plan: Plan, keyed_hash: KeyedHash) -> None:
        self.plan = plan
        self._hash = keyed_hash
        self._people = [keyed_hash("cpf", f"invented {n}") for n in range(PEOPLE)]
        self._numbers = [keyed_hash("phone", f"+5567900{n:06d}") for n in range(NUMBERS)]
        self._weights = [story.weight for story in STORIES]

    def day(self, midnight: datetime, count: int, first: int) -> Iterator[tuple[str, Row]]:
        """(table, row) of the calls of a day, in the order in which they began."""
        dice = random.Random(f"{self.plan.seed}:{first}")
        hours = dice.choices(range(24), HOURS, k=count)
        begins = sorted(hour * 3600 + dice.random() * 3600 for hour in hours)
        stories = dice.choices(STORIES, self._weights, k=count)
        for place, (seconds, story) in enumerate(zip(begins, stories, strict=True)):
            started = midnight + timedelta(seconds=seconds)
            yield from self._call(dice, story, started, first + place)

    def _call(
        self, dice: random.Random, story: Story, started: datetime, number: int
    ) -> Iterator[tuple[str, Row]]:
        plan = self.plan
        sid = f"CA{plan.seed & 0xFFFF:04x}{number:028x}"
        year = (started - UTC_OFFSET).year
        plan.sequences[year] = plan.sequences.get(year, 0) + 1
        protocol = make_protocol(year, plan.sequences[year]).digits
        ivr = max(4.0, dice.gammavariate(6, story.ivr / 6))
        wait = min(600.0, dice.expovariate(1 / 55)) if story.queue else 0.0
        talk = max(10.0, dice.gammavariate(3, 95)) if story.talk else 0.0
        ended = started + timedelta(seconds=ivr + wait + talk)
        known = story.identity != "anonymous" or (story.talk and dice.random() < 0.55)
        who = dice.randrange(PEOPLE) if known else 0
        person = self._people[who] if known else ""
        own = dice.random() < 0.8
        caller = "" if dice.random() < 0.03 else self._numbers[
            (who * 3) % NUMBERS if known and own else dice.randrange(NUMBERS)
        ]  # fmt: skip
        service = dice.choice(plan.services) if story.service else ""
        agent = dice.choice(plan.agents) if story.talk else ""
        second = story.talk and dice.random() < 0.06
        queue = SECOND if second else QUEUE if story.queue else ""
        rating = dice.choice(RATINGS) if story.rated and dice.random() < 0.35 else None
        class_ = dice.choice(CLASSES) if story.talk else ""
        error = story.error or dice.random() < 0.004
        identity = "identified" if known and story.identity == "anonymous" else story.identity
        at, end = _time(started), _time(ended)
        total = int(ivr + wait + talk)
        yield "calls", (
            sid, protocol, 9, None, None, at, end, story.ended_by, story.outcome, plan.revision,
            person,
        )  # fmt: skip
        day = (started - UTC_OFFSET).date()
        status = "closed" if dice.random() < 0.98 or not story.queue else "open"
        yield "tickets", (
            protocol, sid, at, (day + timedelta(days=4)).isoformat(),
            (day + timedelta(days=7)).isoformat(), status, story.outcome, story.node, service, "",
            person, identity, rating, end if status == "closed" else None, "", "", 1,
        )  # fmt: skip
        yield "contacts", (
            sid, protocol, person, "", caller, f"{number % 10000:04d}" if caller else "", "", "",
            None, at,
        )  # fmt: skip
        abandoned = story.queue and not story.talk and story.outcome == "wants_person"
        yield "call_facts", (
            sid, protocol, at, end, caller, person, "", agent, queue, service, story.outcome,
            story.node, story.ended_by, identity, plan.revision, class_, rating,
            total - int(wait) - int(talk), int(wait), int(talk),
            dice.randrange(1, 9) if abandoned else 0, band_of(total), error, story.recorded,
            second, abandoned,
        )  # fmt: skip
        if agent:
            yield "call_marks", ("agent", agent, at, sid)
        for name in ((QUEUE, SECOND) if second else (QUEUE,)) if story.queue else ():
            yield "call_marks", ("queue", name, at, sid)
        entered = started + timedelta(seconds=ivr)
        answered = entered + timedelta(seconds=wait)
        if story.queue:
            result = "answered" if story.talk else "hangup" if abandoned else "timeout"
            yield "queue_entries", (
                sid, queue, _time(entered), _time(answered), result, _time(entered), 0, "", "call",
                "", False,
            )  # fmt: skip
        if agent:
            offer = f"OF{sid[2:]}"
            ring = answered - timedelta(seconds=min(wait, 6.0))
            wrapped = _time(ended + timedelta(seconds=dice.uniform(8, 75)))
            yield "offers", (
                offer, sid, protocol, queue, agent, "queue", "answered", _time(ring),
                _time(answered), _time(ring), _time(ring), _time(answered), _time(answered),
                "answered", 4,
            )  # fmt: skip
            yield "engagements", (
                offer, sid, protocol, queue, agent, _time(answered), end, "caller", None, 0, False,
                "off", "", "", None, 0, "resolvido", class_, None, wrapped, wrapped, 5,
            )  # fmt: skip
        if number >= plan.calls - plan.journal:
            yield from self._journal(story, sid, started, ended, ivr)

    def _journal(
        self, story: Story, sid: str, started: datetime, ended: datetime, ivr: float
    ) -> Iterator[tuple[str, Row]]:
        for seq, (share, turn, kind, place, data) in enumerate(story.lines):
            flow, _, node = place.partition(".")
            at = _time(started + timedelta(seconds=share * ivr))
            yield "journal", (sid, turn, seq, at, kind, flow, node, _json(data))
        end = {"by": story.ended_by, "outcome": story.outcome, "expects": "nothing"}
        flow, _, node = story.node.partition(".")
        yield "journal", (sid, 99, 0, _time(ended), "call.ended", flow, node, _json(end))


def _time(at: datetime) -> str:
    """As both databases read it: UTC, microseconds."""
    return f"{at.replace(tzinfo=None).isoformat(' ', 'microseconds')}"


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
