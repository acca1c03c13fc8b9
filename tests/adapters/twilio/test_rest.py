"""SMS and call records against a small server that answers as the carrier's API does."""

from __future__ import annotations

import base64
import json
import logging
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rest import TwilioApi
from ivr.adapters.twilio.sms import TwilioSms, septets
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.ports.errors import PortError
from ivr.ports.sms import Sms
from ivr.ports.telephony import CarrierCall, Telephony

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
MOBILE = "+5567999990001"
SENDER = "+556733183600"
CALLBACK = "https://ura.ms.gov.br/sms/status"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BODY = "Suporte MS: https://ura.ms.gov.br/senha/abc ref 7F3K"
ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"


@dataclass
class Carrier:
    """What the server knows and does."""

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, list[str]], str]] = field(default_factory=list)
    refuse: tuple[int, dict[str, Any] | str] | None = None
    after_accept: str = ""
    page: int = 50
    now: datetime = NOW

    def accept(self, form: dict[str, list[str]]) -> dict[str, Any]:
        number = len(self.messages) + 1
        message = {
            "sid": f"SM{number:032x}",
            "account_sid": ACCOUNT,
            "to": form["To"][0],
            "from": form.get("From", [None])[0],
            "body": form["Body"][0],
            "status": "queued",
            "direction": "outbound-api",
            "date_created": format_datetime(self.now),
            "date_updated": format_datetime(self.now),
            "date_sent": None,
            "error_code": None,
        }
        self.messages.insert(0, message)
        return message


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    carrier: Carrier
    stop: threading.Event

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = parse_qs(body, keep_blank_values=True)
        self._note("POST", form)
        if self._refused():
            return
        message = self.carrier.accept(form)
        match self.carrier.after_accept:
            case "hang":
                self.stop.wait(10)
                self.close_connection = True
            case "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
            case "close":
                self.close_connection = True
            case "garbage":
                self._answer(201, "<html>")
            case "error":
                self._answer(503, "")
            case _:
                self._answer(201, message)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        self._note("GET", query)
        if self._refused():
            return
        if parts.path == f"{ROOT}/Messages.json":
            self._answer(200, self._listing(query))
            return
        call = self.carrier.calls.get(parts.path.rpartition("/")[2].removesuffix(".json"))
        if call is None:
            self._answer(404, {"code": 20404, "message": "not found", "status": 404})
        else:
            self._answer(200, call)

    def _listing(self, query: dict[str, list[str]]) -> dict[str, Any]:
        wanted = [m for m in self.carrier.messages if m["to"] == query["To"][0]]
        page = int(query.get("Page", ["0"])[0])
        size = self.carrier.page
        more = len(wanted) > (page + 1) * size
        follow = f"{ROOT}/Messages.json?To=%2B{query['To'][0][1:]}&Page={page + 1}"
        return {
            "messages": wanted[page * size : (page + 1) * size],
            "page": page,
            "page_size": size,
            "next_page_uri": follow if more else None,
        }

    def _refused(self) -> bool:
        if self.carrier.refuse is None:
            return False
        self._answer(*self.carrier.refuse)
        return True

    def _note(self, method: str, fields: dict[str, list[str]]) -> None:
        login = self.headers.get("Authorization", "")
        self.carrier.requests.append((method, urlsplit(self.path).path, fields, login))

    def _answer(self, status: int, body: dict[str, Any] | str) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    known = Carrier()
    stop = threading.Event()
    handler = type("Handler", (Handler,), {"carrier": known, "stop": stop})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    yield known
    stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


def api(url: str, *, read_seconds: float = 0.4) -> TwilioApi:
    return TwilioApi(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        api_url=url,
        connect_seconds=0.4,
        read_seconds=read_seconds,
    )


def sms(url: str, **more: Any) -> TwilioSms:
    options = {"sender": SENDER, "status_callback": CALLBACK} | more
    return TwilioSms(api(url), **options)


