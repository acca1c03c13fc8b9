"""A grammar of TwiML, read out of the installed ``twilio`` package.

Which element may stand in which, and with which attributes, is what the package's own classes
can make; values are checked where Twilio's pages fix them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from xml.etree import ElementTree

from twilio.twiml import TwiML
from twilio.twiml.voice_response import VoiceResponse

SAMPLE = "x"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Rule:
    """One element inside one parent."""

    kind: type[TwiML]
    attributes: frozenset[str]
    has_text: bool


@cache
def rules(parent: type[TwiML]) -> Mapping[str, Rule]:
    """What may stand in ``parent``, by element name."""
    found: dict[str, Rule] = {}
    for name, make in vars(parent).items():
        if not name.startswith("_") and inspect.isfunction(make):
            child = _child(parent, make)
            if child is not None:
                found[child.name] = Rule(
                    kind=type(child),
                    attributes=frozenset(child.attrs),
                    has_text=child.value is not None or bool(child.verbs),
                )
    return found


def _child(parent: type[TwiML], make: Callable[..., object]) -> TwiML | None:
    """Let ``make`` build its element with every parameter given."""
    required = [
        parameter.name
        for parameter in list(inspect.signature(parent.__init__).parameters.values())[1:]
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    holder = parent(**dict.fromkeys(required, SAMPLE))
    names = [
        parameter.name
        for parameter in list(inspect.signature(make).parameters.values())[1:]
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    made = make(holder, **dict.fromkeys(names, SAMPLE))
    return made if isinstance(made, TwiML) else None


def check_twiml(xml: str) -> list[str]:
    """What is wrong with a TwiML document; nothing when the list is empty."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as failure:
        return [f"not XML: {failure}"]
    if root.tag != "Response":
        return [f"the root is {root.tag}, not Response"]
    found = [f"Response: unknown attribute {name}" for name in root.attrib]
    if len(xml.encode()) > 64 * 1024:
        found.append("longer than 64 kB")
    found += _text("Response", root, has_text=False)
    return found + list(_children(root, VoiceResponse, "Response"))


def _children(element: ElementTree.Element, kind: type[TwiML], path: str) -> Iterator[str]:
    allowed = rules(kind)
    for child in element:
        where = f"{path}/{child.tag}"
        rule = allowed.get(child.tag)
        if rule is None:
            yield f"{where}: not allowed here"
            continue
        yield from _attributes(child, rule, where)
        yield from _text(where, child, has_text=rule.has_text)
        yield from _content(child, where)
        yield from _children(child, rule.kind, where)


def _attributes(element: ElementTree.Element, rule: Rule, where: str) -> Iterator[str]:
    for raw, value in element.attrib.items():
        name = "xml:lang" if raw == XML_LANG else raw
        if name not in rule.attributes:
            yield f"{where}: unknown attribute {name}"
        else:
            check = VALUES.get((element.tag, name)) or VALUES.get(("*", name))
            if check is not None and not check(value):
                yield f"{where}: invalid {name}={value!r}"


def _text(where: str, element: ElementTree.Element, *, has_text: bool) -> list[str]:
    own = [element.text or "", *((child.tail or "") for child in element)]
    if has_text or not "".join(own).strip():
        return []
    return [f"{where}: text is not allowed here"]


def _content(element: ElementTree.Element, where: str) -> Iterator[str]:
    text = "".join(element.itertext()).strip()
    if element.tag == "Say":
        if not text:
            yield f"{where}: empty"
        polly = element.get("voice", "").startswith("Polly.")
        if len(text) > (3_000 if polly else 4_096):
            yield f"{where}: too long"
        if element.get("language", "") == "":
            yield f"{where}: no language"
    elif element.tag == "Play" and not text and not element.get("digits"):
        yield f"{where}: neither address nor digits"
    elif element.tag in ("Play", "Redirect") and text and not _url(text):
        yield f"{where}: invalid address"
    elif element.tag == "Enqueue" and not element.get("workflowSid") and not 1 <= len(text) <= 64:
        yield f"{where}: a queue's name has 1 to 64 characters"
    elif element.tag == "Number" and not re.fullmatch(r"\+[1-9][0-9]{7,14}", text):
        yield f"{where}: not an E.164 number"


