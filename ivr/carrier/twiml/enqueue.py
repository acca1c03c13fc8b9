"""<Enqueue> (twilio.com/docs/voice/twiml/enqueue)."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context
from ivr.carrier.twiml.xml import Element

DEFAULT_SIZE = 1_000
MAX_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """``wait_url`` None = Twilio's music, "" = silence. ``max_size`` 0 = the queue's own."""

    queue: str
    action: str | None
    method: str
    wait_url: str | None
    wait_method: str
    max_size: int


def read_enqueue(element: Element, context: Context) -> Enqueue | None:
    attributes = Attributes(element, context)
    wait_url: str | None = None
    if "waitUrl" in element.attributes:
        wait_url = attributes.url("waitUrl") or ""
    enqueue = Enqueue(
        queue=element.text.strip(),
        action=attributes.url("action"),
        method=attributes.method(code=14201),
        wait_url=wait_url,
        wait_method=attributes.method("waitUrlMethod", code=14203),
        max_size=attributes.integer("maxQueueSize", 0, least=1, most=5_000),
    )
    workflow = attributes.text("workflowSid")
    attributes.done()
    if workflow or any(child.name == "Task" for child in element.children):
        context.fail(14220, "Enqueue workflowSid: TaskRouter is not supported here")
        return None
    if not 1 <= len(enqueue.queue) <= MAX_NAME:
        context.fail(14206, "Enqueue: a queue's name has 1 to 64 characters")
        return None
    return enqueue
