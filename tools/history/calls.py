"""Rows of invented calls, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
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
FRESH_DAYS = 7
OPEN, OPEN_FRESH = 0.0005, 0.1
"""Part of the tickets of people who waited that are open still; ``FRESH``: of the last days."""


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
    sequences: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Calls of a day. ``midnight``: on the desk's clock, in UTC; ``number``: of its first call
    among all; ``sequence``: of its first protocol among those of the year; ``fresh``: one of the
    last days."""

    midnight: datetime
    year: int
    calls: int
    number: int
    sequence: int
    fresh: bool


def days_of(plan: Plan) -> list[Day]:
    """The days of a history, oldest first."""
    last = (plan.until - UTC_OFFSET).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [last - timedelta(days=back) for back in range(plan.days, 0, -1)]
    weights = [WEEKDAYS[day.weekday()] for day in days]
    sequences = dict(plan.sequences)
    whole, made, taken, found = sum(weights), 0, 0.0, []
    for place, (day, weight) in enumerate(zip(days, weights, strict=True)):
        taken += weight
        upto = round(plan.calls * taken / whole)
        sequence = sequences.get(day.year, 0)
        found.append(
            Day(
                midnight=(day + UTC_OFFSET).astimezone(UTC),
                year=day.year,
                calls=upto - made,
                number=made,
                sequence=sequence + 1,
                fresh=place >= plan.days - FRESH_DAYS,
            )
        )
        sequences[day.year] = sequence + upto - made
        made = upto
    return found


def last_sequences(days: list[Day]) -> dict[int, int]:
    """Last protocol of each year after these days."""
    return {day.year: day.sequence + day.calls - 1 for day in days}


class Makers:
    """Makes the rows of whole days, whichever process asks for which."""

    def __init__(self, plan: Plan, keyed_hash: KeyedHash) -> None:
        self.plan = plan
        self._people = [keyed_hash("cpf", f"invented {n}") for n in range(PEOPLE)]
        self._numbers = [keyed_hash("phone", f"+5567900{n:06d}") for n in range(NUMBERS)]
        self._weights = [story.weight for story in STORIES]
        self._lines = {story.word: _lines(story) for story in STORIES}

    def day(self, day: Day) -> Iterator[tuple[str, Row]]:
        """(table, row) of the calls of a day, in the order in which they began."""
        dice = random.Random(f"{self.plan.seed}:{day.number}")
        hours = dice.choices(range(24), HOURS, k=day.calls)
        begins = sorted(hour * 3600 + dice.random() * 3600 for hour in hours)
        stories = dice.choices(STORIES, self._weights, k=day.calls)
        midnight = day.midnight.replace(tzinfo=None)
        local = (midnight - UTC_OFFSET).date()
        due = tuple((local + timedelta(days=days)).isoformat() for days in (4, 7))
        for place, (seconds, story) in enumerate(zip(begins, stories, strict=True)):
            started = midnight + timedelta(seconds=seconds)
            protocol = make_protocol(day.year, day.sequence + place).digits
            yield from self._call(dice, story, started, day, day.number + place, protocol, due)

    def _call(
        self,
        dice: random.Random,
        story: Story,
        started: datetime,
        day: Day,
        number: int,
        protocol: str,
        due: tuple[str, ...],
    ) -> Iterator[tuple[str, Row]]:
        plan = self.plan
        sid = f"CA{plan.seed & 0xFFFF:04x}{number:028x}"
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
        open_ = story.queue and dice.random() < (OPEN_FRESH if day.fresh else OPEN)
        yield "tickets", (
            protocol, sid, at, due[0], due[1], "open" if open_ else "closed", story.outcome,
            story.node, service, "", person, identity, rating, None if open_ else end, "", "", 1,
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
        if story.queue:
            names = (QUEUE, SECOND) if second else (QUEUE,)
            yield from (("call_marks", ("queue", name, at, sid)) for name in names)
            entered = started + timedelta(seconds=ivr)
            answered = entered + timedelta(seconds=wait)
            result = "answered" if story.talk else "hangup" if abandoned else "timeout"
            yield "queue_entries", (
                sid, queue, _time(entered), _time(answered), result, _time(entered), 0, "", "call",
                "", False,
            )  # fmt: skip
        if agent:
            yield "call_marks", ("agent", agent, at, sid)
            offer = f"OF{sid[2:]}"
            ring, taken = _time(answered - timedelta(seconds=min(wait, 6.0))), _time(answered)
            wrapped = _time(ended + timedelta(seconds=dice.uniform(8, 75)))
            yield "offers", (
                offer, sid, protocol, queue, agent, "queue", "answered", ring, taken, ring, ring,
                taken, taken, "answered", 4,
            )  # fmt: skip
            yield "engagements", (
                offer, sid, protocol, queue, agent, taken, end, "caller", None, 0, False, "off",
                "", "", None, 0, "resolvido", class_, None, wrapped, wrapped, 5,
            )  # fmt: skip
        if number >= plan.calls - plan.journal:
            for seq, (share, turn, kind, flow, node, data) in enumerate(self._lines[story.word]):
                when = _time(started + timedelta(seconds=share * ivr))
                yield "journal", (sid, turn, seq, when, kind, flow, node, data)
            flow, _, node = story.node.partition(".")
            over = _json({"by": story.ended_by, "outcome": story.outcome, "expects": "nothing"})
            yield "journal", (sid, 99, 0, end, "call.ended", flow, node, over)


def _lines(story: Story) -> list[tuple[float, int, str, str, str, str]]:
    """The journal of a story as it is stored."""
    found = []
    for share, turn, kind, place, data in story.lines:
        flow, _, node = place.partition(".")
        found.append((share, turn, kind, flow, node, _json(data)))
    return found


def _time(at: datetime) -> str:
    """As both databases read it: UTC, microseconds."""
    return at.isoformat(" ", "microseconds")


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
