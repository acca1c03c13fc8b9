from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import START

from ivr.carrier.clock import run_virtual
from ivr.carrier.faults import Faults
from ivr.carrier.overrides import Overrides, read_overrides
from ivr.carrier.sid import Sids
from ivr.carrier.signature import sign
from ivr.carrier.transport import ConnectFailed, HttpRequest, HttpResponse, ReadFailed
from ivr.carrier.webhook import Answer, WebhookClient

FIELDS = (("CallSid", "CA1"), ("ToCity", "São Paulo"), ("ToZip", ""), ("Digits", "12"))
XML = HttpResponse(status=200, headers={"content-type": "text/xml"}, body=b"<Response/>")


class Network:
    """Does one thing after the other with each request; the last one for ever."""

    def __init__(self, *deeds: HttpResponse | Exception | float) -> None:
        self.deeds = list(deeds)
        self.requests: list[HttpRequest] = []
        self.times: list[float] = []

    async def send(self, request: HttpRequest, *, connect: float, read: float) -> HttpResponse:
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        deed = self.deeds.pop(0) if len(self.deeds) > 1 else self.deeds[0]
        if isinstance(deed, float):
            await asyncio.sleep(deed)
            return XML
        if isinstance(deed, Exception):
            await asyncio.sleep(connect if isinstance(deed, ConnectFailed) else 0)
            raise deed
        return deed

    async def close(self) -> None:
        return None


def send(
    network: Network,
    url: str = "https://ivr.test/voice",
    *,
    method: str = "POST",
    fields: Sequence[tuple[str, str]] = FIELDS,
    faults: Faults | None = None,
) -> Answer:
    client = WebhookClient(transport=network, token="12345", sids=Sids())
    return run_virtual(
        client.send(method=method, url=url, fields=fields, faults=faults), start=START
    )


def test_a_form_keeps_blanks_and_utf8_and_is_signed() -> None:
    network = Network(XML)
    assert send(network).problem is None
    (request,) = network.requests
    assert tuple(parse_qsl(request.body.decode(), keep_blank_values=True)) == FIELDS
    assert request.headers["X-Twilio-Signature"] == sign(
        "https://ivr.test/voice", FIELDS, token="12345"
    )
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert request.headers["User-Agent"] == "TwilioProxy/1.1"


def test_get_puts_the_fields_into_the_address_and_signs_that() -> None:
    network = Network(XML)
    send(network, "https://ivr.test/voice?turn=1", method="GET")
    (request,) = network.requests
    assert request.url.startswith("https://ivr.test/voice?turn=1&CallSid=CA1&ToCity=S%C3%A3o%20")
    assert request.body == b""
    assert request.headers["X-Twilio-Signature"] == sign(request.url, token="12345")


def test_a_failed_connection_is_tried_once_more_with_the_same_token() -> None:
    network = Network(ConnectFailed("refused"), XML)
    assert send(network).problem is None
    first, second = network.requests
    token = "I-Twilio-Idempotency-Token"
    assert first.headers[token] == second.headers[token]
    assert send(network).problem is None
    assert network.requests[2].headers[token] != first.headers[token]


def test_two_failed_connections_take_ten_seconds_and_are_an_error() -> None:
    network = Network(ConnectFailed("refused"))
    answer = send(network)
    assert answer.problem is not None and answer.problem.code == 11205
    assert len(network.requests) == 2
    assert answer.milliseconds == 10_000


def test_a_lost_answer_and_a_500_are_not_retried() -> None:
    for deed in (ReadFailed("reset"), HttpResponse(status=500)):
        network = Network(deed)
        answer = send(network)
        assert answer.problem is not None and answer.problem.code == 11200
        assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("fragment", "deed", "requests"),
    [
        ("rc=2&rp=5xx", HttpResponse(status=503), 3),
        ("rc=2&rp=4xx", HttpResponse(status=503), 1),
        ("rc=3&rp=all", HttpResponse(status=404), 4),
        ("rc=1&rp=rt", ReadFailed("reset"), 2),
        ("rc=0", ConnectFailed("refused"), 1),
        ("rc=5&rp=ct", ConnectFailed("refused"), 3),
    ],
)
def test_the_fragment_overrides_the_retries(
    fragment: str, deed: HttpResponse | Exception, requests: int
) -> None:
    network = Network(deed)
    send(network, f"https://ivr.test/voice#{fragment}")
    assert len(network.requests) == requests
    assert all("#" not in request.url for request in network.requests)


