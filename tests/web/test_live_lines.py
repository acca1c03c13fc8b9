"""The thread that writes all streams, over socket pairs and a feed in the test's hand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from ivr.ports.changes import Change
from ivr.ports.staff import StaffRow
from ivr.ports.store import StoreUnavailableError
from ivr.service.live import Console, words_of
from ivr.web.live_frames import HEARTBEAT, OPENING
from ivr.web.live_streams import Streams

AT = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)


class HandFeed:
    """Says what the test says."""

    def __init__(self) -> None:
        self.told: Callable[[Change], None] | None = None
        self.gap: Callable[[], None] | None = None
        self.running = threading.Event()
        self.may_run = threading.Event()
        self.may_run.set()

    def run(
        self,
        *,
        on_change: Callable[[Change], None],
        on_gap: Callable[[], None],
        stopped: Callable[[], bool],
    ) -> None:
        self.told, self.gap = on_change, on_gap
        assert self.may_run.wait(5)
        on_gap()
        self.running.set()
        while not stopped():
            time.sleep(0.01)

    def tell(self, topic: str, entity: str, *audience: str) -> None:
        assert self.running.wait(2) and self.told is not None
        self.told(Change(at=AT, topic=topic, entity=entity, version=1, audience=audience))


@pytest.fixture
def feed() -> HandFeed:
    return HandFeed()


@pytest.fixture
def lines(feed: HandFeed) -> Iterator[Streams]:
    streams = Streams(feed, heartbeat_s=0.5, check_s=0.3)
    yield streams
    streams.stop()


def ana(**changes: object) -> StaffRow:
    return StaffRow(id="ana", login="ana", name="Ana", created_at=AT, **changes)  # type: ignore[arg-type]


def connect(
    streams: Streams, still: Callable[[], StaffRow | None] = ana, *, buffer: int = 0
) -> socket.socket:
    ours, theirs = socket.socketpair()
    if buffer:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    ours.setblocking(False)
    theirs.settimeout(3)
    console = Console(staff=ana(), words=words_of(ana()), still=still, words_for=words_of)
    streams.take(ours, console, b"head\n")
    return theirs


def read_until(sock: socket.socket, words: bytes) -> bytes:
    text = b""
    while words not in text:
        got = sock.recv(65536)
        assert got, text
        text += got
    return text


def gone(streams: Streams, left: int = 0) -> bool:
    end = time.monotonic() + 3
    while len(streams.hub) > left and time.monotonic() < end:
        time.sleep(0.02)
    return len(streams.hub) == left


def test_a_quiet_stream_gives_a_sign_of_life(lines: Streams) -> None:
    console = connect(lines)
    assert read_until(console, HEARTBEAT).startswith(b"head\n")


def test_a_console_that_reads_nothing_is_dropped_and_the_others_go_on(
    lines: Streams, feed: HandFeed
) -> None:
    stuck, well = connect(lines, buffer=2048), connect(lines)
    read_until(well, OPENING)
    for n in range(600):
        feed.tell("oferta.nova", f"of-{n}-{'x' * 80}", "agent:ana")
        if n % 20 == 0:
            read_until(well, f"of-{n}-".encode())
    read_until(well, b"of-599-")
    assert gone(lines, left=1)
    text = b""
    while got := stuck.recv(65536):
        text += got
    assert text.count(b"event: oferta.nova") < 200


def test_a_console_that_hangs_up_is_forgotten(lines: Streams) -> None:
    console = connect(lines)
    read_until(console, OPENING)
    console.close()
    assert gone(lines)


def test_a_session_that_ends_unseen_is_found_out_by_the_regular_look(lines: Streams) -> None:
    answers: list[StaffRow | None] = [ana(), None]
    console = connect(lines, still=lambda: answers.pop(0))
    assert b"event: sessao.fim" in read_until(console, b"sessao.fim")
    assert gone(lines)


def test_a_database_that_is_away_ends_no_stream(lines: Streams) -> None:
    asked: list[float] = []

    def away() -> StaffRow | None:
        asked.append(time.monotonic())
        raise StoreUnavailableError("away")

    console = connect(lines, still=away)
    read_until(console, HEARTBEAT)
    read_until(console, HEARTBEAT)
    assert asked and len(lines.hub) == 1


def test_a_look_that_fails_for_no_known_reason_ends_the_stream(lines: Streams) -> None:
    def broken() -> StaffRow | None:
        raise RuntimeError("who knows")

    assert b"sessao.fim" in read_until(connect(lines, still=broken), b"sessao.fim")


def test_consoles_of_a_process_that_ends_are_told_when_to_come_back(lines: Streams) -> None:
    console = connect(lines)
    read_until(console, OPENING)
    lines.stop()
    assert b"event: reconectar" in read_until(console, b"reconectar")
    while console.recv(100):
        pass


def test_a_stream_is_live_only_when_changes_are_listened_to(lines: Streams, feed: HandFeed) -> None:
    feed.may_run.clear()
    console = connect(lines)
    assert console.recv(100) == b"head\n"
    console.settimeout(0.2)
    with pytest.raises(TimeoutError):
        console.recv(100)
    console.settimeout(3)
    feed.may_run.set()
    assert read_until(console, OPENING) == OPENING


def test_a_gap_is_told_to_all_but_not_the_first_one(lines: Streams, feed: HandFeed) -> None:
    console = connect(lines)
    assert b"ressincronizar" not in read_until(console, OPENING)
    assert feed.running.wait(2) and feed.gap is not None
    feed.gap()
    assert read_until(console, b"event: ressincronizar")
