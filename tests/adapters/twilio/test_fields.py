"""Strict fields: what is needed, what is refused, and other readings of one signature."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import random
import re
import string
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from ivr.adapters.twilio.catalogue import OPTIONAL, PATTERNS, REQUIRED, Route
from ivr.adapters.twilio.fields import BadFieldsError, Inbound, read_fields
from ivr.adapters.twilio.inbound import to_event
from ivr.adapters.twilio.links import Links, turn_of
from ivr.adapters.twilio.signature import check

TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://ura.ms.gov.br"
ACCOUNT = "AC" + "0" * 31 + "1"
CALL = "CA" + "a" * 31 + "2"
OTHER_CALL = "CA" + "b" * 31 + "3"
RECORDING = "RE" + "c" * 31 + "4"
RECORDING_URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}"
Pairs = list[tuple[str, str]]

BASE: Pairs = [
    ("AccountSid", ACCOUNT),
    ("ApiVersion", "2010-04-01"),
    ("CallSid", CALL),
    ("CallStatus", "in-progress"),
    ("CallToken", "%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9XYZ%22%7D"),
    ("Called", "+556733183600"),
    ("CalledCity", "CAMPO GRANDE"),
    ("CalledCountry", "BR"),
    ("CalledState", "MS"),
    ("CalledZip", ""),
    ("Caller", "+5567999990000"),
    ("CallerCity", "São Paulo"),
    ("CallerCountry", "BR"),
    ("CallerState", "Tocantins"),
    ("CallerZip", ""),
    ("Direction", "inbound"),
    ("From", "+5567999990000"),
    ("FromCity", "Três Lagoas"),
    ("FromCountry", "BR"),
    ("FromState", ""),
    ("FromZip", ""),
    ("To", "+556733183600"),
    ("ToCity", "Tocantínia"),
    ("ToCountry", "BR"),
    ("ToState", "SP"),
    ("ToZip", ""),
]
BODIES: dict[str, tuple[str, Pairs]] = {
    "keys": ("gather", [("Digits", "12"), ("FinishedOnKey", "#"), ("msg", "Gather End")]),
    "rare keys": ("gather", [("Digits", "1D"), ("FinishedOnKey", ""), ("msg", "Gather End")]),
    "no keys": ("gather", [("Digits", ""), ("FinishedOnKey", ""), ("msg", "Gather End")]),
    "redirect": ("gather", []),
    "pin": ("secret", [("Digits", "123456"), ("FinishedOnKey", "#"), ("msg", "Gather End")]),
    "speech": (
        "gather",
        [("SpeechResult", "Quero a Tereza do Tocantins"), ("Confidence", "0.91234")],
    ),
    "brand": ("gather", [("SpeechResult", "abrir o TeamViewer"), ("Language", "pt-BR")]),
    "brand first": ("gather", [("SpeechResult", "TeamViewer Status SpeedTest não abre.")]),
    "new speech field": (
        "gather",
        [("SpeechResult", "sim"), ("SpeechModel", "phone_call"), ("Confidence", "0.9")],
    ),
    "recording": (
        "record",
        [
            ("RecordingUrl", RECORDING_URL),
            ("RecordingSid", RECORDING),
            ("RecordingDuration", "17"),
            ("Digits", "hangup"),
        ],
    ),
    "queue": (
        "queue",
        [("QueueResult", "bridged"), ("QueueSid", "QU" + "d" * 32), ("QueueTime", "95")],
    ),
    "dial": (
        "dial",
        [
            ("DialCallStatus", "no-answer"),
            ("DialCallSid", OTHER_CALL),
            ("DialCallDuration", "0"),
            ("DialBridged", "false"),
        ],
    ),
    "child leg and new fields": (
        "gather",
        [
            ("Digits", "7"),
            ("ParentCallSid", OTHER_CALL),
            ("ForwardedFrom", "+556733180000"),
            ("CallerRiskScore", "12"),
            ("DigitsSource", "inband"),
            ("RecordingDurationMs", "100"),
            ("AIAssistant", "off"),
        ],
    ),
}


def form_of(name: str) -> Pairs:
    return sorted(BASE + BODIES[name][1])


def sign(url: str, pairs: Pairs) -> str:
    text = url + "".join(n + v for n, v in sorted(set(pairs)))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def read(pairs: Pairs, route: Route = "turn") -> Inbound:
    return read_fields(MultiDict(pairs), route=route, account_sid=ACCOUNT)


def told(inbound: Inbound, expects: str) -> tuple[object, ...]:
    """Everything of a request that has an effect."""
    return (
        inbound.account_sid,
        inbound.call_sid,
        inbound.caller,
        inbound.to,
        inbound.direction,
        inbound.status,
        to_event(inbound, expects=expects).event,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("name", BODIES)
def test_a_genuine_body_is_read(name: str) -> None:
    inbound = read(form_of(name))
    assert (inbound.call_sid, inbound.caller) == (CALL, "+5567999990000")
    for field, value in BODIES[name][1]:
        if field in OPTIONAL["turn"]:
            assert inbound.fields[field] == value


@pytest.mark.parametrize("route", list(REQUIRED))
def test_each_needed_field_is_needed_once(route: Route) -> None:
    pairs = [*BASE, ("RecordingSid", RECORDING), ("RecordingStatus", "completed")]
    pairs += [("MessageSid", "SM" + "e" * 32), ("MessageStatus", "sent")]
    pairs += [("ConferenceSid", "CF" + "f" * 32), ("FriendlyName", f"sala-{CALL.lower()}")]
    pairs += [("StatusCallbackEvent", "participant-join")]
    assert read(pairs, route)
    for field in REQUIRED[route]:
        without = [p for p in pairs if p[0] != field]
        with pytest.raises(BadFieldsError) as missing:
            read(without, route)
        assert (missing.value.field, missing.value.reason) == (field, "missing")
        twice = [*pairs, *(p for p in pairs if p[0] == field)]
        with pytest.raises(BadFieldsError) as repeated:
            read(twice, route)
        assert (repeated.value.field, repeated.value.reason) == (field, "repeated")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("CallSid", "CA1"),
        ("CallSid", CALL.upper()),
        ("CallSid", CALL + "\n"),
        ("CallSid", "../" + CALL),
        ("CallStatus", "Completed"),
        ("Direction", "sideways"),
        ("Digits", "1 2"),
        ("Digits", "12a"),
        ("Digits", "1" * 33),
        ("Digits", "１２"),
        ("Digits", "12\n"),
        ("From", "+55<Say>"),
        ("From", "+55\r\nX"),
        ("To", "' OR 1=1"),
        ("Confidence", "nan"),
        ("RecordingUrl", "file:///etc/passwd"),
        ("RecordingUrl", RECORDING_URL.replace(ACCOUNT, "..")),
        ("RecordingDuration", "1e9"),
        ("QueueTime", "-1"),
        ("SpeechResult", "a\x00b"),
        ("SpeechResult", "a" * 4001),
    ],
)
def test_a_malformed_value_is_refused(field: str, value: str) -> None:
    pairs = [p for p in form_of("redirect") if p[0] != field]
    with pytest.raises(BadFieldsError) as bad:
        read([*pairs, (field, value)])
    assert (bad.value.field, bad.value.reason) == (field, "malformed")


def test_another_account_is_refused() -> None:
    pairs = [p for p in BASE if p[0] != "AccountSid"]
    with pytest.raises(BadFieldsError) as bad:
        read([*pairs, ("AccountSid", "AC" + "9" * 32)])
    assert (bad.value.field, bad.value.reason) == ("AccountSid", "foreign")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "digits",
        "1AccountSid",
        " Digits",
        "Digits ",
        "Digits[]",
        "É",
        "__proto__",
        "A" * 90,
    ],
)
def test_a_name_that_no_carrier_uses_is_refused(name: str) -> None:
    with pytest.raises(BadFieldsError) as bad:
        read([*BASE, (name, "1")])
    assert (bad.value.field, bad.value.reason) == ("?", "name")


@pytest.mark.parametrize(
    "extra",
    [
        [("X" + "a" * 9, "b" * 8001)],
        [(f"Xa{i}", "") for i in range(130)],
        [(f"Xa{i}", "c" * 7000) for i in range(6)],
    ],
)
def test_an_oversize_body_is_refused(extra: Pairs) -> None:
    with pytest.raises(BadFieldsError) as bad:
        read([*BASE, *extra])
    assert bad.value.reason == "oversize"


@pytest.mark.parametrize(
    ("mutant", "field"),
    [
        ([("Digit", "s12")], "Digits"),
        ([("CallerZipDigits", "12")], "Digits"),
        ([("D", "igits12")], None),
        ([("Da", "Digits12")], "Digits"),
        ([("CallSt", "atuscompleted")], "CallStatus"),
        ([("Digi", "ts123456"), ("FinishedOnKey", "#")], "Digits"),
        ([("Speec", "hResultoi")], "SpeechResult"),
        ([("RecordingDurationX", "1RecordingSid" + RECORDING)], "RecordingSid"),
    ],
)
def test_a_moved_border_is_named_and_refused(mutant: Pairs, field: str | None) -> None:
    base = [p for p in BASE if p[0] != "CallerZip"] if mutant[0][0] == "CallerZipDigits" else BASE
    with pytest.raises(BadFieldsError) as bad:
        read([*base, *mutant])
    assert (bad.value.field, bad.value.reason) == ((field or "?"), "ambiguous" if field else "name")


def test_an_error_holds_no_value_and_no_name_from_outside() -> None:
    secret = "824917"
    mutants: list[Pairs] = [
        [*BASE, ("Digits", secret + "x")],
        [*BASE, ("Digits", secret), ("Digits", secret)],
        [*BASE, ("Digit", "s" + secret)],
        [*BASE, ("Digits" + secret, "")],
        [*BASE, (f"x{secret}", "")],
        [*BASE, (f"X{secret}", "1"), (f"X{secret}", "1")],
    ]
    for mutant in mutants:
        with pytest.raises(BadFieldsError) as bad:
            read(mutant)
        assert secret not in f"{bad.value!r} {bad.value} {bad.value.args}"
    assert secret not in repr(read([*BASE, ("Digits", secret)]))
    assert "99999" not in repr(read(BASE))


@pytest.mark.parametrize(
    ("value", "caller"),
    [
        ("+5567999990000", "+5567999990000"),
        ("67999990000", "67999990000"),
        ("sip:+5567999990000@trunk.example:5060", "+5567999990000"),
        ("sip:ana@trunk.example", None),
        ("sip:+5567999990000", None),
        ("client:ana", None),
        ("anonymous", None),
        ("Restricted", None),
        ("", None),
        ("+266696687", "+266696687"),
    ],
)
def test_the_caller_is_a_number_or_nothing(value: str, caller: str | None) -> None:
    pairs = [p for p in BASE if p[0] != "From"]
    assert read([*pairs, ("From", value)]).caller == caller


@pytest.mark.parametrize("to", ["+556733183600", "556733183600", "sip:+556733183600@x.example", ""])
def test_the_called_number_may_be_spelled_in_any_way(to: str) -> None:
    pairs = [p for p in BASE if p[0] != "To"]
    assert read([*pairs, ("To", to)]).to.lstrip("+") in ("556733183600", "")


def test_fields_of_another_route_are_not_handed_on() -> None:
    inbound = read([*BASE, ("Digits", "12")], "status")
    assert dict(inbound.fields) == {}


def test_a_recording_url_must_fit_its_id() -> None:
    other = "RE" + "f" * 32
    with pytest.raises(BadFieldsError) as bad:
        read([*BASE, ("RecordingUrl", RECORDING_URL), ("RecordingSid", other)])
    assert bad.value.reason == "inconsistent"


@pytest.mark.parametrize("cut", ["brand", "brand first", "speech"])
def test_words_of_the_caller_cannot_be_cut_short(cut: str) -> None:
    pairs = dict(form_of(cut))
    whole = pairs.pop("SpeechResult")
    url = Links(PUBLIC).turn(3).partition("#")[0]
    header = sign(url, form_of(cut))
    for found in re.finditer("[A-Z]", whole):
        for end in range(found.start() + 2, len(whole) + 1):
            name, value = whole[found.start() : end], whole[end:]
            mutant = [*pairs.items(), ("SpeechResult", whole[: found.start()]), (name, value)]
            if not check([TOKEN], url, MultiDict(mutant), header):
                continue
            try:
                inbound = read(mutant)
            except BadFieldsError:
                continue
            assert inbound.fields["SpeechResult"] == whole


# Ten thousand other readings of signed bodies.


def cuts(text: str, rng: random.Random, pairs: Pairs) -> Pairs:
    """Another form with the same signed text: some borders kept, some moved, gone or new."""
    borders = {0}
    at = 0
    inner: list[int] = []
    for name, value in pairs:
        borders.add(at)
        inner.append(at + len(name))
        at += len(name) + len(value)
    capitals = [i for i, c in enumerate(text) if c in string.ascii_uppercase]
    mode = rng.randrange(5)
    if mode != 0:
        for border in rng.sample(sorted(borders - {0}), rng.randint(0, 3)):
            borders.discard(border)
    if mode in (1, 2):
        borders |= set(rng.sample(capitals, rng.randint(1, 3)))
    if mode == 3:
        borders |= set(rng.sample(range(1, len(text)), rng.randint(1, 2)))
    places = sorted(borders)
    form: Pairs = []
    for start, end in zip(places, [*places[1:], len(text)], strict=True):
        kept = [i for i in inner if start < i <= end]
        split = kept[0] if kept and rng.random() < 0.85 else rng.randint(start, end)
        form.append((text[start:split], text[split:end]))
    return form


def mutants(pairs: Pairs, rng: random.Random, url: str) -> Iterator[tuple[str, Pairs]]:
    text = "".join(n + v for n, v in pairs)
    effects = sorted(OPTIONAL["turn"] | REQUIRED["turn"])
    while True:
        kind = rng.choices(range(6), weights=(1, 1, 2, 6, 6, 6))[0]
        form: Pairs = list(pairs)
        target = url
        if kind == 0:
            form.append(rng.choice(form))
        elif kind == 1:
            rng.shuffle(form)
        elif kind == 2:
            head = rng.randint(1, 30)
            split = rng.randint(0, len(form[0][0]))
            target, tail = url[:-head], url[-head:]
            name, value = tail[:split], tail[split:]
            form = [(name, value), *form] if split else [(tail + form[0][0], form[0][1]), *form[1:]]
        elif kind == 3:
            field = rng.choice(effects)
            found = [m.start() for m in re.finditer(field, text)]
            if not found:
                continue
            start = rng.choice(found)
            form = list(pairs)
            at = 0
            for index, (name, value) in enumerate(pairs):
                length = len(name) + len(value)
                if at <= start < at + length:
                    joined = name + value
                    if start > at:
                        head_part, rest = joined[: start - at], joined[start - at :]
                        split = rng.randint(1, len(head_part))
                        form[index : index + 1] = [
                            (head_part[:split], head_part[split:]),
                            (rest[: len(field)], rest[len(field) :]),
                        ]
                    elif index:
                        before = pairs[index - 1]
                        form[index - 1 : index + 1] = [(before[0], before[1] + joined)]
                    break
                at += length
        else:
            form = cuts(text, rng, pairs)
        yield target, form


def test_of_ten_thousand_mutants_of_a_signed_body_none_has_another_effect() -> None:
    rng = random.Random(3318_3600)
    url = Links(PUBLIC).turn(31).partition("#")[0]
    sources = {name: form_of(name) for name in BODIES}
    streams = {name: mutants(pairs, rng, url) for name, pairs in sources.items()}
    signed = accepted = different_form = 0
    harmful: list[Pairs] = []
    names = list(sources)
    while signed < 10_000:
        name = rng.choice(names)
        target, form = next(streams[name])
        if not check([TOKEN], target, MultiDict(form), sign(url, sources[name])):
            continue
        moved = sorted(form) != sources[name] or target != url
        signed += moved
        path, _, query = target.removeprefix(PUBLIC).partition("?")
        if path != "/voice/turn" or turn_of(query) is None:
            continue
        try:
            inbound = read(form)
        except BadFieldsError:
            continue
        accepted += 1
        different_form += moved
        expects = BODIES[name][0]
        if told(inbound, expects) != told(read(sources[name]), expects) or target != url:
            harmful.append(form)
    assert harmful == []
    assert accepted > 500 and different_form > 50


def test_without_the_search_for_hidden_fields_mutants_would_have_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ivr.adapters.twilio.fields.hidden_field", lambda *a, **k: None)
    url = Links(PUBLIC).turn(31).partition("#")[0]
    genuine = form_of("keys")
    mutant = [("Digit", "s12") if p[0] == "Digits" else p for p in genuine]
    assert check([TOKEN], url, MultiDict(mutant), sign(url, genuine))
    assert told(read(mutant), "gather") != told(read(genuine), "gather")


words = st.lists(
    st.sampled_from(
        ["quero", "Tereza", "TeamViewer", "SpeedTest", "Status", "To", "+55", "eSocial", "Toledo"]
        + ["Digits", "12", "Wi-Fi", "StreamLabs", "a", "não", "From", "SpeechModel", "é"]
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(words, st.sampled_from([" ", ""]), st.integers(0, 2**32))
def test_free_text_reads_the_same_in_every_form_that_is_accepted(
    said: list[str], joint: str, seed: int
) -> None:
    genuine = sorted([*BASE, ("SpeechResult", joint.join(said)), ("Confidence", "0.5")])
    url = Links(PUBLIC).turn(4).partition("#")[0]
    rng = random.Random(seed)
    try:
        meant = told(read(genuine), "gather")
    except BadFieldsError:
        return
    stream = mutants(genuine, rng, url)
    for _ in range(60):
        target, form = next(stream)
        if not check([TOKEN], target, MultiDict(form), sign(url, genuine)) or target != url:
            continue
        try:
            assert told(read(form), "gather") == meant
        except BadFieldsError:
            continue


@pytest.mark.parametrize("unit", ["Digits", "DigitsMmm", "Aa", "To", "FromA", "SpZz", "A ", "x "])
@pytest.mark.parametrize("name", ["CallerA", "FromZa", "SpeechResult", "SpeechZ", "ToZz"])
def test_a_hostile_body_takes_little_time(unit: str, name: str) -> None:
    size = 4_000 if name == "SpeechResult" else 8_000
    form = MultiDict([*BASE, ("Sqa", "SpAb" * 900), (name, (unit * size)[:size])])
    started = time.process_time()
    with contextlib.suppress(BadFieldsError):
        read_fields(form, route="turn", account_sid=ACCOUNT)
    assert time.process_time() - started < 1


field_text = st.text(max_size=40)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.sampled_from(sorted(PATTERNS)), field_text), st.one_of(field_text)),
        max_size=20,
    ),
    st.sampled_from(sorted(REQUIRED)),
)
def test_any_form_is_read_or_refused(pairs: Pairs, route: Route) -> None:
    try:
        read([*BASE, *pairs], route)
    except BadFieldsError as bad:
        assert bad.field in PATTERNS or bad.field == "?"


def test_the_address_of_a_browser_with_its_offer_is_read_and_hides_nothing() -> None:
    to = "client:agente-0a1b?oferta=OF" + "0f" * 16
    pairs = [(n, to if n in ("To", "Called") else v) for n, v in BASE]
    assert read(pairs, "agent").call_sid == CALL
    assert read(pairs, "leg").status == "in-progress"
