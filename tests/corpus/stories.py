"""The ways in which a call of the corpus may go. Every maker gives its own answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from corpus.told import Line, Spoken, Told, Wait

QUEUE, SECOND = "atendimento", "segundo_nivel"
AGENTS = ("ana", "bruno", "clara", "davi", "elisa", "fabio")
REVISIONS = ("rev-a", "rev-b")
SERVICES = ("email", "network", "vpn")
RING = 4


@dataclass
class Maker:
    """Where the next call of the day stands. ``free``: since when an agent is free."""

    dice: random.Random
    number: int = 0
    start: datetime = datetime.min
    free: dict[str, datetime] = field(default_factory=dict)

    def later(self, seconds: int) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def somebody(self) -> dict[str, Any]:
        """Who calls, about what: a person keeps their own number; some withhold it."""
        who = self.dice.randrange(160)
        known = self.dice.random() < 0.6
        return {
            "person": f"person-{who}" if known else "",
            "caller": "" if self.dice.random() < 0.05 else f"caller-{who}",
            "service": self.dice.choice(SERVICES),
        }

    def agent(self, at: datetime, *, other: str = "") -> str:
        """An agent who is free then, empty for none."""
        ready = [a for a in AGENTS if self.free[a] <= at - timedelta(seconds=RING) and a != other]
        return self.dice.choice(ready) if ready else ""

    def told(self, **fields: Any) -> Told:
        fields.setdefault("revision", self.dice.choice(REVISIONS))
        return Told(number=self.number, start=self.start, **fields)


def opening(*nodes: tuple[str, str]) -> list[Line]:
    """The greeting and the nodes after it, two seconds each."""
    whole = (("main.greeting", "say"), ("main.menu", "menu"), *nodes)
    return [
        Line(at=2 * n, turn=max(0, n - 1), kind="node.entered", place=place, data=(("type", kind),))
        for n, (place, kind) in enumerate(whole)
    ]


def proof(at: int, factor: str, *, passed: bool) -> Line:
    kind = "proof.passed" if passed else "proof.failed"
    return Line(at=at, turn=2, kind=kind, place="identify.proof", data=(("factor", factor),))


def rated(at: int, rating: int | None) -> list[Line]:
    """The question after the call, with its answer or without."""
    lines = [Line(at=at, turn=3, kind="node.entered", place="rate.ask", data=(("type", "rate"),))]
    if rating is not None:
        lines.append(
            Line(
                at=at + 3, turn=4, kind="rating.given", place="rate.ask", data=(("value", rating),)
            )
        )
    else:
        lines.append(Line(at=at + 3, turn=4, kind="rating.skipped", place="rate.ask"))
    return lines


IDENTIFIED = Line(at=9, turn=2, kind="person.identified", place="identify.who")
ASKED = Line(at=7, turn=1, kind="person.asked", place="main.menu")


def reset(m: Maker) -> Told:
    """Identified, proven by two factors, a password made anew; or the directory refuses."""
    done = m.dice.random() < 0.85
    wrong = m.dice.randrange(3)
    rating = m.dice.choice([None, 3, 4, 5, 5]) if done else None
    who = {**m.somebody(), "person": f"person-{m.dice.randrange(160)}"}
    end = 120 + m.dice.randrange(90)
    lines = opening(("identify.who", "identify"), ("identify.proof", "verify"))
    lines += [IDENTIFIED, *(proof(12 + n, "pin", passed=False) for n in range(wrong))]
    lines += [proof(20, "pin", passed=True), proof(30, "sms_code", passed=True)]
    word = "done" if done else "refused"
    if m.dice.random() < 0.3:
        data = (("service", "network"), ("outcome", word))
        lines.append(Line(at=60, turn=3, kind="system.settled", place="access.all", data=data))
    else:
        data = (("outcome", word),)
        lines.append(Line(at=60, turn=3, kind="job.settled", place="access.reset", data=data))
    if done:
        lines += rated(end - 10, rating)
    return m.told(
        ended=m.later(end), by="system", hung_up="ura", lines=tuple(lines), **who,
        outcome="resolved_self_service" if done else "refused", end="ura" if done else "outra",
        rating=rating, asked_to_rate=done,
        closed=m.later(end) if done else None,
    )  # fmt: skip


def told_of_a_ticket(m: Maker) -> Told:
    """The state of a ticket is read to whoever asks."""
    rating = m.dice.choice([None, None, 1, 4, 5])
    end = 50 + m.dice.randrange(40)
    lines = [*opening(("ticket.ask", "ticket_status")), *rated(end - 8, rating)]
    return m.told(
        ended=m.later(end), by="caller", hung_up="chamador", lines=tuple(lines),
        outcome="ticket_status_told", end="ura", rating=rating, asked_to_rate=True,
        caller=m.somebody()["caller"], closed=m.later(end),
    )  # fmt: skip


def gave_up_in_the_menu(m: Maker) -> Told:
    """The receiver is put down somewhere in the IVR."""
    place = m.dice.choice(["main.menu", "identify.who", "identify.proof"])
    nodes = {
        "main.menu": [],
        "identify.who": [("identify.who", "identify")],
        "identify.proof": [("identify.who", "identify"), ("identify.proof", "verify")],
    }[place]
    lines = opening(*nodes)
    if place == "identify.proof":
        lines += [IDENTIFIED, proof(15, "printed_code", passed=False)]
    end = 18 + m.dice.randrange(30)
    who = m.somebody() if place == "identify.proof" else {}
    return m.told(
        ended=m.later(end), by="caller", hung_up="chamador", lines=tuple(lines),
        outcome="abandoned", end="desistiu_na_ura", closed=m.later(end), **who,
    )  # fmt: skip


def hung_up_in_the_greeting(m: Maker) -> Told:
    """Never came past the greeting."""
    line = Line(at=0, turn=0, kind="node.entered", place="main.greeting", data=(("type", "say"),))
    end = 2 + m.dice.randrange(5)
    return m.told(
        ended=m.later(end), by="caller", hung_up="chamador", lines=(line,), turns=1, greeted=False,
        outcome="abandoned", end="desistiu_na_ura", closed=m.later(end),
    )  # fmt: skip


def not_proven(m: Maker) -> Told:
    """Three wrong secrets, and nothing more."""
    factor = m.dice.choice(["pin", "sms_code"])
    lines = opening(("identify.who", "identify"), ("identify.proof", "verify"))
    lines += [IDENTIFIED, *(proof(12 + n, factor, passed=False) for n in range(3))]
    return m.told(
        ended=m.later(70), by="caller", hung_up="chamador", lines=tuple(lines), **m.somebody(),
        outcome="failed_proof", end="outra",
    )  # fmt: skip


def fault(m: Maker) -> Told:
    """The system could not go on."""
    return m.told(
        ended=m.later(33), by="carrier", hung_up="sistema", lines=tuple(opening()),
        outcome="fault", end="outra",
    )  # fmt: skip


def closed_hours(m: Maker) -> Told:
    """Asked for a person while nobody is at work, and left the need recorded."""
    shut = Line(at=9, turn=1, kind="hours.checked", place="person.open", data=(("open", False),))
    return m.told(
        ended=m.later(60), by="system", hung_up="ura", outcome="need_recorded",
        lines=(*opening(), ASKED, shut), end="fora_do_horario", **m.somebody(),
    )  # fmt: skip


def _queued(m: Maker) -> tuple[list[Line], datetime]:
    opened = Line(at=9, turn=1, kind="hours.checked", place="person.open", data=(("open", True),))
    return [*opening(), ASKED, opened], m.later(30)


def left_the_queue(m: Maker) -> Told:
    """Put the receiver down while waiting: at once, soon, or late."""
    lines, entered = _queued(m)
    seconds = m.dice.choice([0, 2, 4, 5, 6, 19, 20, 21, 60, 299, 300, 301])
    left = entered + timedelta(seconds=seconds)
    known = "short" if seconds < 5 else "abandoned"
    wait = Wait(
        queue=m.dice.choice([QUEUE, QUEUE, SECOND]), began=entered, entered=entered, left=left,
        result=m.dice.choice(["abandoned", "hangup"]), known=known,
    )  # fmt: skip
    return m.told(
        ended=left, by="caller", hung_up="chamador", lines=tuple(lines), waits=(wait,),
        outcome="wants_person", end="abandonada_na_fila", **m.somebody(),
    )  # fmt: skip


def wished_a_callback(m: Maker) -> Told:
    """Asked to be called back instead of waiting."""
    lines, entered = _queued(m)
    left = entered + timedelta(seconds=m.dice.randrange(20, 90))
    wait = Wait(
        queue=QUEUE, began=entered, entered=entered, left=left, result="wish:callback",
        known="callback",
    )  # fmt: skip
    return m.told(
        ended=left + timedelta(seconds=9), by="system", hung_up="ura", lines=tuple(lines),
        outcome="callback_booked", end="outra", waits=(wait,), **m.somebody(),
    )  # fmt: skip


def nobody_answered(m: Maker) -> Told:
    """The longest wait ran out, and the need was recorded."""
    lines, entered = _queued(m)
    left = entered + timedelta(seconds=600)
    wait = Wait(
        queue=QUEUE, began=entered, entered=entered, left=left, result="timeout",
        known="unanswered",
    )  # fmt: skip
    return m.told(
        ended=left + timedelta(seconds=20), by="system", hung_up="ura", lines=tuple(lines),
        outcome="need_recorded", end="outra", waits=(wait,), **m.somebody(),
    )  # fmt: skip


def talked(m: Maker) -> Told:
    """A person answers; some are no contact, some are moved between queues, given to a colleague
    or asked about; the ticket is closed later or never."""
    lines, entered = _queued(m)
    moved = m.dice.random() < 0.08
    seconds = m.dice.choice([1, 5, 8, 12, 19, 20, 21, 35, 60, 61, 180])
    seconds += 15 if moved else 0
    answered = entered + timedelta(seconds=seconds)
    agent = m.agent(answered)
    if not agent:
        return nobody_answered(m)
    word = m.dice.choices(["contato", "trote", "engano", "silencio"], [88, 4, 5, 3])[0]
    began = answered
    length, wrap = m.dice.randrange(20, 300), m.dice.randrange(0, 60)
    hold = m.dice.choice([0, 0, 0, 15])
    over = began + timedelta(seconds=length)
    waits = [
        Wait(queue=QUEUE, began=entered, entered=entered, left=answered, result="answered",
             known="answered")
    ]  # fmt: skip
    if moved:
        there = entered + timedelta(seconds=10)
        waits = [
            Wait(queue=QUEUE, began=entered, entered=entered, left=there, result="moved",
                 known="moved"),
            Wait(queue=SECOND, began=entered, entered=there, left=answered, result="bridged",
                 known="answered"),
        ]  # fmt: skip
    by, hung_up = m.dice.choice([("caller", "chamador"), ("agent", "agente")])
    wrapped = over + timedelta(seconds=wrap)
    talks = [
        Spoken(agent=agent, queue=waits[-1].queue, began=began, ended=over, by=by, hold=hold,
               wrapped=wrapped, word=word)
    ]  # fmt: skip
    m.free[agent] = wrapped
    end = over
    if word == "contato" and m.dice.random() < 0.12 and (colleague := m.agent(over, other=agent)):
        talks, waits, end, hung_up = _passed_on(m, talks, waits, colleague)
    elif m.dice.random() < 0.06:
        then = began + timedelta(seconds=5)
        if colleague := m.agent(then, other=agent):
            m.free[colleague] = then + timedelta(seconds=10)
            asked = Spoken(
                agent=colleague, queue=SECOND, began=then, ended=m.free[colleague], by="agent",
                wrapped=m.free[colleague], word="", kind="consult",
            )  # fmt: skip
            talks.append(asked)
    return m.told(
        ended=end, by="caller", hung_up=hung_up, lines=tuple(lines), waits=tuple(waits),
        talks=tuple(talks), outcome="attended_by_person", left_out=word != "contato",
        end="atendida" if word == "contato" else "fora_da_conta", **m.somebody(),
    )  # fmt: skip


def _passed_on(
    m: Maker, talks: list[Spoken], waits: list[Wait], colleague: str
) -> tuple[list[Spoken], list[Wait], datetime, str]:
    first = talks[0]
    assert first.ended is not None
    began = first.ended + timedelta(seconds=RING)
    ended = began + timedelta(seconds=m.dice.randrange(30, 200))
    wrapped = ended + timedelta(seconds=10)
    m.free[colleague] = wrapped
    second = Spoken(
        agent=colleague, queue=SECOND, began=began, ended=ended, by="caller", wrapped=wrapped,
        kind="transfer",
    )  # fmt: skip
    passed = Spoken(**{**first.__dict__, "by": "transfer"})
    between = Wait(
        queue=SECOND, began=first.ended, entered=first.ended, left=began, result="answered",
        known="", kind="transfer",
    )  # fmt: skip
    return [passed, second], [*waits, between], ended, "chamador"


def talked_and_passed_to_nobody(m: Maker) -> Told:
    """Given to the second level, where the caller put the receiver down: still attended."""
    call = talked(m)
    if len(call.talks) != 1 or call.left_out or not call.talks[0].ended:
        return call
    over = call.talks[0].ended
    left = over + timedelta(seconds=40)
    passed = Spoken(**{**call.talks[0].__dict__, "by": "transfer"})
    between = Wait(
        queue=SECOND, began=over, entered=over, left=left, result="abandoned", known="",
        kind="transfer",
    )  # fmt: skip
    changes = {"ended": left, "talks": (passed,), "waits": (*call.waits, between)}
    return Told(**{**call.__dict__, **changes, "hung_up": "transferencia"})


WEIGHTS: dict[Callable[[Maker], Told], int] = {
    reset: 22,
    told_of_a_ticket: 9,
    gave_up_in_the_menu: 12,
    hung_up_in_the_greeting: 4,
    not_proven: 4,
    fault: 2,
    closed_hours: 3,
    left_the_queue: 12,
    wished_a_callback: 3,
    nobody_answered: 2,
    talked: 32,
    talked_and_passed_to_nobody: 2,
}
"""How often each way is taken."""
