"""<Gather>: keys and speech (twilio.com/docs/voice/twiml/gather)."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.pause import Pause, read_pause
from ivr.carrier.twiml.play import Play, read_play
from ivr.carrier.twiml.reading import Attributes, Context
from ivr.carrier.twiml.say import Say, read_say
from ivr.carrier.twiml.xml import Element

MODELS = (
    "default",
    "numbers_and_commands",
    "phone_call",
    "experimental_conversations",
    "experimental_utterances",
    "googlev2_long",
    "googlev2_short",
    "googlev2_telephony",
    "googlev2_telephony_short",
    "deepgram_nova-2",
    "deepgram_nova-3",
)
MAX_HINTS = 500
MAX_HINT = 100
DEFAULT_TIMEOUT = 5
AUTO_SPEECH_TIMEOUT = 1
"""Seconds of silence that ``speechTimeout="auto"`` stands for here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Times in seconds. ``action`` None = this document; ``num_digits`` 0 = any number."""

    prompts: tuple[Say | Play | Pause, ...]
    keys: bool
    speech: bool
    action: str | None
    method: str
    timeout: int
    num_digits: int
    finish_on_key: str
    action_on_empty: bool
    speech_timeout: int
    max_speech: int
    language: str
    partial_callback: str | None
    partial_method: str
    barge_in: bool


def read_gather(element: Element, context: Context) -> Gather:
    attributes = Attributes(element, context)
    kinds = attributes.words("input", ("dtmf",), ("dtmf", "speech"), code=13331)
    timeout = (
        DEFAULT_TIMEOUT
        if attributes.is_word("timeout", "auto")
        else attributes.integer("timeout", DEFAULT_TIMEOUT, least=1, code=13313)
    )
    model = attributes.choice("speechModel", "default", MODELS, code=13334)
    gather = Gather(
        prompts=_prompts(element, context),
        keys="dtmf" in kinds,
        speech="speech" in kinds,
        action=attributes.url("action"),
        method=attributes.method(code=13312),
        timeout=timeout,
        num_digits=attributes.integer("numDigits", 0, least=1, code=13314),
        finish_on_key=attributes.keys("finishOnKey", "#", "0123456789#*", code=13310, most=1),
        action_on_empty=attributes.boolean("actionOnEmptyResult", False),
        speech_timeout=_speech_timeout(attributes, context, timeout=timeout, model=model),
        max_speech=attributes.integer("maxSpeechTime", 60, least=1, most=60),
        language=attributes.text("language", "en-US"),
        partial_callback=attributes.url("partialResultCallback"),
        partial_method=attributes.method("partialResultCallbackMethod"),
        barge_in=attributes.boolean("bargeIn", True),
    )
    _check_hints(attributes, context)
    attributes.boolean("profanityFilter", True)
    attributes.ignore("enhanced", "debug")
    attributes.done()
    return gather


def _prompts(element: Element, context: Context) -> tuple[Say | Play | Pause, ...]:
    prompts: list[Say | Play | Pause | None] = []
    for child in element.children:
        if child.name == "Say":
            prompts.append(read_say(child, context))
        elif child.name == "Play":
            prompts.append(read_play(child, context, in_gather=True))
        elif child.name == "Pause":
            prompts.append(read_pause(child, context))
        else:
            context.warn(13320, f"Gather: element {child.name} is not allowed inside")
    return tuple(prompt for prompt in prompts if prompt is not None)


def _speech_timeout(attributes: Attributes, context: Context, *, timeout: int, model: str) -> int:
    if not attributes.is_word("speechTimeout", "auto"):
        return attributes.integer("speechTimeout", timeout, least=1, code=13335)
    if model != "default":
        context.warn(13335, "Gather speechTimeout: auto does not go with this speechModel")
    return AUTO_SPEECH_TIMEOUT


def _check_hints(attributes: Attributes, context: Context) -> None:
    hints = [hint for hint in attributes.text("hints").split(",") if hint.strip()]
    if len(hints) > MAX_HINTS or any(len(hint.strip()) > MAX_HINT for hint in hints):
        context.warn(13333, "Gather hints: at most 500 of at most 100 characters")
