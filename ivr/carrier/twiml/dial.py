"""<Dial> and what it may hold (twilio.com/docs/voice/twiml/dial)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context
from ivr.carrier.twiml.record import RecordingCallback, read_recording_callback
from ivr.carrier.twiml.xml import Element

CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
MAX_PARTIES = 10
_PHONE = re.compile(r"\+?[0-9]{3,15}")
_RECORD = (
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCallback:
    url: str
    method: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A phone to ring. ``to`` is a number, ``client:<identity>`` or a SIP URI."""

    to: str
    kind: str
    url: str | None = None
    method: str = "POST"
    send_digits: str = ""
    callback: StatusCallback | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNoun:
    name: str
    url: str | None
    method: str


CONFERENCE_EVENTS = (
    "start",
    "end",
    "join",
    "leave",
    "mute",
    "hold",
    "modify",
    "speaker",
    "announcement",
)
BEEPS = ("true", "false", "onEnter", "onExit")
MAX_PARTICIPANTS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceNoun:
    """twilio.com/docs/voice/twiml/conference.

    ``wait_url`` None = the carrier's music, "" = silence. ``coach``: CallSid of the participant
    who alone hears this one.
    """

    name: str
    muted: bool = False
    beep: str = "true"
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str = ""
    max_participants: int = MAX_PARTICIPANTS
    record: bool = False
    wait_url: str | None = None
    wait_method: str = "POST"
    coach: str = ""
    callback: StatusCallback | None = None
    recording_callback: RecordingCallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Times in seconds. ``action`` None = go on with the next verb. ``caller_id`` "" = caller's."""

    parties: tuple[Party, ...]
    queue: QueueNoun | None
    conference: ConferenceNoun | None
    action: str | None
    method: str
    timeout: int
    time_limit: int
    caller_id: str
    hangup_on_star: bool
    answer_on_bridge: bool
    sequential: bool
    record: str
    recording_callback: RecordingCallback | None


def read_dial(element: Element, context: Context) -> Dial:
    attributes = Attributes(element, context)
    parties, queue, conference = _nouns(element, context)
    dial = Dial(
        parties=parties,
        queue=queue,
        conference=conference,
        action=attributes.url("action"),
        method=attributes.method(code=13210),
        timeout=attributes.integer("timeout", 30, least=1, most=600, code=13212),
        time_limit=attributes.integer("timeLimit", 14_400, least=1, most=86_400, code=13216),
        caller_id=attributes.text("callerId"),
        hangup_on_star=attributes.boolean("hangupOnStar", False, code=13213),
        answer_on_bridge=attributes.boolean("answerOnBridge", False),
        sequential=attributes.boolean("sequential", False),
        record=attributes.choice("record", "do-not-record", _RECORD, code=13217),
        recording_callback=read_recording_callback(attributes),
    )
    attributes.ignore(
        "trim",
        "recordingTrack",
        "recordingConfigurationId",
        "ringTone",
        "referUrl",
        "referMethod",
        "callReason",
        "events",
        "passports",
    )
    attributes.done()
    return dial


def _nouns(
    element: Element, context: Context
) -> tuple[tuple[Party, ...], QueueNoun | None, ConferenceNoun | None]:
    parties: list[Party] = []
    queue: QueueNoun | None = None
    conference: ConferenceNoun | None = None
    for child in element.children:
        if child.name in _PARTIES:
            parties.append(_party(child, context))
        elif child.name == "Queue":
            queue = _queue(child, context)
        elif child.name == "Conference":
            conference = _conference(child, context)
        else:
            context.warn(13215, f"Dial: element {child.name} is not allowed inside")
    if not element.children and element.text.strip():
        parties.append(Party(to=element.text.strip(), kind="Number"))
    if conference is not None and parties:
        context.warn(13000, "Dial: Conference does not go with other nouns")
        parties = []
    for party in parties:
        if party.kind == "Number" and not _PHONE.fullmatch(party.to):
            context.warn(13223, "Dial: invalid phone number format")
    return tuple(parties[:MAX_PARTIES]), queue, conference


