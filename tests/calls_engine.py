"""The same stories by the engine alone: a telephone of a few lines and a fake service, no
carrier, no database, no web. A difference to the carrier's telling is a bug in an adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.bootstrap import placeholders, read_flows, read_toml
from ivr.carrier.script import Script, Step
from ivr.carrier.script_words import fill, own_values
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.flow import engine, events, requests, verbs
from ivr.flow.book import FlowBook
from ivr.flow.state import CallState
from ivr.service.flows import read_book
from ivr.settings import ROOT

PROTOCOL = "202600000012"
CODE = "135790"
NIGHT_BEGINS = 21
"""Hour in UTC from which the fake desk is closed (17:00 in Campo Grande)."""


@cache
def book() -> FlowBook:
    """The shipped flows."""
    folder = ROOT / "callflows"
    return read_book(
        read_flows(folder),
        catalogue=ServiceCatalogue.from_data(read_toml(folder / "service.toml")),
        placeholders=placeholders(load_catalogue(ROOT / "prompts" / "pt-BR.toml")),
    )


@dataclass
class FakeService:
    """Answers every request for one person, without delay but for one filler a job."""

    person: Mapping[str, Any]
    open: bool
    caller_id: bool
    down: frozenset[str] = frozenset()
    """Systems whose directory does not answer."""
    known: bool = False
    working: requests.Request | None = None

    def answer(self, request: requests.Request) -> events.Event:
        """What the service would say."""
        match request:
            case requests.ResetPassword() | requests.ResetSystems() | requests.UnlockAccount():
                self.working = request
                return events.StillWorking()
            case requests.BookCallback(number=number) if not number and not self.caller_id:
                return events.RequestDone(answer=requests.CallbackBooked(booked=False))
            case _:
                return events.RequestDone(answer=self._answer(request))

    def finished(self) -> events.Event:
        """The job of the filler is over."""
        if isinstance(self.working, requests.ResetSystems):
            return events.StillWorking()
        refused = self.person.get("key") == "elisa"
        outcome: requests.JobOutcome = "privileged" if refused else "done"
        return events.RequestDone(answer=requests.JobDone(outcome=outcome, job="reset:x"))

    def _answer(self, request: requests.Request) -> requests.Answer:
        match request:
            case requests.FindPerson(number=number):
                self.known = number in (self.person.get("cpf"), self.person.get("matricula"))
                return requests.PersonLookup(person="p", factors=("pin", "sms_code"))
            case requests.CheckPin(secret=secret):
                passed = self.known and secret == self.person.get("pin")
                return requests.Checked(passed=passed)
            case requests.SendCode():
                return requests.CodeSent(sent=True)
            case requests.CheckCode(secret=secret):
                return requests.Checked(passed=secret == CODE)
            case requests.FindSystems(services=services):
                theirs = {"email", *self.person.get("systems", ())} | self.down
                return requests.Systems(services=tuple(s for s in services if s in theirs))
            case requests.ReadSystems(services=services):
                return requests.SystemsReset(outcomes=tuple(map(self._reset, services)))
            case requests.FindTicket(protocol=protocol):
                found = protocol == PROTOCOL
                return requests.TicketFound(
                    status="open" if found else "", deadline="2026-11-30" if found else ""
                )
            case requests.CheckHours():
                return requests.Hours(
                    open=self.open,
                    reason="open" if self.open else "night",
                    reopens_date="2026-11-26",
                    reopens_time="07:30",
                )
            case requests.CheckQueue():
                return requests.QueueState(agent_phone=False, waiting=0, wait_minutes=2)
            case requests.BookCallback():
                return requests.CallbackBooked(
                    booked=True, number_end="0098", deadline="2026-11-30"
                )
            case _:
                return requests.Kept()

    def _reset(self, service: str) -> requests.JobOutcome:
        if service in self.down:
            return "later"
        return "disabled" if service in self.person.get("disabled", ()) else "done"


@dataclass
class Told:
    """How a story went."""

    problems: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    outcome: str = ""
    level: str = ""


WAITING = ("queue.position", "queue.wait", "queue.callback", "queue.explain", "queue.rights")


class _Telephone:
    def __init__(
        self, script: Script, person: Mapping[str, Any], *, down: frozenset[str] = frozenset()
    ) -> None:
        at = script.at or datetime(2026, 11, 25, 14, tzinfo=UTC)
        self.service = FakeService(
            person=person,
            open=11 <= at.hour < NIGHT_BEGINS,
            caller_id=script.caller != "withheld",
            down=down,
        )
        self.type_ahead = bool(script.faults.get("type_ahead", True))
        self.kept = ""
        self.heard: list[str] = []
        self.all_heard: list[str] = []
        self.state: CallState = engine.start(book())
        self.last: verbs.Verb = verbs.Hangup(speech=())
        self.outcomes: list[str] = ["abandoned"]
        self.take(
            events.CallStarted(
                protocol=PROTOCOL, deadline="2026-11-30", caller_id=script.caller != "withheld"
            )
        )

    def take(self, event: events.Event) -> None:
        """One turn: step until a verb ends it; state goes through its stored form."""
        speech: tuple[verbs.Utterance, ...] = ()
        for _ in range(50):
            step = engine.step(book(), self.state, event, speech=speech)
            self.state = CallState.from_dict(step.state.to_dict())
            self.outcomes += [str(f.data["outcome"]) for f in step.facts if f.kind == "outcome.set"]
            speech = step.speech
            if step.request is None:
                self._hear(step.verbs)
                return
            event = self.service.answer(step.request)
        raise AssertionError("a turn does not end")

    def _hear(self, said: tuple[verbs.Verb, ...]) -> None:
        for verb in said:
            prompts = [u.prompt for u in verb.speech]
            self.heard += prompts
            self.all_heard += prompts
        self.last = said[-1]
        match self.last:
            case verbs.Filler():
                self.take(self.service.finished())
            case verbs.SpeakSecret():
                self.take(events.NoInput())
            case verbs.Enqueue():
                self.heard += WAITING
            case verbs.Gather() if self.kept:
                self._press_kept()
            case verbs.Gather(timeout=1):
                self.take(events.NoInput())

    def press(self, keys: str) -> None:
        """Keys, as many gathers as they fill."""
        self.kept += keys
        if isinstance(self.last, verbs.Enqueue):
            wish, self.kept = {"1": "callback", "2": "explain"}.get(keys, ""), ""
            self.take(events.LeftQueue(result="leave", wish=wish))
        elif isinstance(self.last, verbs.Gather):
            self._press_kept()

    def _press_kept(self) -> None:
        gather = self.last
        assert isinstance(gather, verbs.Gather)
        taken, ended_by = "", ""
        while self.kept and not ended_by and not (gather.digits and len(taken) == gather.digits):
            key, self.kept = self.kept[0], self.kept[1:]
            if key == gather.finish:
                ended_by = key
            else:
                taken += key
        self.take(events.Digits(value=taken, ended_by=ended_by))


def tell_by_engine(
    script: Script, person: Mapping[str, Any], *, down: frozenset[str] = frozenset()
) -> Told:
    """Play a story on the engine. ``down``: systems whose directory does not answer."""
    from ivr.domain.outcome import CallOutcome, final_outcome

    phone = _Telephone(script, person, down=down)
    values = {
        **own_values(person),
        "sms_code": lambda: CODE,
        "protocol": lambda: PROTOCOL,
    }
    told = Told()
    for number, step in enumerate(script.steps, start=1):
        rest = iter(phone.heard)
        if not all(any(p == word for word in rest) for p in step.hears):
            told.problems.append(f"step {number}: {step.hears} not in {phone.heard}")
            break
        if set(step.absent) & set(phone.heard):
            told.problems.append(f"step {number}: heard one of {step.absent}")
        phone.heard = []
        _act(phone, step, values)
    rest = iter(phone.heard)
    if not all(any(p == word for word in rest) for p in script.ends.hears):
        told.problems.append(f"end: {script.ends.hears} not in {phone.heard}")
    told.heard = phone.all_heard
    told.outcome = final_outcome(CallOutcome(o) for o in phone.outcomes).value
    told.level = phone.state.level
    return told


def _act(phone: _Telephone, step: Step, values: dict[str, Any]) -> None:
    if step.press:
        phone.press(fill(step.press, values))
    elif step.say:
        phone.take(events.Speech(text=step.say, confidence=step.confidence))
    elif step.silence:
        phone.take(events.NoInput())
    elif step.record:
        phone.take(events.Recorded(recording="RE" + "0" * 32, seconds=int(step.record)))
    elif step.wait and isinstance(phone.last, verbs.Enqueue):
        phone.take(events.LeftQueue(result="leave", seconds=int(step.wait)))
    assert not re.search(r"[0-9]{4}", " ".join(phone.heard)), "a prompt id holds digits"
