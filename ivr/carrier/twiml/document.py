"""A whole TwiML document (twilio.com/docs/voice/twiml)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.carrier.problem import Problem, error
from ivr.carrier.twiml.connect import Connect, read_connect
from ivr.carrier.twiml.dial import Dial, read_dial
from ivr.carrier.twiml.ending import (
    Hangup,
    Leave,
    Redirect,
    Reject,
    read_hangup,
    read_leave,
    read_redirect,
    read_reject,
)
from ivr.carrier.twiml.enqueue import Enqueue, read_enqueue
from ivr.carrier.twiml.gather import Gather, read_gather
from ivr.carrier.twiml.pause import Pause, read_pause
from ivr.carrier.twiml.play import Play, read_play
from ivr.carrier.twiml.reading import Context
from ivr.carrier.twiml.record import Record, read_record
from ivr.carrier.twiml.say import Say, read_say
from ivr.carrier.twiml.unsupported import TAGS, Unsupported, read_unsupported
from ivr.carrier.twiml.xml import Element, NotXml, read_xml

Verb = (
    Say
    | Play
    | Pause
    | Gather
    | Record
    | Redirect
    | Hangup
    | Reject
    | Leave
    | Enqueue
    | Dial
    | Connect
    | Unsupported
)
MAX_BYTES = 64 * 1024

READERS: Mapping[str, Callable[[Element, Context], Verb | None]] = {
    "Say": read_say,
    "Play": read_play,
    "Pause": read_pause,
    "Gather": read_gather,
    "Record": read_record,
    "Redirect": read_redirect,
    "Hangup": read_hangup,
    "Reject": read_reject,
    "Leave": read_leave,
    "Enqueue": read_enqueue,
    "Dial": read_dial,
    "Connect": read_connect,
    **dict.fromkeys(TAGS, read_unsupported),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """``url`` and ``method`` say where it came from ("" when inside a REST call)."""

    url: str
    method: str
    verbs: tuple[Verb, ...]
    problems: tuple[Problem, ...]

    @property
    def failure(self) -> Problem | None:
        """The first problem that keeps it from running."""
        return next((problem for problem in self.problems if problem.level == "error"), None)


def parse(text: bytes | str, *, url: str = "", method: str = "POST") -> Document:
    """Never raises: whatever ``text`` is, what is wrong with it stands in ``problems``."""
    context = Context(base_url=url)
    verbs: tuple[Verb, ...] = ()
    if len(text) > MAX_BYTES:
        context.fail(11750, "the document is longer than 64 kB")
    elif not text:
        context.fail(11770, "the document is empty")
    else:
        try:
            verbs = _verbs(read_xml(text), context)
        except NotXml as failure:
            context.problems.append(error(12100, f"document parse failure: {failure}"))
    return Document(url=url, method=method, verbs=verbs, problems=tuple(context.problems))


def _verbs(root: Element, context: Context) -> tuple[Verb, ...]:
    if root.name != "Response":
        context.fail(12102, "the root element must be Response")
        return ()
    verbs: list[Verb] = []
    for child in root.children:
        reader = READERS.get(child.name)
        if reader is None:
            context.warn(12200, f"element {child.name} is unknown")
            continue
        verb = reader(child, context)
        if verb is not None:
            verbs.append(verb)
    return tuple(verbs)
