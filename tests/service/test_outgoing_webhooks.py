"""Other desks are told: signed, once a thing, kept away from our own networks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from desk import Desk, people
from ticket_rows import begin, identify
from web.phone_line import later

from ivr.adapters.webhooks import HttpWebhooks, networks_of
from ivr.domain.webhook_signature import headers, secret_of, spoken
from ivr.ports.errors import PortError
from ivr.ports.tickets import WEBHOOK_EVENTS, WebhookTarget
from ivr.service.effects import webhooks
from ivr.service.ending import end_call
from ivr.service.tickets import TicketError, add_note, close, note_answered
from ivr.service.tickets_view import deliver_again, view_of

SECRET = b"s" * 32
LOCAL = networks_of("127.0.0.0/8")


@dataclass
class FakeSender:
    """Keeps what was posted; ``answers`` in turn, the last one for good."""

    answers: list[int | PortError] = field(default_factory=lambda: [200])
    posted: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def check(self, url: str) -> str:
        return ""

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
        self.posted.append((url, body, headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, PortError):
            raise answer
        return answer

    @property
    def told(self) -> list[str]:
        return [json.loads(body)["type"] for _, body, _ in self.posted]


def with_target(
    desk: Desk, sender: FakeSender, *, events: tuple[str, ...] = WEBHOOK_EVENTS, name: str = "um"
) -> str:
    """A desk whose other desk is told; the target's id."""
    webhooks._silent_until.clear()
    desk.rt = replace(desk.rt, webhooks=sender)
    with desk.rt.store.begin() as tx:
        tx.webhook_targets.add(
            WebhookTarget(
                id=f"wh_{name}",
                name=name,
                url="https://outro.example/aviso",
                secret=SECRET,
                events=events,
                created_at=desk.clock.at,
            )
        )
    return f"wh_{name}"


def protocol_of(desk: Desk, sid: str) -> str:
    return desk.call(sid).protocol


def test_signature_is_that_of_the_published_example() -> None:
    made = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        secret=secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_of(spoken(SECRET)) == SECRET


def test_life_of_a_ticket_is_told_in_order_without_personal_data(still: Desk) -> None:
    sender = FakeSender()
    with_target(still, sender)
    sid = begin(still, 1)
    identify(still, sid, "ana")
    add_note(still.rt, protocol_of(still, sid), "agent:x", "Segredo da nota")
    end_call(still.rt, sid=sid)
    still.work()
    assert sorted(sender.told) == [
        "call.ended", "call.started", "ticket.changed", "ticket.closed", "ticket.opened",
    ]  # fmt: skip
    ana = people()["ana"]
    everything = b"".join(body for _, body, _ in sender.posted).decode()
    for secret in ("Segredo", ana["cpf"], ana["name"], ana["mobile"], "99999", "agent:x"):
        assert secret not in everything


def test_only_wanted_events_are_ordered(still: Desk) -> None:
    sender = FakeSender()
    with_target(still, sender, events=("ticket.closed",))
    protocol = protocol_of(still, begin(still, 1))
    close(still.rt, protocol, by="agent:x")
    still.work()
    assert sender.told == ["ticket.closed"]
    assert json.loads(sender.posted[0][1])["data"]["status"] == "closed"


def test_answer_of_a_person_is_told_without_their_name(still: Desk) -> None:
    sender = FakeSender()
    with_target(still, sender, events=("call.answered",))
    sid = begin(still, 1)
    with still.rt.store.begin() as tx:
        note_answered(tx, protocol=protocol_of(still, sid), call_sid=sid, agent="S1")
    still.work()
    assert sender.told == ["call.answered"]
    assert json.loads(sender.posted[0][1])["data"]["call"] == sid
    assert b"S1" not in sender.posted[0][1]


@pytest.mark.on_both_stores
def test_message_is_ordered_with_the_change_or_not_at_all(still: Desk) -> None:
    sender = FakeSender()
    with_target(still, sender, events=("ticket.closed",))
    protocol = protocol_of(still, begin(still, 1))
    with pytest.raises(RuntimeError), still.rt.store.begin() as tx:
        tx.tickets.change(protocol, status="closed")
        raise RuntimeError("the process dies here")
    still.work()
    assert sender.posted == []


def test_each_try_sends_the_same_bytes_under_the_same_id_with_its_own_time(still: Desk) -> None:
    sender = FakeSender(answers=[500, PortError("unreachable"), 302, 204])
    with_target(still, sender, events=("ticket.opened",))
    begin(still, 1)
    for _ in range(8):
        still.work()
        later(still, minutes=6)
    assert len(sender.posted) == 4
    assert len({(body, sent["webhook-id"]) for _, body, sent in sender.posted}) == 1
    assert len({sent["webhook-timestamp"] for _, _, sent in sender.posted}) == 4
    for _, body, sent in sender.posted:
        again = headers(
            sent["webhook-id"],
            timestamp=int(sent["webhook-timestamp"]),
            body=body,
            secret=SECRET,
        )
        assert sent["webhook-signature"] == again["webhook-signature"]


def test_target_that_is_down_is_left_alone_for_a_minute_whatever_waits(still: Desk) -> None:
    sender = FakeSender(answers=[PortError("timeout")])
    with_target(still, sender)
    for number in range(1, 6):
        begin(still, number)
    still.work()
    assert len(sender.posted) == 1
    later(still, seconds=61)
    still.work()
    assert len(sender.posted) == 2