def test_the_whole_exchange_takes_fifteen_seconds_at_most() -> None:
    answer = send(Network(60.0))
    assert answer.problem is not None and answer.problem.code == 11203
    assert answer.milliseconds == 15_000


def test_a_total_time_may_be_shortened_but_not_lengthened() -> None:
    assert send(Network(60.0), "https://ivr.test/voice#tt=3000").milliseconds == 3_000
    assert send(Network(60.0), "https://ivr.test/voice#tt=60000").milliseconds == 15_000


@pytest.mark.parametrize(
    ("fragment", "expected", "codes"),
    [
        ("", Overrides(), []),
        ("ct=100&rt=200&tt=300&rc=5", Overrides(connect=0.1, read=0.2, total=0.3, retries=5), []),
        ("rp=4xx,5xx", Overrides(retry_on=frozenset({"4xx", "5xx"})), []),
        ("ct=50", Overrides(), [11242]),
        ("rc=9", Overrides(), [11242]),
        ("rp=sometimes", Overrides(), [11243]),
        ("e=ashburn,dublin&sni=y", Overrides(), []),
    ],
)
def test_overrides_are_read_within_their_ranges(
    fragment: str, expected: Overrides, codes: list[int]
) -> None:
    plain, overrides, problems = read_overrides(f"https://h/p?q=1#{fragment}")
    assert plain == "https://h/p?q=1"
    assert overrides == expected
    assert [problem.code for problem in problems] == codes


@given(st.text(max_size=60))
def test_no_fragment_breaks_the_reading(fragment: str) -> None:
    _, overrides, _ = read_overrides("https://h/p#" + fragment)
    assert 0 < overrides.total <= 15


def moved(location: str, status: int = 302) -> HttpResponse:
    return HttpResponse(status=status, headers={"location": location})


def test_a_redirect_loses_the_digits_and_is_signed_anew() -> None:
    network = Network(moved("/other?x=1"), XML)
    answer = send(network)
    assert answer.url == "https://ivr.test/other?x=1" and answer.method == "GET"
    request = network.requests[1]
    sent = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    assert sent["CallSid"] == "CA1" and sent["x"] == "1" and "Digits" not in sent
    assert request.headers["X-Twilio-Signature"] == sign(request.url, token="12345")


def test_a_307_keeps_the_method() -> None:
    network = Network(moved("/other", 307), XML)
    assert send(network).method == "POST"
    assert b"CallSid=CA1" in network.requests[1].body
    assert b"Digits" not in network.requests[1].body


def test_the_eleventh_redirect_is_an_error() -> None:
    network = Network(moved("/again"))
    answer = send(network)
    assert answer.problem is not None and answer.problem.code == 11215
    assert len(network.requests) == 11
    assert send(Network(*[moved("/again")] * 10, XML)).problem is None


def test_a_body_of_64_kilobytes_is_the_limit() -> None:
    def of(size: int) -> HttpResponse:
        return HttpResponse(status=200, headers={"content-type": "text/xml"}, body=b" " * size)

    assert send(Network(of(65_536))).problem is None
    answer = send(Network(of(65_537)))
    assert answer.problem is not None and answer.problem.code == 11750


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://ivr.test/x", 11100),
        ("/voice", 11100),
        ("http://ivr.test:port/", 11100),
        ("https://my_host.test/", 11210),
    ],
)
def test_bad_addresses_are_never_asked(url: str, code: int) -> None:
    network = Network(XML)
    answer = send(network, url)
    assert answer.problem is not None and answer.problem.code == code
    assert network.requests == []


Check = Callable[[Network, Answer], bool]


@pytest.mark.parametrize(
    ("faults", "check"),
    [
        (Faults(slow_webhook=12), lambda network, answer: answer.milliseconds == 12_000),
        (Faults(slow_webhook=16), lambda network, answer: answer.problem is not None),
        (Faults(answer_500=True), lambda network, answer: answer.status == 500),
        (Faults(lose_answer=True), lambda network, answer: answer.status == 0),
        (Faults(duplicate_webhook=3), lambda network, answer: len(network.requests) == 3),
    ],
)
def test_faults_do_what_they_say(faults: Faults, check: Check) -> None:
    network = Network(XML)
    answer = send(network, faults=faults)
    assert network.requests
    assert check(network, answer)
