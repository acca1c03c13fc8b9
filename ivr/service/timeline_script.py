"""A call as a scripted call: the same steps with classes of inputs in place of what was keyed.

Of a number that was keyed nothing is known but its length and what came of it; the script says
``{cpf}``, ``{pin}``, ``{sms_code}`` of one of the invented people instead. Words that were spoken
come back as the key that they stood for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ivr.flow.book import FlowBook
from ivr.ports.store import JournalEntry, TicketRow
from ivr.service.timeline import Timeline

PERSON = "ana"
"""Invented person whose data fill the script."""
CPF_DIGITS = 11
WRONG_KEY = "7"
_ANSWERS = {"yes": "1", "no": "2"}
_SECRETS = {
    ("pin", True): "{pin}#",
    ("pin", False): "{wrong_pin}#",
    ("sms_code", True): "{sms_code}",
    ("sms_code", False): "000000",
    ("printed_code", False): "00000000",
}
_TROUBLES = ("input.no_match", "input.too_short", "input.too_long", "input.no_input")


@dataclass
class _Step:
    hears: list[str]
    deed: str
    value: str | int | bool
    seconds: float = 0.0


@dataclass
class _Story:
    steps: list[_Step] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    since: datetime | None = None
    lost: str = ""
    """What could not be told again, and where."""


def script_of(timeline: Timeline, book: FlowBook) -> str:
    """TOML as :mod:`ivr.carrier.script` reads it. What came after an input that has no class (a
    code from paper) is left out, and the script says so; it ends there with a hang-up."""
    story = _Story()
    own = _of_a_person(book)
    for turn in _turns(timeline.journal):
        if not story.lost:
            _tell(story, turn, book, own)
    return _toml(timeline, story)


def _turns(journal: Sequence[JournalEntry]) -> list[list[JournalEntry]]:
    turns: dict[int, list[JournalEntry]] = {}
    for entry in journal:
        if entry.kind not in ("call.opened", "call.ended"):
            turns.setdefault(entry.turn, []).append(entry)
    return [turns[number] for number in sorted(turns)]


def _of_a_person(book: FlowBook) -> frozenset[str]:
    """Prompts that only some people hear: the names of their own systems."""
    found = {service.prompt for service in book.services}
    for flow in book.flows.values():
        for node in flow.nodes.values():
            told = getattr(node, "prompt_all", ())
            found |= {told} if isinstance(told, str) else set(told)
    return frozenset(found)


def _tell(story: _Story, turn: Sequence[JournalEntry], book: FlowBook, own: frozenset[str]) -> None:
    found = _deed(turn, book)
    if found is not None:
        deed, value = found
        if value == "":
            story.lost = next(f"{e.flow}.{e.node}" for e in turn if e.node)
            return
        seconds = (turn[-1].at - story.since).total_seconds() if story.since else 0.0
        story.steps.append(_Step(hears=story.heard, deed=deed, value=value, seconds=seconds))
        story.heard, story.since = [], turn[-1].at
    for entry in turn:
        if entry.kind == "turn.answered":
            story.since = story.since or entry.at
            for prompt in entry.data.get("prompts", ()):
                if prompt in own:
                    continue
                if not story.heard or story.heard[-1] != prompt:
                    story.heard.append(str(prompt))


def _deed(turn: Sequence[JournalEntry], book: FlowBook) -> tuple[str, str | int | bool] | None:
    """What the caller did to bring a turn about; None when it was not the caller; an empty value
    when it cannot be told."""
    facts = {entry.kind: entry for entry in reversed(turn)}
    if "person.asked" in facts:
        return "press", "0"
    if "global.pressed" in facts:
        return "press", str(facts["global.pressed"].data.get("key", ""))
    if "recording.made" in facts:
        return "record", max(1, int(facts["recording.made"].data.get("seconds", 1)))
    if "queue.left" in facts:
        return _left_queue(facts["queue.left"])
    received = facts.get("input.received")
    if received is None:
        return None
    if received.data.get("by") == "silence":
        return "silence", True
    if received.data.get("by") == "speech" and {"input.too_short", "input.too_long"} & set(facts):
        return "say", " ".join(["um"] * max(1, int(received.data.get("words", 1))))
    return "press", _keys(received, facts, book)


def _left_queue(entry: JournalEntry) -> tuple[str, str | int | bool] | None:
    if entry.data.get("result") == "hangup":
        return "hang_up", True
    if entry.data.get("wish"):
        return "press", "2" if entry.data["wish"] == "explain" else "1"
    return "wait", max(1, int(entry.data.get("seconds", 1)))


def _keys(received: JournalEntry, facts: Mapping[str, JournalEntry], book: FlowBook) -> str:
    if "menu.chosen" in facts:
        return str(facts["menu.chosen"].data.get("key", ""))
    if "confirm.answered" in facts:
        return _ANSWERS.get(str(facts["confirm.answered"].data.get("answer")), "")
    if "rating.given" in facts:
        return str(facts["rating.given"].data.get("value", ""))
    node = book.node(received.flow, received.node)
    kind = node.type if node else ""
    length = int(received.data.get("length", 0))
    trouble = next((name for name in _TROUBLES if name in facts), "")
    if trouble in ("input.too_short", "input.too_long") and kind != "menu":
        return _ones(length)
    if kind == "verify":
        return _secret(facts, trouble)
    if kind == "identify":
        return _number(facts, trouble, length, spoken=received.data.get("by") == "speech")
    if kind == "choose_service":
        return _service(facts, trouble, length, book)
    if kind == "ticket_status":
        return "{protocol}" if "ticket.told" in facts else "202600000000"
    if kind == "callback":
        return "{mobile_keys}#" if "callback.booked" in facts else "123#"
    if kind == "priority" and "priority.declared" in facts:
        right = facts["priority.declared"].data.get("right")
        keys: Mapping[str, str] = getattr(node, "keys", {})
        return next((key for key, word in keys.items() if word == right), "")
    return WRONG_KEY if trouble or length == 1 else ""


def _ones(length: int) -> str:
    """As many digits as were keyed, and the key that ends them where that makes a difference."""
    return "1" * max(1, length) + ("#" if length != CPF_DIGITS else "")


def _secret(facts: Mapping[str, JournalEntry], trouble: str) -> str:
    if trouble:
        return "#"
    for kind, passed in (("proof.passed", True), ("proof.failed", False)):
        if kind in facts:
            return _SECRETS.get((str(facts[kind].data.get("factor")), passed), "")
    return ""


def _number(facts: Mapping[str, JournalEntry], trouble: str, length: int, *, spoken: bool) -> str:
    asked = facts.get("request.made")
    if asked is not None and asked.data.get("request") == "FindPerson":
        return "1"
    if trouble:
        return "{bad_cpf}" if length != 1 else WRONG_KEY
    if length == 1:
        return "2"
    return "{cpf}" if spoken or length >= CPF_DIGITS else "{matricula}#"


def _service(facts: Mapping[str, JournalEntry], trouble: str, length: int, book: FlowBook) -> str:
    chosen = facts.get("service.chosen")
    if chosen is None:
        if trouble:
            return "0001" if length > 1 else WRONG_KEY
        return "2"
    key = str(chosen.data.get("service"))
    if key == "all":
        return "3"
    node = book.node(chosen.flow, chosen.node)
    if length <= 1 and getattr(node, "usual", "") == key:
        return "1"
    service = book.service(key)
    return service.code if service else ""


def _toml(timeline: Timeline, story: _Story) -> str:
    call, ticket = timeline.call, timeline.ticket
    steps, heard = story.steps, story.heard
    hung_up = bool(steps) and steps[-1].deed == "hang_up"
    by_caller = hung_up or call.ended_by != "system" or bool(story.lost)
    if (by_caller and not hung_up) or not steps:
        steps = [*steps, _Step(hears=heard, deed="hang_up", value=True)]
        heard = []
    lines = [
        f"story = {_text('A call told again from its journal')}",
        f"person = {_text(PERSON)}",
        f"at = {call.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    ]
    if story.lost:
        lines.insert(0, f"# An input at {story.lost} has no class: the script ends before it.")
    for step in steps:
        lines += ["", "[[steps]]"]
        if step.hears:
            lines.append(f"hears = {_list(step.hears)}")
        if step.seconds > 20:
            lines.append(f"within = {min(900, round(step.seconds * 3))}")
        value = step.value
        lines.append(f"{step.deed} = {_text(value) if isinstance(value, str) else _plain(value)}")
    lines += ["", "[ends]", f"by = {_text('caller' if by_caller or not story.steps else 'system')}"]
    if heard:
        lines.append(f"hears = {_list(heard)}")
    if not story.lost and ticket is not None:
        lines += _expected(call.outcome, ticket)
    return "\n".join(lines) + "\n"


def _expected(outcome: str, ticket: TicketRow) -> list[str]:
    lines = ["", "[expect]", f"outcome = {_text(outcome)}", f"identity = {_text(ticket.identity)}"]
    if ticket.service:
        lines.append(f"service = {_text(ticket.service)}")
    if ticket.rating is not None:
        lines.append(f"rating = {ticket.rating}")
    return lines


def _plain(value: int | bool) -> str:
    return str(value).lower()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"
