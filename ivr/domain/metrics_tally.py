"""Raw rows into sums. Sums of two periods add up to the sums of both together.

A sum has a measure, a key within it, how many, and a total (seconds, points).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ivr.domain.metrics_events import ANSWERED, GAVE_UP, CallSeen, Closed, History, Stay, Talk
from ivr.domain.outcome import CONTAINED, CallOutcome

Sums = dict[tuple[str, str], tuple[int, int]]
"""(measure, key) → (how many, total)."""

WAIT_BINS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800, 3600, 14400)
"""Upper ends, in seconds, of the classes that waits are kept in."""
CALL_ENDS = (
    "ura",
    "atendida",
    "abandonada_na_fila",
    "desistiu_na_ura",
    "fora_do_horario",
    "outra",
    "em_curso",
    "fora_da_conta",
)
"""What became of a call: each call is exactly one of these."""
STAY_ENDS = ("answered", "abandoned", "short", "callback", "moved", "unanswered", "waiting")
"""What became of a stay in the queue: each is exactly one of these."""
MOVED = ("moved", "wish:explain")
"""Out of one stay into the next: another queue, or back after saying what is needed."""
FUNNEL = ("entrou", "passou_da_saudacao", "identificou", "resolveu", "avaliou")
FIRST_TURN = 1
"""Number of the turn that the carrier asks for after the greeting."""
COUNTED_AS = 2
"""Raised whenever sums come to be counted in another way, so that kept ones are counted anew."""
TALK_KINDS = frozenset({"queue", "transfer", "callback"})
"""Talks with a caller; a colleague who is only asked has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """``within``: seconds of the service level; ``short``: an abandonment sooner is short;
    ``formula``: of the service level; ``target``: percent."""

    within: int = 20
    short: int = 5
    formula: str = "F4"
    target: int = 80

    @property
    def version(self) -> str:
        """Sums made by other rules are not comparable; the formula needs no other sums."""
        return f"{COUNTED_AS}:{self.within}:{self.short}"


def merge(many: Iterable[Sums]) -> Sums:
    """The sums of all periods together."""
    whole: Sums = {}
    for sums in many:
        for at, (n, total) in sums.items():
            before = whole.get(at, (0, 0))
            whole[at] = (before[0] + n, before[1] + total)
    return whole


def tally(history: History, rules: Rules) -> Sums:
    """The sums of everything that began in one period."""
    book = _Book()
    for call in history.calls:
        _call(book, call, left_out=call.sid in history.left_out)
    for stay in history.stays:
        if stay.call_sid not in history.left_out:
            _stay(book, stay, rules)
    for talk in history.talks:
        _talk(book, talk, left_out=talk.call_sid in history.left_out)
    for ticket in history.closed:
        _ticket(book, ticket)
    for part in history.states:
        seconds = round(part.until.timestamp()) - round(part.since.timestamp())
        book.add("agent.state", f"{part.agent}|{part.state}", 0, seconds)
    return book.sums


def end_of_call(call: CallSeen, *, left_out: bool = False) -> str:
    """One of :data:`CALL_ENDS`. Who talked with a person is never told as abandoned."""
    if left_out:
        return "fora_da_conta"
    if call.ended_at is None:
        return "em_curso"
    if any(talk.kind in TALK_KINDS for talk in call.talks):
        return "atendida"
    if call.outcome in CONTAINED:
        return "ura"
    if any(step.kind == "hours.checked" and step.result == "closed" for step in call.steps):
        return "fora_do_horario"
    if any(stay.result in GAVE_UP for stay in call.stays):
        return "abandonada_na_fila"
    return "desistiu_na_ura" if call.outcome == CallOutcome.ABANDONED else "outra"


def who_hung_up(call: CallSeen) -> str:
    """``chamador``, ``agente``, ``ura``, ``transferencia`` or ``sistema``."""
    talks = (t for t in call.talks if t.kind in TALK_KINDS and t.ended_at is not None)
    last = max(talks, key=lambda t: t.started_at, default=None)
    if last is not None and last.ended_by in ("agent", "transfer"):
        return "agente" if last.ended_by == "agent" else "transferencia"
    return {"caller": "chamador", "system": "ura"}.get(call.ended_by, "sistema")


def end_of_stay(stay: Stay, rules: Rules) -> str:
    """One of :data:`STAY_ENDS`."""
    if stay.left_at is None:
        return "waiting"
    if stay.result in ANSWERED:
        return "answered"
    if stay.result in GAVE_UP:
        return "short" if stay.seconds < rules.short else "abandoned"
    if stay.result in MOVED:
        return "moved"
    return "callback" if stay.result.startswith("wish:") else "unanswered"


def wait_bin(seconds: float) -> int:
    """Upper end of the class of a wait."""
    return next((end for end in WAIT_BINS if seconds <= end), WAIT_BINS[-1])