def fault(work: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        work()
    return caught.value


def test_both_adapters_fit_their_ports(carrier: Carrier) -> None:
    port: Sms = sms(carrier.url)
    other: Telephony = TwilioTelephony(
        api(carrier.url), links=Links("http://ivr.test"), caller_id="+556733183600"
    )
    assert port and other


def test_a_message_is_sent_once_with_a_login_and_a_callback(carrier: Carrier) -> None:
    sid = sms(carrier.url).send(to=MOBILE, body=BODY)
    assert sid == carrier.messages[0]["sid"]
    [(method, path, form, login)] = carrier.requests
    assert (method, path) == ("POST", f"{ROOT}/Messages.json")
    assert form == {"To": [MOBILE], "From": [SENDER], "Body": [BODY], "StatusCallback": [CALLBACK]}
    assert base64.b64decode(login.removeprefix("Basic ")).decode() == f"{ACCOUNT}:{TOKEN}"


def test_a_messaging_service_may_be_the_sender(carrier: Carrier) -> None:
    service = "MG" + "1" * 32
    sms(carrier.url, sender=service, status_callback="").send(to=MOBILE, body=BODY)
    assert carrier.requests[0][2] == {
        "To": [MOBILE],
        "MessagingServiceSid": [service],
        "Body": [BODY],
    }


@pytest.mark.parametrize("body", ["", "  ", "ação", "x" * 161, "[" * 81, "`", "tab\t", "\x00"])
def test_a_text_that_is_no_single_plain_message_is_never_sent(carrier: Carrier, body: str) -> None:
    error = fault(lambda: sms(carrier.url).send(to=MOBILE, body=body))
    assert (error.reason, error.permanent) == ("text_not_sms", True)
    assert carrier.requests == []


def test_the_longest_plain_message_is_sent(carrier: Carrier) -> None:
    assert septets("x" * 160) == 160 and septets("[" * 80) == 160
    assert sms(carrier.url).send(to=MOBILE, body="x" * 160)


@pytest.mark.parametrize("number", ["", "67999990001", "+0123456789", "client:ana", MOBILE + "\n"])
def test_a_number_that_is_not_international_is_never_sent_to(carrier: Carrier, number: str) -> None:
    error = fault(lambda: sms(carrier.url).send(to=number, body=BODY))
    assert (error.reason, error.permanent) == ("number_invalid", True)
    assert carrier.requests == []


@pytest.mark.parametrize(
    ("status", "code", "reason", "permanent", "unknown"),
    [
        (400, 21211, "number_invalid", True, False),
        (400, 21614, "not_a_mobile", True, False),
        (400, 21408, "region_not_enabled", True, False),
        (400, 21610, "opted_out", True, False),
        (400, 21606, "code_21606", True, False),
        (429, 20429, "rate_limited", False, False),
        (401, 20003, "not_authorised", False, False),
        (500, 20500, "http_500", False, True),
        (503, 20503, "http_503", False, True),
    ],
)
def test_an_answer_of_the_carrier_becomes_a_word(
    carrier: Carrier, status: int, code: int, reason: str, permanent: bool, unknown: bool
) -> None:
    text = f"The 'To' number {MOBILE} cannot be used"
    carrier.refuse = (status, {"code": code, "message": text, "more_info": "", "status": status})
    error = fault(lambda: sms(carrier.url).send(to=MOBILE, body=BODY))
    assert (error.reason, error.permanent, error.unknown_outcome) == (reason, permanent, unknown)
    assert carrier.messages == []


@pytest.mark.parametrize(
    ("status", "reason"), [(502, "http_502"), (404, "http_404"), (429, "rate_limited")]
)
def test_an_answer_that_is_no_json_becomes_a_word(
    carrier: Carrier, status: int, reason: str
) -> None:
    carrier.refuse = (status, "<html>Bad Gateway</html>")
    assert fault(lambda: sms(carrier.url).send(to=MOBILE, body=BODY)).reason == reason


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("hang", "read_timeout"),
        ("reset", "connection_lost"),
        ("close", "connection_lost"),
        ("garbage", "unreadable_answer"),
        ("error", "http_503"),
    ],
)
def test_after_an_unknown_outcome_the_message_is_found_and_not_sent_again(
    carrier: Carrier, after: str, reason: str
) -> None:
    carrier.after_accept = after
    started = time.monotonic()
    port = sms(carrier.url)
    error = fault(lambda: port.send(to=MOBILE, body=BODY))
    assert (error.reason, error.permanent, error.unknown_outcome) == (reason, False, True)
    assert time.monotonic() - started < 3
    carrier.after_accept = ""
    found = port.find(to=MOBILE, tag="ref 7F3K", since=NOW)
    assert found == carrier.messages[0]["sid"]
    assert len(carrier.messages) == 1


def test_a_carrier_that_cannot_be_reached_did_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error = fault(lambda: sms(url).send(to=MOBILE, body=BODY))
    assert (error.reason, error.permanent, error.unknown_outcome) == ("unreachable", False, False)


def test_a_carrier_without_an_address_did_nothing() -> None:
    error = fault(lambda: sms("http://carrier.invalid").send(to=MOBILE, body=BODY))
    assert (error.reason, error.unknown_outcome) == ("unreachable", False)


def test_only_this_tag_to_this_number_since_then_is_found(carrier: Carrier) -> None:
    port = sms(carrier.url)
    carrier.now = NOW - timedelta(hours=1)
    old = port.send(to=MOBILE, body="old ref AAAA")
    carrier.now = NOW
    port.send(to="+5567999990002", body="other number ref BBBB")
    new = port.send(to=MOBILE, body="new ref CCCC")
    assert port.find(to=MOBILE, tag="ref CCCC", since=NOW) == new
    assert port.find(to=MOBILE, tag="ref BBBB", since=NOW) is None
    assert port.find(to=MOBILE, tag="ref AAAA", since=NOW) is None
    assert port.find(to=MOBILE, tag="ref AAAA", since=NOW - timedelta(hours=1)) == old
    assert port.find(to=MOBILE, tag="ref DDDD", since=NOW) is None