def test_after_four_hours_it_is_given_up_without_touching_the_ticket_and_can_be_sent_again(
    still: Desk,
) -> None:
    sender = FakeSender(answers=[503])
    with_target(still, sender, events=("ticket.opened",))
    sid = begin(still, 1)
    protocol, before = protocol_of(still, sid), still.ticket(sid)
    for _ in range(60):
        still.work()
        later(still, minutes=5)
    (given_up,) = view_of(still.rt, protocol).deliveries
    assert (given_up.job.state, given_up.may_retry) == ("failed", True)
    assert still.ticket(sid) == before
    sender.answers = [200]
    deliver_again(still.rt, protocol, given_up.job.key, by="x")
    with pytest.raises(TicketError, match="already"):
        deliver_again(still.rt, protocol, given_up.job.key, by="x")
    still.work()
    states = {d.job.key: (d.job.state, d.may_retry) for d in view_of(still.rt, protocol).deliveries}
    assert sorted(states.values()) == [("done", False), ("failed", False)]
    assert len({sent["webhook-id"] for _, _, sent in sender.posted}) == 1


def test_removed_target_and_one_that_is_gone_are_not_asked_again(still: Desk) -> None:
    sender = FakeSender(answers=[410])
    target = with_target(still, sender, events=("ticket.opened",))
    begin(still, 1)
    still.work()
    later(still, hours=1)
    still.work()
    assert len(sender.posted) == 1
    begin(still, 2)
    with still.rt.store.begin() as tx:
        assert tx.webhook_targets.remove(target)
    still.work()
    assert len(sender.posted) == 1


def test_secret_of_a_target_is_sealed(still: Desk) -> None:
    with_target(still, FakeSender())
    with still.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql("SELECT * FROM webhook_targets").all()
    assert SECRET not in [value for row in rows for value in row]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "https:///nohost",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://example.org/" + "x" * 600,
    ],
)
def test_address_that_is_not_public_is_refused_before_and_at_sending(url: str) -> None:
    sender = HttpWebhooks()
    assert sender.check(url)
    with pytest.raises(PortError, match="address_not_allowed|unreachable"):
        sender.post(url, body=b"{}", headers={})


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1", "localhost."])
def test_name_that_leads_home_is_refused_when_it_is_looked_up(host: str) -> None:
    with pytest.raises(PortError) as refused:
        HttpWebhooks().post(f"https://{host}/", body=b"{}", headers={})
    assert refused.value.reason in ("address_not_allowed", "unreachable")


def test_name_whose_answer_changes_is_connected_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One look-up only: a second one, which would lead home, is never made."""
    import socket

    asked: list[str] = []
    answers = iter(["203.0.113.7", "127.0.0.1"])

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    went: list[str] = []

    def connect(address: tuple[str, int], *_: Any) -> Any:
        went.append(address[0])
        raise OSError

    monkeypatch.setattr("ivr.adapters.webhooks.socket.getaddrinfo", lookup)
    monkeypatch.setattr("ivr.adapters.webhooks.socket.create_connection", connect)
    sender = HttpWebhooks(allowed=networks_of("203.0.113.0/24"))
    with pytest.raises(PortError, match="unreachable"):
        sender.post("https://rebind.example/", body=b"{}", headers={})
    assert (asked, went) == (["rebind.example"], ["203.0.113.7"])


class _Receiver(BaseHTTPRequestHandler):
    seen: list[tuple[str, bytes, str]] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _Receiver.seen.append((self.path, body, str(self.headers["Host"])))
        self.send_response(_Receiver.status)
        if _Receiver.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    _Receiver.seen.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [200, 302, 500])
def test_allowed_network_is_reached_and_no_redirect_is_followed(receiver: str, status: int) -> None:
    _Receiver.status = status
    sender = HttpWebhooks(allowed=LOCAL)
    assert sender.check(f"{receiver}/aviso?a=1") == ""
    assert sender.post(f"{receiver}/aviso?a=1", body=b"{}", headers={}) == status
    assert [path for path, _, _ in _Receiver.seen] == ["/aviso?a=1"]


def test_target_that_never_answers_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr("ivr.adapters.webhooks.READ_S", 0.2)
        port = listening.getsockname()[1]
        with pytest.raises(PortError, match="timeout"):
            HttpWebhooks(allowed=LOCAL).post(f"http://127.0.0.1:{port}/", body=b"", headers={})


def test_target_that_drips_is_cut_off_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    import time

    monkeypatch.setattr("ivr.adapters.webhooks.WHOLE_S", 0.4)
    stop = threading.Event()

    def drip(listening: socket.socket) -> None:
        peer, _ = listening.accept()
        with peer:
            while not stop.wait(0.05):
                try:
                    peer.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(PortError):
            HttpWebhooks(allowed=LOCAL).post(
                f"http://127.0.0.1:{listening.getsockname()[1]}/", body=b"", headers={}
            )
        assert time.monotonic() - began < 3
        stop.set()


def test_clock_of_the_store_stamps_the_message(still: Desk) -> None:
    sender = FakeSender()
    with_target(still, sender, events=("ticket.opened",))
    begin(still, 1)
    later(still, minutes=3)
    still.work()
    (_, body, sent), opened = sender.posted[0], still.clock.at - timedelta(minutes=3)
    assert sent["webhook-timestamp"] == str(int(still.clock.at.timestamp()))
    assert json.loads(body)["timestamp"] == opened.isoformat()