class _Book:
    def __init__(self) -> None:
        self.sums: Sums = {}

    def add(self, measure: str, key: str = "", n: int = 1, total: int = 0) -> None:
        before = self.sums.get((measure, key), (0, 0))
        self.sums[(measure, key)] = (before[0] + n, before[1] + total)


def _call(book: _Book, call: CallSeen, *, left_out: bool) -> None:
    end = end_of_call(call, left_out=left_out)
    book.add("call.all")
    book.add("call.end", end)
    if left_out:
        return
    greeted = call.turns > FIRST_TURN
    kinds = {step.kind for step in call.steps}
    rated = [step.number for step in call.steps if step.kind == "rating.given"]
    reached = {
        "entrou": True,
        "passou_da_saudacao": greeted,
        "identificou": greeted and "person.identified" in kinds,
        "resolveu": greeted and "person.identified" in kinds and end == "ura",
        "avaliou": greeted and "person.identified" in kinds and end == "ura" and bool(rated),
    }
    for step, there in reached.items():
        if there:
            book.add("funnel", step)
    if call.ended_at is not None:
        seconds = round((call.ended_at - call.started_at).total_seconds())
        book.add("call.seconds", "", 1, seconds)
        book.add("call.hung_up", who_hung_up(call))
        if greeted:
            book.add("call.greeted")
            if end == "ura":
                book.add("call.contained")
    _nodes(book, call, dropped=end == "desistiu_na_ura")
    if call.service:
        book.add("service.calls", call.service)
        if end == "ura":
            book.add("service.contained", call.service)
        if "person.asked" in kinds:
            book.add("service.person", call.service)
    if "rate.entered" in kinds or rated:
        book.add("rating.asked", call.service)
    if rated:
        book.add("rating.given", call.service, 1, rated[-1])
        book.add("rating.value", str(rated[-1]))
    if call.again is not None and call.ended_at is not None and greeted:
        book.add("fcr.first", call.service)
        if call.again:
            book.add("fcr.again", call.service)


def _nodes(book: _Book, call: CallSeen, *, dropped: bool) -> None:
    for node in dict.fromkeys(s.node for s in call.steps if s.kind == "node.entered"):
        book.add("node.entered", f"{call.revision}|{node}")
    last = [s.node for s in call.steps if s.kind == "call.ended" and s.node]
    if dropped and last:
        book.add("node.dropped", f"{call.revision}|{last[-1]}")
    for node in dict.fromkeys(s.node for s in call.steps if s.kind == "person.asked" and s.node):
        book.add("node.person", f"{call.revision}|{node}")
    for step in call.steps:
        if step.kind in ("proof.failed", "proof.passed"):
            book.add(step.kind, step.word)
        elif step.kind == "job.settled":
            book.add("reset", f"{step.word}|{step.result}")


def _stay(book: _Book, stay: Stay, rules: Rules) -> None:
    if stay.kind != "call":
        book.add("stay.other_kind", stay.kind)
        return
    end = end_of_stay(stay, rules)
    seconds = stay.seconds
    book.add("stay.offered", stay.queue)
    book.add(f"stay.{end}", stay.queue, 1, round(seconds))
    within = seconds <= rules.within
    if end == "answered":
        if within:
            book.add("stay.answered_in", stay.queue)
        book.add("stay.bin", f"{stay.queue}|{wait_bin(seconds)}")
    elif end in ("abandoned", "short") and within:
        book.add("stay.abandoned_in", stay.queue)


def _talk(book: _Book, talk: Talk, *, left_out: bool) -> None:
    if talk.kind not in TALK_KINDS:
        return
    book.add("talk.class", talk.contact_class)
    if left_out:
        return
    book.add("talk.all", talk.queue)
    book.add("agent.talks", talk.agent)
    if talk.ended_at is None or talk.wrapped_at is None:
        return
    whole = (talk.ended_at - talk.started_at).total_seconds()
    hold = min(talk.hold_seconds, round(whole))
    parts = {
        "talk": round(whole) - hold,
        "hold": hold,
        "wrap": round((talk.wrapped_at - talk.ended_at).total_seconds()),
    }
    for part, seconds in parts.items():
        book.add(f"talk.{part}", talk.queue, 1, seconds)
        book.add(f"agent.{part}", talk.agent, 1, seconds)


def _ticket(book: _Book, ticket: Closed) -> None:
    for clock, due in (("business", ticket.due_business), ("calendar", ticket.due_calendar)):
        book.add(f"ticket.{clock}", "met" if ticket.closed_on <= due else "missed")


def of(sums: Mapping[tuple[str, str], tuple[int, int]], measure: str) -> dict[str, tuple[int, int]]:
    """The keys of one measure."""
    return {key: value for (name, key), value in sums.items() if name == measure}