_PARTIES = ("Number", "Client", "Sip", "Sim", "Application", "WhatsApp")


def _party(element: Element, context: Context) -> Party:
    attributes = Attributes(element, context)
    text = element.text.strip()
    parameters: list[tuple[str, str]] = []
    if element.name == "Client":
        identity = [child.text.strip() for child in element.children if child.name == "Identity"]
        text = "client:" + (identity[0] if identity else text)
        parameters = [
            (child.attributes.get("name", ""), child.attributes.get("value", ""))
            for child in element.children
            if child.name == "Parameter"
        ]
    party = Party(
        to=text,
        kind=element.name,
        url=attributes.url("url"),
        method=attributes.method(code=13221),
        send_digits=attributes.keys("sendDigits", "", "0123456789*#wW", code=13222, most=32),
        callback=_callback(attributes),
        parameters=tuple(parameters),
    )
    attributes.ignore(
        "username",
        "password",
        "byoc",
        "machineDetection",
        "machineDetectionTimeout",
        "machineDetectionSpeechThreshold",
        "machineDetectionSpeechEndThreshold",
        "machineDetectionSilenceTimeout",
        "amdStatusCallback",
        "amdStatusCallbackMethod",
        "clientNotificationUrl",
        "phoneNumberSid",
        "participantIdentity",
        "copyParentTo",
        "customerId",
        "applicationSid",
    )
    attributes.done()
    return party


def _callback(attributes: Attributes) -> StatusCallback | None:
    url = attributes.url("statusCallback")
    method = attributes.method("statusCallbackMethod")
    events = attributes.words("statusCallbackEvent", ("completed",), CALL_EVENTS)
    return StatusCallback(url=url, method=method, events=events) if url else None


def _queue(element: Element, context: Context) -> QueueNoun:
    attributes = Attributes(element, context)
    queue = QueueNoun(
        name=element.text.strip(), url=attributes.url("url"), method=attributes.method()
    )
    attributes.ignore("reservationSid", "postWorkActivitySid")
    attributes.done()
    if not queue.name:
        context.fail(14210, "Dial Queue: no name")
    return queue


def _conference(element: Element, context: Context) -> ConferenceNoun:
    attributes = Attributes(element, context)
    silent = attributes.is_word("waitUrl", "")
    wait_url = "" if silent else attributes.url("waitUrl")
    callback_url = attributes.url("statusCallback")
    callback_method = attributes.method("statusCallbackMethod")
    events = attributes.words("statusCallbackEvent", (), CONFERENCE_EVENTS)
    noun = ConferenceNoun(
        name=element.text.strip(),
        muted=attributes.boolean("muted", False, code=13230),
        end_on_exit=attributes.boolean("endConferenceOnExit", False, code=13231),
        start_on_enter=attributes.boolean("startConferenceOnEnter", True, code=13232),
        beep=attributes.choice("beep", "true", BEEPS, code=13233),
        wait_url=wait_url,
        wait_method=attributes.method("waitMethod", code=13234),
        max_participants=attributes.integer(
            "maxParticipants", MAX_PARTICIPANTS, least=2, most=MAX_PARTICIPANTS, code=13235
        ),
        label=attributes.text("participantLabel"),
        record=attributes.choice(
            "record", "do-not-record", ("do-not-record", "record-from-start", "true", "false")
        )
        in ("record-from-start", "true"),
        coach=attributes.text("coach"),
        callback=(
            StatusCallback(url=callback_url, method=callback_method, events=events)
            if callback_url
            else None
        ),
        recording_callback=read_recording_callback(attributes),
    )
    attributes.ignore("region", "trim", "jitterBufferSize", "eventCallbackUrl")
    attributes.done()
    if not noun.name:
        context.fail(13221, "Dial Conference: no name")
    return noun