def test_a_message_still_queued_is_found_although_it_has_no_sending_date(carrier: Carrier) -> None:
    port = sms(carrier.url)
    sid = port.send(to=MOBILE, body=BODY)
    assert carrier.messages[0]["date_sent"] is None
    assert port.find(to=MOBILE, tag="7F3K", since=NOW) == sid
    assert "DateSent>" not in carrier.requests[-1][2]


def test_later_pages_are_searched_through_the_same_root(carrier: Carrier) -> None:
    port = sms(carrier.url)
    first = port.send(to=MOBILE, body="ref FIRST")
    for number in range(5):
        port.send(to=MOBILE, body=f"ref {number}")
    carrier.page = 2
    assert port.find(to=MOBILE, tag="ref FIRST", since=NOW) == first


def test_a_search_that_fails_says_so(carrier: Carrier) -> None:
    carrier.refuse = (503, "")
    assert fault(lambda: sms(carrier.url).find(to=MOBILE, tag="x", since=NOW)).reason == "http_503"
    with pytest.raises(ValueError, match="tag"):
        sms(carrier.url).find(to=MOBILE, tag="", since=NOW)


@pytest.mark.parametrize(
    ("status", "duration", "ended", "seconds"),
    [
        ("in-progress", None, False, None),
        ("ringing", None, False, None),
        ("completed", "49", True, 49),
        ("busy", "0", True, 0),
        ("no-answer", None, True, 0),
        ("canceled", None, True, 0),
        ("failed", None, True, 0),
    ],
)
def test_the_record_of_a_call(
    carrier: Carrier, status: str, duration: str | None, ended: bool, seconds: int | None
) -> None:
    sid = "CA" + "a" * 32
    carrier.calls[sid] = {"sid": sid, "status": status, "duration": duration, "from": MOBILE}
    port = TwilioTelephony(
        api(carrier.url), links=Links("http://ivr.test"), caller_id="+556733183600"
    )
    assert port.fetch_call(sid) == CarrierCall(sid=sid, ended=ended, seconds=seconds)
    assert carrier.requests[0][1] == f"{ROOT}/Calls/{sid}.json"


def test_a_call_that_the_carrier_does_not_know(carrier: Carrier) -> None:
    port = TwilioTelephony(
        api(carrier.url), links=Links("http://ivr.test"), caller_id="+556733183600"
    )
    assert port.fetch_call("CA" + "b" * 32) is None
    assert port.fetch_call("../Messages") is None
    assert len(carrier.requests) == 1
    carrier.refuse = (500, "")
    assert fault(lambda: port.fetch_call("CA" + "b" * 32)).reason == "http_500"


def test_no_number_and_no_text_reaches_a_log_or_an_error(
    carrier: Carrier, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("twilio.http_client").setLevel(logging.DEBUG)
    port = sms(carrier.url)
    port.send(to=MOBILE, body=BODY)
    assert port.find(to=MOBILE, tag="7F3K", since=NOW)
    told = {"code": 21211, "message": f"{MOBILE} {BODY}", "status": 400}
    carrier.refuse = (400, told)
    error = fault(lambda: port.send(to=MOBILE, body=BODY))
    carrier.refuse = None
    carrier.after_accept = "hang"
    other = fault(lambda: port.send(to=MOBILE, body=BODY))
    assert error.__cause__ is None and error.__context__ is None and other.__context__ is None
    shown = "".join(traceback.format_exception(error)) + "".join(traceback.format_exception(other))
    everything = shown + caplog.text + "".join(capsys.readouterr()) + repr(port.__dict__)
    for secret in (MOBILE, MOBILE[1:], "7F3K", TOKEN, base64.b64encode(TOKEN.encode()).decode()):
        assert secret not in everything


def test_the_region_of_the_environment_does_not_send_us_elsewhere(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    assert sms(carrier.url).send(to=MOBILE, body=BODY)


def test_the_login_is_sent_to_no_other_host(carrier: Carrier) -> None:
    client = api(carrier.url)
    error = fault(lambda: client.call(lambda c: c.request("GET", "https://evil.example/x")))
    assert (error.reason, error.permanent) == ("foreign_host", True)
    assert carrier.requests == []


def test_many_threads_share_one_client(carrier: Carrier) -> None:
    client = api(carrier.url)
    port = TwilioSms(client, sender=SENDER)
    sent: list[str] = []
    threads = [
        threading.Thread(target=lambda: sent.append(port.send(to=MOBILE, body=BODY)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 8
    assert client.client is client.client


@pytest.mark.parametrize("url", ["", "api.twilio.com", "ftp://x", "https://"])
def test_a_root_that_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="TWILIO_API_URL"):
        api(url)


def test_the_client_is_not_imported_before_it_is_used() -> None:
    code = (
        "import sys\n"
        "import ivr.adapters.twilio.rest, ivr.adapters.twilio.sms\n"
        "import ivr.adapters.twilio.telephony, ivr.adapters.twilio.documents\n"
        "import ivr.adapters.twilio.inbound\n"
        "api = ivr.adapters.twilio.rest.TwilioApi(account_sid='AC', auth_token='t')\n"
        "ivr.adapters.twilio.sms.TwilioSms(api, sender='+55')\n"
        "sys.exit('twilio.rest' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
