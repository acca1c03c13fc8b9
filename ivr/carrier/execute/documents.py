"""From a webhook's answer to a document, by its content type."""

from __future__ import annotations

from ivr.carrier.problem import Problem, error
from ivr.carrier.sounds import TYPES
from ivr.carrier.twiml.document import Document, parse
from ivr.carrier.twiml.ending import Hangup
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say
from ivr.carrier.webhook import Answer

TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


def read_answer(answer: Answer, *, hang_up: bool = True) -> Document:
    """TwiML is run, a sound is played, plain text is TwiML or read aloud; the rest is 12300.

    ``hang_up`` after a sound or text (a queue's waiting goes on instead).
    """
    if answer.problem is not None or answer.response is None:
        problem = answer.problem or error(11200, "no answer")
        return _failed(answer, *answer.warnings, problem)
    body, kind = answer.response.body, answer.response.content_type
    if kind in TYPES:
        return _made(answer, Play(url=answer.url, digits="", repeats=1), hang_up=hang_up)
    if kind not in TWIML_TYPES and kind != "text/plain":
        return _failed(answer, error(12300, "invalid content type"))
    document = parse(body, url=answer.url, method=answer.method)
    if kind == "text/plain" and document.failure is not None and body:
        text = " ".join(body.decode("utf-8", "replace").split())
        say = Say(text=text, voice="man", language="en-US", repeats=1)
        return _made(answer, say, hang_up=hang_up)
    return Document(
        url=document.url,
        method=document.method,
        verbs=document.verbs,
        problems=(*answer.warnings, *document.problems),
    )


def _made(answer: Answer, verb: Play | Say, *, hang_up: bool) -> Document:
    return Document(
        url=answer.url,
        method=answer.method,
        verbs=(verb, Hangup()) if hang_up else (verb,),
        problems=answer.warnings,
    )


def _failed(answer: Answer, *problems: Problem) -> Document:
    return Document(url=answer.url, method=answer.method, verbs=(), problems=problems)
