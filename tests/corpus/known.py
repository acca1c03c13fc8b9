"""The answers of the corpus: counted from what is told of the calls, not from any row, and not
by the formulas of the report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from corpus.told import Corpus, Spoken, Told, Wait

WITHIN, SHORT = 20, 5
"""Seconds of the service level, and of an abandonment that is short."""
WEEK = timedelta(days=7)
LOCAL = timedelta(hours=-4)
HALF = timedelta(minutes=30)
BUSINESS = {0: 3, 1: 3, 2: 5, 3: 5, 4: 5, 5: 4, 6: 3}
"""Days from a weekday to the third business day after it, in weeks without a holiday."""
BINS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600)

Count = tuple[int, int]


def due_days(opened: datetime) -> tuple[date, date]:
    """Last days of the two clocks of a ticket."""
    day = (opened + LOCAL).date()
    return day + timedelta(days=BUSINESS[day.weekday()]), day + timedelta(days=7)


@dataclass
class Known:
    """``sums``: every measure under every key; ``figures``: value and n of each figure of the
    dictionary; ``volume``: ends of calls by half hour."""

    sums: dict[tuple[str, str], Count] = field(default_factory=dict)
    figures: dict[str, tuple[float | None, int]] = field(default_factory=dict)
    volume: dict[datetime, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, measure: str, key: str = "", n: int = 1, total: int = 0) -> None:
        before = self.sums.get((measure, key), (0, 0))
        self.sums[(measure, key)] = (before[0] + n, before[1] + total)


def known_of(
    corpus: Corpus, spells: Iterable[tuple[str, str, int]], since: datetime, until: datetime
) -> Known:
    """The answers for ``[since, until)``. ``spells``: (agent, state, seconds) within it."""
    found = Known()
    told = [call for call in corpus.calls if since <= call.start < until]
    good = [call for call in told if not call.left_out]
    for call in told:
        found.add("call.all")
        found.add("call.end", call.end)
        minute = call.start.minute // 30 * 30
        found.volume[call.start.replace(minute=minute, second=0)][call.end] += 1
    for call in good:
        _in_the_menus(found, call)
    repeats = _first_contacts(corpus, good)
    for call, again in repeats:
        found.add("fcr.first", call.service)
        if again:
            found.add("fcr.again", call.service)
    waits = [
        w for c in corpus.calls if not c.left_out for w in c.waits if since <= w.entered < until
    ]
    for wait in waits:
        _wait(found, wait)
    talks = [
        (c, t)
        for c in corpus.calls
        for t in c.talks
        if t.kind != "consult" and since <= t.began < until
    ]
    for call, talk in talks:
        found.add("talk.class", talk.word)
        if not call.left_out:
            _talk(found, talk)
    dealt = [c for c in told if c.closed is not None and not c.joined]
    met = {"business": 0, "calendar": 0}
    for call in dealt:
        assert call.closed is not None
        day = (call.closed + LOCAL).date()
        for clock, due in zip(met, due_days(call.start), strict=True):
            met[clock] += day <= due
            found.add(f"ticket.{clock}", "met" if day <= due else "missed")
    states: Counter[str] = Counter()
    for agent, state, seconds in spells:
        found.add("agent.state", f"{agent}|{state}", 0, seconds)
        states[state] += seconds
    _figures(found, good, waits, [t for c, t in talks if not c.left_out], repeats, told)
    under = sum(states.values()) - states["paused"]
    busy = states["in_call"] + states["wrap_up"]
    found.figures |= {
        "prazo_uteis": _percent(met["business"], len(dealt)),
        "prazo_corridos": _percent(met["calendar"], len(dealt)),
        "ocupacao": (100 * busy / under if under else None, sum(states.values())),
    }
    return found


def _in_the_menus(found: Known, call: Told) -> None:
    kinds = {line.kind for line in call.lines}
    identified = call.greeted and "person.identified" in kinds
    contained = call.end == "ura"
    steps = {
        "entrou": True,
        "passou_da_saudacao": call.greeted,
        "identificou": identified,
        "resolveu": identified and contained,
        "avaliou": identified and contained and call.rating is not None,
    }
    for step, there in steps.items():
        if there:
            found.add("funnel", step)
    if call.ended is not None:
        found.add("call.seconds", "", 1, int((call.ended - call.start).total_seconds()))
        found.add("call.hung_up", call.hung_up)
        if call.greeted:
            found.add("call.greeted")
            if contained:
                found.add("call.contained")
    places = [line.place for line in call.lines if line.kind == "node.entered"]
    for place in set(places):
        found.add("node.entered", f"{call.revision}|{place}")
    if call.end == "desistiu_na_ura":
        found.add("node.dropped", f"{call.revision}|{places[-1]}")
    for place in {line.place for line in call.lines if line.kind == "person.asked"}:
        found.add("node.person", f"{call.revision}|{place}")
    for line in call.lines:
        data = dict(line.data)
        if line.kind.startswith("proof."):
            found.add(line.kind, str(data["factor"]))
        elif line.kind.endswith(".settled"):
            found.add("reset", f"{data.get('service', call.service)}|{data['outcome']}")
    if call.service:
        found.add("service.calls", call.service)
        if contained:
            found.add("service.contained", call.service)
        if "person.asked" in kinds:
            found.add("service.person", call.service)
    if call.asked_to_rate:
        found.add("rating.asked", call.service)
    if call.rating is not None:
        found.add("rating.given", call.service, 1, call.rating)
        found.add("rating.value", str(call.rating))


def _first_contacts(corpus: Corpus, good: list[Told]) -> list[tuple[Told, bool]]:
    """Calls of a known person, or else number, about a service that are over, and whether the
    same called again about it within seven days. A number is known of calls that are over."""
    same: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for other in corpus.calls:
        if other.person:
            same["person", other.person, other.service].append(other.start)
        if other.caller and other.ended is not None:
            same["caller", other.caller, other.service].append(other.start)
    found = []
    for call in good:
        if not call.service or not call.greeted or call.ended is None:
            continue
        if call.person or call.caller:
            way = "person" if call.person else "caller"
            starts = same[way, call.person or call.caller, call.service]
            again = any(call.start < start <= call.start + WEEK for start in starts)
            found.append((call, again))
    return found


def _wait(found: Known, wait: Wait) -> None:
    if wait.kind != "call":
        found.add("stay.other_kind", wait.kind)
        return
    found.add("stay.offered", wait.queue)
    found.add(f"stay.{wait.known}", wait.queue, 1, wait.seconds)
    soon = wait.seconds <= WITHIN
    if wait.known == "answered":
        if soon:
            found.add("stay.answered_in", wait.queue)
        top = min(end for end in BINS if end >= wait.seconds)
        found.add("stay.bin", f"{wait.queue}|{top}")
    elif wait.known in ("short", "abandoned") and soon:
        found.add("stay.abandoned_in", wait.queue)


def _talk(found: Known, talk: Spoken) -> None:
    found.add("talk.all", talk.queue)
    found.add("agent.talks", talk.agent)
    if talk.ended is None or talk.wrapped is None:
        return
    whole = int((talk.ended - talk.began).total_seconds())
    wrap = int((talk.wrapped - talk.ended).total_seconds())
    for part, seconds in (("talk", whole - talk.hold), ("hold", talk.hold), ("wrap", wrap)):
        found.add(f"talk.{part}", talk.queue, 1, seconds)
        found.add(f"agent.{part}", talk.agent, 1, seconds)


def _percent(over: int, under: int) -> tuple[float | None, int]:
    return (100 * over / under if under else None, under)


def _mean(values: list[int]) -> tuple[float | None, int]:
    return (sum(values) / len(values) if values else None, len(values))


def _figures(
    found: Known,
    good: list[Told],
    waits: list[Wait],
    talks: list[Spoken],
    repeats: list[tuple[Told, bool]],
    told: list[Told],
) -> None:
    """From the lists themselves, each by the words of its definition."""
    offered = [w for w in waits if w.kind == "call"]
    answered = [w.seconds for w in offered if w.known == "answered"]
    lost = [w.seconds for w in offered if w.known == "abandoned"]
    short = sum(w.known == "short" for w in offered)
    late = sum(seconds > WITHIN for seconds in lost)
    done = [
        int((t.wrapped - t.began).total_seconds())
        for t in talks
        if t.ended is not None and t.wrapped is not None
    ]
    over = [c for c in good if c.ended is not None and c.greeted]
    ratings = [c.rating for c in good if c.rating is not None]
    lines = [line for c in good for line in c.lines]
    failed = sum(line.kind == "proof.failed" for line in lines)
    proofs = failed + sum(line.kind == "proof.passed" for line in lines)
    resets = sum(
        line.kind.endswith(".settled") and dict(line.data)["outcome"] == "done" for line in lines
    )
    found.figures |= {
        "chamadas": (len(told), len(told)),
        "na_fila": (len(offered), len(offered)),
        "atendidas": (len(answered), len(answered)),
        "abandonos_curtos": (short, short),
        "nivel_de_servico": _percent(
            sum(seconds <= WITHIN for seconds in answered), len(answered) + late
        ),
        "tme": _mean(answered),
        "tma": _mean(done),
        "abandono": _percent(len(lost), len(offered)),
        "contencao": _percent(sum(c.end == "ura" for c in over), len(over)),
        "fcr": _percent(sum(not again for _, again in repeats), len(repeats)),
        "csat": _mean(ratings),
        "respostas": _percent(len(ratings), sum(c.asked_to_rate for c in good)),
        "provas_falhas": _percent(failed, proofs),
        "redefinicoes": (resets, resets),
    }