def _whole(least: int, most: int) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        return value.isascii() and value.isdigit() and least <= int(value) <= most

    return check


def _one_of(*values: str) -> Callable[[str], bool]:
    return frozenset(values).__contains__


def _words(*values: str) -> Callable[[str], bool]:
    return lambda value: bool(value.split()) and set(value.split()) <= set(values)


def _keys(allowed: str, most: int) -> Callable[[str], bool]:
    return lambda value: set(value) <= set(allowed) and len(value) <= most


def _url(value: str) -> bool:
    """Absolute http(s), or relative."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    if re.search(r"[\s<>\"{}|\\^`]", value):
        return False
    return (parts.scheme in ("http", "https") and bool(parts.hostname)) or not parts.scheme


def _wss(value: str) -> bool:
    """Without TLS only towards the desk of the tests and this machine, as with a local carrier."""
    parts = urlsplit(value)
    near = parts.scheme == "ws" and parts.hostname in ("ivr.test", "127.0.0.1", "localhost")
    return (near or parts.scheme == "wss") and bool(parts.hostname) and not parts.query


def _hints(value: str) -> bool:
    hints = value.split(",")
    return len(hints) <= 500 and all(len(hint.strip()) <= 100 for hint in hints)


_BOOLEAN = _one_of("true", "false")
_METHOD = _one_of("GET", "POST")
_CALL_EVENTS = _words("initiated", "ringing", "answered", "completed")
_RECORDING_EVENTS = _words("in-progress", "completed", "absent")

VALUES: Mapping[tuple[str, str], Callable[[str], bool]] = {
    **{
        ("*", name): _METHOD
        for name in (
            "method",
            "waitUrlMethod",
            "statusCallbackMethod",
            "recordingStatusCallbackMethod",
            "partialResultCallbackMethod",
        )
    },
    **{
        ("*", name): _url
        for name in (
            "action",
            "waitUrl",
            "statusCallback",
            "recordingStatusCallback",
            "partialResultCallback",
        )
    },
    **{
        ("*", name): _BOOLEAN
        for name in (
            "actionOnEmptyResult",
            "answerOnBridge",
            "bargeIn",
            "hangupOnStar",
            "playBeep",
            "profanityFilter",
            "sequential",
            "transcribe",
        )
    },
    ("*", "loop"): _whole(0, 1_000),
    ("*", "recordingStatusCallbackEvent"): _RECORDING_EVENTS,
    ("*", "statusCallbackEvent"): _CALL_EVENTS,
    ("Conference", "statusCallbackEvent"): lambda value: bool(value.strip()),
    ("Dial", "timeLimit"): _whole(1, 14_400),
    ("Dial", "timeout"): _whole(1, 600),
    ("Gather", "finishOnKey"): _keys("0123456789#*", 1),
    ("Gather", "hints"): _hints,
    ("Gather", "input"): _words("dtmf", "speech"),
    ("Gather", "maxSpeechTime"): _whole(1, 60),
    ("Gather", "numDigits"): _whole(1, 1_000),
    ("Gather", "speechTimeout"): lambda value: value == "auto" or _whole(1, 60)(value),
    ("Gather", "timeout"): _whole(1, 600),
    ("Pause", "length"): _whole(1, 14_400),
    ("Play", "digits"): _keys("0123456789ABCD*#wW", 100),
    ("Record", "finishOnKey"): _keys("0123456789#*", 12),
    ("Record", "maxLength"): _whole(2, 14_400),
    ("Record", "timeout"): _whole(0, 600),
    ("Record", "trim"): _one_of("trim-silence", "do-not-trim"),
    ("Reject", "reason"): _one_of("rejected", "busy"),
    ("Stream", "url"): _wss,
}
