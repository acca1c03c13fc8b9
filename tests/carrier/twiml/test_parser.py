"""Reading documents: what is understood, what is warned of, what fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier.twiml.document import READERS, Document, parse
from ivr.carrier.twiml.ending import Hangup, Redirect, Reject
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say

URL = "https://ivr.test/voice/turn?turn=3"


def read(inside: str, url: str = URL) -> Document:
    return parse(f"<Response>{inside}</Response>", url=url)


def codes(document: Document) -> list[int]:
    return [problem.code for problem in document.problems]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 11770),
        (" ", 12100),
        ("hello", 12100),
        ("<Response>", 12100),
        ("<Response></response>", 12100),
        ("<Response a=b/>", 12100),
        ("<Response>&nbsp;</Response>", 12100),
        ("\n<?xml version='1.0'?><Response/>", 12100),
        ("<!DOCTYPE Response><Response/>", 12100),
        ("<!DOCTYPE r [<!ENTITY a 'b'>]><Response>&a;</Response>", 12100),
        (b"<?xml version='1.0' encoding='klingon'?><Response/>", 12100),
        (b"<Response>\xff</Response>", 12100),
        ("<Response/><Response/>", 12100),
        ("<a>" * 60 + "</a>" * 60, 12100),
        ("<response/>", 12102),
        ("<Say>x</Say>", 12102),
        ("<Response>" + " " * 65_536 + "</Response>", 11750),
    ],
)
def test_what_cannot_be_read_is_one_error(text: str | bytes, code: int) -> None:
    document = parse(text, url=URL)
    assert codes(document) == [code]
    assert document.failure is not None and document.failure.level == "error"
    assert document.verbs == ()


def test_names_are_case_sensitive_and_comments_are_nothing() -> None:
    document = read("<!-- a --><hangup/><Hangup/><?x y?>")
    assert document.verbs == (Hangup(),)
    assert codes(document) == [12200]


@given(st.one_of(st.text(), st.binary()))
def test_no_text_makes_the_parser_raise(text: str | bytes) -> None:
    assert parse(text, url=URL).failure is not None


tags = st.sampled_from([*READERS, "Number", "Client", "Queue", "Conference", "Sip", "Fax", "break"])
attribute_names = st.sampled_from(
    ["action", "method", "timeout", "numDigits", "loop", "input", "waitUrl", "url", "x", "length"]
)
attribute_values = st.text(
    st.characters(codec="utf-8", exclude_characters='<&"\0', exclude_categories=("Cc",)),
    max_size=12,
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    tag = draw(tags)
    attributes = draw(st.dictionaries(attribute_names, attribute_values, max_size=4))
    inside = draw(attribute_values)
    if depth:
        inside += "".join(draw(st.lists(elements(depth=depth - 1), max_size=2)))
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{written}>{inside}</{tag}>"


@given(st.lists(elements(), max_size=4), st.sampled_from([URL, ""]))
def test_no_document_makes_the_parser_raise(inside: list[str], url: str) -> None:
    document = read("".join(inside), url)
    assert all(1_000 <= problem.code < 100_000 for problem in document.problems)


# Say: voice man|woman|Polly.*|Google.*; language; loop 0.. (1).
@pytest.mark.parametrize(
    ("inside", "say", "expected"),
    [
        ("<Say> a\n b </Say>", Say(text="a b", voice="man", language="en-US", repeats=1), []),
        (
            '<Say voice="Polly.Camila" language="pt-BR" loop="2">a<break time="1s"/>b</Say>',
            Say(text="ab", voice="Polly.Camila", language="pt-BR", repeats=2),
            [],
        ),
        ('<Say loop="0">a</Say>', Say(text="a", voice="man", language="en-US", repeats=1000), []),
        ('<Say loop="x">a</Say>', Say(text="a", voice="man", language="en-US", repeats=1), [13510]),
        (
            '<Say voice="hal">a</Say>',
            Say(text="a", voice="man", language="en-US", repeats=1),
            [13511],
        ),
        ("<Say>a<p>b</p></Say>", Say(text="ab", voice="man", language="en-US", repeats=1), [13520]),
        (
            '<Say voice="Polly.Camila">a<blink>b</blink></Say>',
            Say(text="ab", voice="Polly.Camila", language="en-US", repeats=1),
            [12200],
        ),
        ("<Say/>", None, [13520]),
        (f"<Say>{'a' * 4097}</Say>", None, [13521]),
        (f'<Say voice="Polly.Camila">{"a" * 3001}</Say>', None, [13521]),
    ],
)
def test_say(inside: str, say: Say | None, expected: list[int]) -> None:
    document = read(inside)
    assert document.verbs == (() if say is None else (say,))
    assert codes(document) == expected
    assert document.failure is None


# Play: loop 0.. (1); digits 0-9 A-D * # w W; body = address.
@pytest.mark.parametrize(
    ("inside", "play", "expected"),
    [
        ("<Play>/p/a.wav</Play>", Play(url="https://ivr.test/p/a.wav", digits="", repeats=1), []),
        ("<Play>b.wav</Play>", Play(url="https://ivr.test/voice/b.wav", digits="", repeats=1), []),
        ('<Play digits="1wW#"/>', Play(url="", digits="1wW#", repeats=1), []),
        (
            '<Play loop="-1">/a.wav</Play>',
            Play(url="https://ivr.test/a.wav", digits="", repeats=1),
            [13410],
        ),
        (
            '<Play digits="1x">/a</Play>',
            Play(url="https://ivr.test/a", digits="", repeats=1),
            [13430],
        ),
        ("<Play/>", None, [12200]),
        ("<Play>ftp://x/a.wav</Play>", None, [11100]),
    ],
)
def test_play(inside: str, play: Play | None, expected: list[int]) -> None:
    document = read(inside)
    assert document.verbs == (() if play is None else (play,))
    assert codes(document) == expected


# Pause: length > 0 (1).
@pytest.mark.parametrize(
    ("inside", "seconds", "expected"),
    [
        ("<Pause/>", 1, []),
        ('<Pause length="12"/>', 12, []),
        ('<Pause length="0"/>', 1, [13910]),
        ('<Pause length="1.5"/>', 1, [13910]),
        ('<Pause length="²"/>', 1, [13910]),
    ],
)
def test_pause(inside: str, seconds: int, expected: list[int]) -> None:
    document = read(inside)
    assert document.verbs == (Pause(seconds=seconds),)
    assert codes(document) == expected


# Redirect: method (POST); Reject: reason rejected|busy (rejected).
@pytest.mark.parametrize(
    ("inside", "verb", "expected"),
    [
        ("<Redirect/>", Redirect(url=None, method="POST"), []),
        (
            '<Redirect method="get">x</Redirect>',
            Redirect(url="https://ivr.test/voice/x", method="GET"),
            [],
        ),
        ('<Redirect method="PUT"/>', Redirect(url=None, method="POST"), [13710]),
        ("<Reject/>", Reject(reason="rejected"), []),
        ('<Reject reason="busy"/>', Reject(reason="busy"), []),
        ('<Reject reason="late"/>', Reject(reason="rejected"), [13810]),
    ],
)
def test_other_verbs(inside: str, verb: object, expected: list[int]) -> None:
    document = read(inside)
    assert document.verbs == (verb,)
    assert codes(document) == expected


def test_twiml_without_an_address_needs_absolute_urls() -> None:
    assert codes(read('<Gather action="/turn"/>', url="")) == [15004]
    assert codes(read('<Gather action="https://ivr.test/turn"/>', url="")) == []
