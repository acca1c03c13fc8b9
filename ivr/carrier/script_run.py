"""Play a script on a line of an exchange in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ivr.carrier.call import Call
from ivr.carrier.events import LineEvent
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.script import WITHHELD, BadScript, Script
from ivr.carrier.script_play import Playing, StepTold, caller_of, person_of
from ivr.carrier.script_texts import Texts


@dataclass(slots=True)
class ScriptResult:
    """``problems``: expectations that were not met, each with its step. ``heard``: prompt ids."""

    story: str
    call: Call
    problems: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every expectation was met."""
        return not self.problems


async def run_script(
    script: Script,
    exchange: Exchange,
    people: Sequence[Mapping[str, Any]],
    *,
    to: str,
    messages: Callable[[str], Sequence[str]] | None = None,
    tell: Callable[[StepTold], None] | None = None,
    texts: Mapping[str, str] | None = None,
) -> ScriptResult:
    """Place the call and play the story. Raises :class:`BadScript` for an unknown person.

    ``messages``: bodies of the text messages to a number, oldest first; default: the inbox.
    ``tell`` hears how each step went. ``texts``: words by piece, for a service that says its
    prompts by the carrier's voice.
    """
    person = person_of(script, people)
    caller = caller_of(script, person)
    inbox = messages or (lambda number: [m.body for m in exchange.inbox.received_by(number)])
    try:
        faults = replace(exchange.faults, **script.faults) if script.faults else None
    except TypeError:
        raise BadScript(f"faults: known are {', '.join(Faults.__dataclass_fields__)}") from None
    call = exchange.call(from_=WITHHELD if caller == "withheld" else caller, to=to, faults=faults)
    mobile = str(person.get("mobile") or "")
    playing = Playing(
        phone=_CallPhone(call),
        script=script,
        person=person,
        messages=lambda: inbox(mobile),
        tell=tell,
        texts=Texts(texts),
    )
    await playing.play()
    return ScriptResult(
        story=script.story, call=call, problems=playing.problems, heard=playing.all_heard
    )


class _CallPhone:
    """The handset of a call in this process as a :class:`~ivr.carrier.script_play.Phone`."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.press = call.handset.press
        self.speak = call.handset.speak
        self.sound = call.handset.speak_samples
        self.hang_up = call.handset.hang_up

    def follow(self, see: Callable[[LineEvent], None]) -> None:
        for event in self._call.line.events:
            see(event)
        self._call.line.subscribe(see)
