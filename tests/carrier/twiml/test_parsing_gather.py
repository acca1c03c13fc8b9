"""| attribute | values | default |
|---|---|---|
| input | dtmf, speech, dtmf speech | dtmf |
| action | URL | this document |
| method | GET, POST | POST |
| timeout | positive integer, auto | 5 |
| numDigits | positive integer | unlimited |
| finishOnKey | one of 0-9 # * or empty | # |
| actionOnEmptyResult | true, false | false |
| speechTimeout | positive integer, auto | timeout |
| bargeIn | true, false | true |
| partialResultCallback | URL | none |
"""

from __future__ import annotations

from typing import Any

import pytest

from ivr.carrier.twiml.document import Document, parse
from ivr.carrier.twiml.gather import Gather


def read(attributes: str, inside: str = "") -> tuple[Gather, list[int]]:
    document: Document = parse(
        f"<Response><Gather {attributes}>{inside}</Gather></Response>", url="https://ivr.test/v"
    )
    (verb,) = document.verbs
    assert isinstance(verb, Gather)
    return verb, [problem.code for problem in document.problems]


def test_defaults() -> None:
    gather, codes = read("")
    assert codes == []
    assert (gather.keys, gather.speech, gather.action, gather.method) == (True, False, None, "POST")
    assert (gather.timeout, gather.num_digits, gather.finish_on_key) == (5, 0, "#")
    assert (gather.action_on_empty, gather.barge_in, gather.speech_timeout) == (False, True, 5)
    assert (gather.language, gather.partial_callback, gather.max_speech) == ("en-US", None, 60)


@pytest.mark.parametrize(
    ("attributes", "field", "value", "codes"),
    [
        ('input="speech"', "keys", False, []),
        ('input="dtmf speech"', "speech", True, []),
        ('input="fax"', "keys", True, [13331]),
        ('action="/t?turn=1&amp;x=2"', "action", "https://ivr.test/t?turn=1&x=2", []),
        ('method="GET"', "method", "GET", []),
        ('method="PUT"', "method", "POST", [13312]),
        ('timeout="9"', "timeout", 9, []),
        ('timeout="auto"', "timeout", 5, []),
        ('timeout="0"', "timeout", 5, [13313]),
        ('numDigits="4"', "num_digits", 4, []),
        ('numDigits="-4"', "num_digits", 0, [13314]),
        ('finishOnKey="*"', "finish_on_key", "*", []),
        ('finishOnKey=""', "finish_on_key", "", []),
        ('finishOnKey="##"', "finish_on_key", "#", [13310]),
        ('finishOnKey="A"', "finish_on_key", "#", [13310]),
        ('actionOnEmptyResult="true"', "action_on_empty", True, []),
        ('actionOnEmptyResult="yes"', "action_on_empty", False, [12200]),
        ('speechTimeout="2" timeout="7"', "speech_timeout", 2, []),
        ('timeout="7"', "speech_timeout", 7, []),
        ('speechTimeout="auto"', "speech_timeout", 1, []),
        ('speechTimeout="auto" speechModel="phone_call"', "speech_timeout", 1, [13335]),
        ('speechModel="best"', "speech_timeout", 5, [13334]),
        ('bargeIn="false"', "barge_in", False, []),
        ('partialResultCallback="/p"', "partial_callback", "https://ivr.test/p", []),
        ('language="pt-BR"', "language", "pt-BR", []),
        ('hints="{}"'.format(",".join(["a"] * 501)), "keys", True, [13333]),
        ('finishonkey="1"', "finish_on_key", "#", [12200]),
        ('enhanced="true" debug="true" profanityFilter="false"', "keys", True, []),
    ],
)
def test_attributes(attributes: str, field: str, value: Any, codes: list[int]) -> None:
    gather, found = read(attributes)
    assert getattr(gather, field) == value
    assert found == codes


def test_only_say_play_and_pause_stand_inside() -> None:
    gather, codes = read(
        "", '<Say>a</Say><Play>/a.wav</Play><Pause/><Dial/><Play digits="1"/><Say/>'
    )
    assert [type(prompt).__name__ for prompt in gather.prompts] == ["Say", "Play", "Pause"]
    assert codes == [13320, 13430, 13520]
