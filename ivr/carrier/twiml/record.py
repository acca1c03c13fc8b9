"""<Record> (twilio.com/docs/voice/twiml/record)."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context, no_children
from ivr.carrier.twiml.xml import Element

EVENTS = ("in-progress", "completed", "absent")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCallback:
    url: str
    method: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Times in seconds; ``timeout`` 0 = silence never ends it. ``action`` None = this document."""

    action: str | None
    method: str
    timeout: int
    finish_on_key: str
    max_length: int
    beep: bool
    trim: bool
    callback: RecordingCallback | None


def read_recording_callback(
    attributes: Attributes, events: tuple[str, ...] = ("completed",)
) -> RecordingCallback | None:
    url = attributes.url("recordingStatusCallback")
    method = attributes.method("recordingStatusCallbackMethod")
    chosen = attributes.words("recordingStatusCallbackEvent", events, EVENTS)
    return RecordingCallback(url=url, method=method, events=chosen) if url else None


def read_record(element: Element, context: Context) -> Record:
    attributes = Attributes(element, context)
    record = Record(
        action=attributes.url("action"),
        method=attributes.method(code=13610),
        timeout=attributes.integer("timeout", 5, least=0, code=13611),
        finish_on_key=attributes.keys("finishOnKey", "1234567890*#", "0123456789#*", code=13613),
        max_length=attributes.integer("maxLength", 3600, least=2, most=86_400, code=13612),
        beep=attributes.boolean("playBeep", True),
        trim=attributes.choice("trim", "trim-silence", ("trim-silence", "do-not-trim"))
        == "trim-silence",
        callback=read_recording_callback(attributes),
    )
    if attributes.boolean("transcribe", False, code=13614):
        context.warn(13615, "Record transcribe: English only, not done here")
    attributes.url("transcribeCallback")
    attributes.ignore("recordingConfigurationId")
    attributes.done()
    no_children(element, context)
    return record
