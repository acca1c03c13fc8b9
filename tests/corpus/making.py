"""A thousand calls of two days and of the days after, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from corpus.stories import AGENTS, RING, WEIGHTS, Maker, reset
from corpus.told import Corpus, Spell, Told

LOCAL = timedelta(hours=-4)
"""Campo Grande against UTC, the whole year."""
FIRST_DAY = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Midnight of a Monday there."""
DAYS = 2
MAIN = 880
CALLS = 1000
LOGIN, PAUSE, LEAVE = timedelta(hours=7, minutes=30), timedelta(hours=12), timedelta(hours=17)
PAUSE_SECONDS = 2400
CLOSED_AFTER = (None, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
"""Days until a ticket is closed; None: never."""


def corpus_of(seed: int = 20261125) -> Corpus:
    """Most calls in the first two days, the others in the ten days after."""
    dice = random.Random(seed)
    maker = Maker(dice=dice)
    spells: list[Spell] = []
    calls: list[Told] = []
    for day in range(DAYS):
        count = MAIN // DAYS + (day < MAIN % DAYS)
        calls += _day(maker, FIRST_DAY + timedelta(days=day), count, spells)
    nobody = datetime.max.replace(tzinfo=UTC)
    maker.free = dict.fromkeys(AGENTS, nobody)
    later = FIRST_DAY + timedelta(days=DAYS)
    begins = sorted(dice.randrange(10 * 86400) for _ in range(CALLS - MAIN))
    calls += _calls(maker, [later + timedelta(seconds=s) for s in begins])
    calls = [_with_a_ticket(dice, call) for call in _called_again(dice, calls)]
    return Corpus(calls=tuple(calls), spells=tuple(sorted(spells, key=lambda s: s.since)))


def _day(maker: Maker, midnight: datetime, count: int, spells: list[Spell]) -> list[Told]:
    maker.free = dict.fromkeys(AGENTS, midnight + LOGIN)
    spells += [Spell(agent=a, state="available", since=midnight + LOGIN) for a in AGENTS]
    breaks = {"paused": midnight + PAUSE, "offline": midnight + LEAVE}
    seconds = sorted(maker.dice.randrange(6 * 3600 + 1800, 19 * 3600) for _ in range(count))
    calls: list[Told] = []
    for second in seconds:
        start = midnight + timedelta(seconds=second)
        for state, at in list(breaks.items()):
            if start >= at:
                del breaks[state]
                _stop(maker, state, at, spells)
        made = _calls(maker, [start])
        for talk in made[0].talks:
            assert talk.ended is not None
            assert talk.wrapped is not None
            steps = [("ringing", talk.began - timedelta(seconds=RING)), ("in_call", talk.began)]
            if talk.wrapped > talk.ended:
                steps.append(("wrap_up", talk.ended))
            steps.append(("available", talk.wrapped))
            spells += [Spell(agent=talk.agent, state=state, since=at) for state, at in steps]
        calls += made
    return calls


def _stop(maker: Maker, state: str, at: datetime, spells: list[Spell]) -> None:
    """Everyone pauses, or goes home, once the work in hand is done."""
    for agent in AGENTS:
        since = max(at, maker.free[agent])
        spells.append(Spell(agent=agent, state=state, since=since))
        maker.free[agent] = datetime.max.replace(tzinfo=UTC)
        if state == "paused":
            back = since + timedelta(seconds=PAUSE_SECONDS)
            spells.append(Spell(agent=agent, state="available", since=back))
            maker.free[agent] = back


def _calls(maker: Maker, starts: list[datetime]) -> list[Told]:
    ways, weights = list(WEIGHTS), list(WEIGHTS.values())
    found = []
    for start in starts:
        maker.number += 1
        maker.start = start
        found.append(maker.dice.choices(ways, weights)[0](maker))
    return found


def _called_again(dice: random.Random, calls: list[Told]) -> list[Told]:
    """Some of the later calls are made those of the edge: a second call one second within the
    seven days, at their end, or one second after them."""
    week = timedelta(days=7)
    spare = [call for call in calls if call.start >= FIRST_DAY + timedelta(days=DAYS)]
    early = [c for c in calls[: MAIN // 2] if c.person and c.service and c.greeted][:24:2]
    late = [c for c in calls[: MAIN // 2] if not c.person and c.caller and c.service][:12:2]
    moved: dict[int, Told] = {}
    for place, first in enumerate([*early, *late]):
        spare_call = spare[place * 3]
        maker = Maker(dice=dice, number=spare_call.number)
        maker.start = first.start + week + timedelta(seconds=(-1, 0, 1)[place % 3])
        again = replace(reset(maker), service=first.service, caller=first.caller)
        moved[spare_call.number] = replace(again, person=first.person)
    return sorted((moved.get(c.number, c) for c in calls), key=lambda c: c.start)


def _with_a_ticket(dice: random.Random, call: Told) -> Told:
    """When its ticket is closed: with the call, or by a person days later at any hour."""
    if call.closed is not None or call.ended is None:
        return call
    days = dice.choice(CLOSED_AFTER)
    if days is None:
        return call
    local = call.ended + LOCAL
    midnight = (local.replace(hour=0, minute=0, second=0)) - LOCAL + timedelta(days=days)
    closed = midnight + timedelta(seconds=dice.choice([0, 60, 12 * 3600, 86399]))
    if closed <= call.ended:
        closed = call.ended + timedelta(seconds=600)
    return replace(call, closed=closed, joined=dice.random() < 0.05)


def seen_at(corpus: Corpus, now: datetime) -> Corpus:
    """As much of it as has happened by then."""
    calls = tuple(_seen(call, now) for call in corpus.calls if call.start <= now)
    return Corpus(calls=calls, spells=tuple(s for s in corpus.spells if s.since <= now))


def _seen(call: Told, now: datetime) -> Told:
    if call.closed is not None and call.closed > now:
        call = replace(call, closed=None, joined=False)
    over = [t.wrapped for t in call.talks if t.wrapped is not None]
    if max([call.ended or now, *over]) <= now:
        return call
    waits = tuple(
        w if w.left is not None and w.left <= now else
        replace(w, left=None, result="", known="waiting" if w.kind == "call" else "")
        for w in call.waits if w.entered <= now
    )  # fmt: skip
    talks = tuple(
        t if t.wrapped is not None and t.wrapped <= now else
        replace(t, wrapped=None, word="",
                ended=t.ended if t.ended is not None and t.ended <= now else None)
        for t in call.talks if t.began <= now
    )  # fmt: skip
    lines = tuple(one for one in call.lines if call.start + timedelta(seconds=one.at) <= now)
    out = any(t.word not in ("", "contato") for t in talks)
    call = replace(call, waits=waits, talks=talks, lines=lines, left_out=out)
    if call.ended is None or call.ended > now:
        rated = any(one.kind == "rating.given" for one in lines)
        asked = any(one.place == "rate.ask" for one in lines)
        call = replace(
            call, ended=None, end="em_curso", hung_up="", rating=call.rating if rated else None,
            asked_to_rate=asked, closed=None, joined=False,
        )  # fmt: skip
    elif not out and talks:
        call = replace(call, end="atendida")
    return call


def spells_of(corpus: Corpus, until: datetime) -> list[tuple[Spell, datetime]]:
    """Each spell with its end."""
    found: list[tuple[Spell, datetime]] = []
    for agent in AGENTS:
        own = [s for s in corpus.spells if s.agent == agent]
        found += [(one, next_.since) for one, next_ in pairwise(own)]
        found += [(own[-1], until)] if own else []
    return found
