"""The event stream of the desk over real gunicorn, on both stores."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest
from fixtures_postgres import PostgresServer
from web.live_rig import LiveService, Reader, serve

from ivr.service import staff_sessions

AGENTS = 200
POPS = 5000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveService]:
    """One server on each store for this file."""
    folder = tmp_path_factory.mktemp("live")
    url = f"sqlite:///{folder}/calls.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.new_database()
    with serve(folder, url, threads=2) as service:
        yield service


def status_of(live: LiveService, path: str, cookie: str = "", method: str = "GET") -> int:
    address = f"http://127.0.0.1:{live.port}{path}"
    try:
        with urlopen(Request(address, headers={"Cookie": cookie}, method=method), timeout=5) as got:
            return int(got.status)
    except HTTPError as error:
        return error.code


def test_a_change_reaches_whom_it_is_for_within_half_a_second_and_nobody_else(
    live: LiveService,
) -> None:
    ana, bia = live.hire("ana", skills="atendimento"), live.hire("bia", skills="redes")
    for_ana, for_bia = live.open(live.log_in(ana)), live.open(live.log_in(bia))
    for_ana.rest(0.5), for_bia.rest(0.1)
    began = time.monotonic()
    live.tell("oferta.nova", "of-1", f"agent:{ana.id}", version=3)
    assert for_ana.next() == ("oferta.nova", '{"id":"of-1","v":3}')
    assert time.monotonic() - began < 0.5
    live.tell("fila.resumo", "redes", "queue:redes", "role:supervisor")
    assert for_bia.next() == ("fila.resumo", '{"id":"redes","v":1}')
    assert for_ana.rest(0.3) == []


def test_five_thousand_pops_cross_no_stream_of_two_hundred_agents(live: LiveService) -> None:
    people = [live.hire(f"a{n}") for n in range(AGENTS)]
    readers = [live.open(live.log_in(person)) for person in people]
    watch = selectors.DefaultSelector()
    texts = dict.fromkeys(readers, b"")
    for reader in readers:
        reader.sock.setblocking(False)
        watch.register(reader.sock, selectors.EVENT_READ, reader)
    for first in range(0, POPS, 250):
        with live.store.begin() as tx:
            for pop in range(first, first + 250):
                agent = people[pop * 7919 % AGENTS].id
                audience = [f"agent:{agent}"]
                tx.changes.tell("oferta.nova", f"{agent}.{pop}", audience=audience)
        _drink(watch, texts)
    end = time.monotonic() + 20
    while sum(t.count(b"event: oferta.nova") for t in texts.values()) < POPS:
        assert time.monotonic() < end
        _drink(watch, texts)
    for person, reader in zip(people, readers, strict=True):
        ids = [w.split(b'"')[0] for w in texts[reader].split(b'"id":"')[1:]]
        assert len(ids) == POPS // AGENTS
        assert all(each.startswith(f"{person.id}.".encode()) for each in ids)


def _drink(watch: selectors.BaseSelector, texts: dict[Reader, bytes]) -> None:
    for key, _ in watch.select(0.05):
        texts[key.data] += key.data.sock.recv(65536)


def test_who_is_not_logged_in_gets_no_stream(live: LiveService) -> None:
    forged = "ivr=eyJzdGFmZiI6ImEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"
    ana = live.hire("ana")
    ended = live.log_in(ana)
    with live.store.begin() as tx:
        staff_sessions.end_all(tx, ana.id, actor="test")
    for cookie in ("", forged, ended):
        assert status_of(live, "/eventos", cookie) == 401
        assert status_of(live, "/eventos/sessao", cookie) == 401
    good = live.log_in(live.hire("bia"))
    assert status_of(live, "/eventos/sessao", good) == 204
    assert status_of(live, "/eventos", good, method="HEAD") == 405


def test_a_stream_is_neither_stored_nor_buffered_nor_does_it_hold_a_thread(
    live: LiveService,
) -> None:
    """Two threads, thirty streams: the pages still answer."""
    people = [live.hire(f"a{n}") for n in range(10)]
    readers = [live.open(live.log_in(p)) for p in people for _ in range(3)]
    began = time.monotonic()
    for _ in range(20):
        assert status_of(live, "/readyz") == 200
    assert time.monotonic() - began < 2
    assert readers[0].headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert readers[0].headers["Cache-Control"] == "no-store"
    assert readers[0].headers["X-Accel-Buffering"] == "no"
    assert "default-src 'none'" in readers[0].headers["Content-Security-Policy"]


def test_one_person_cannot_take_every_stream(live: LiveService) -> None:
    cookie = live.log_in(live.hire("ana"))
    readers = [live.open(cookie) for _ in range(12)]
    assert status_of(live, "/eventos", cookie) == 503
    live.open(live.log_in(live.hire("bia")))
    readers[0].close()
    time.sleep(0.6)
    live.open(cookie)


def test_a_log_out_ends_the_streams_of_that_log_in_only(live: LiveService) -> None:
    ana = live.hire("ana")
    first, second = live.log_in(ana), live.log_in(ana)
    one, other = live.open(first), live.open(second)
    one.rest(0.4), other.rest(0.1)
    with live.store.begin() as tx:
        gone = tx.staff.sessions_of(ana.id)
        keep = max(gone, key=lambda s: s.created_at)
        staff_sessions.end_all(tx, ana.id, actor="test", but=keep.id)
    assert one.next() == ("sessao.fim", f'{{"id":"{ana.id}","v":0}}')
    assert one.next() == ("", "")
    live.tell("oferta.nova", "of-9", f"agent:{ana.id}")
    assert other.next() == ("oferta.nova", '{"id":"of-9","v":1}')


def test_a_dropped_console_resumes_with_a_new_stream(live: LiveService) -> None:
    ana = live.hire("ana")
    cookie = live.log_in(ana)
    live.open(cookie).close()
    live.tell("oferta.nova", "missed", f"agent:{ana.id}")
    again = live.open(cookie)
    again.rest(0.4)
    live.tell("oferta.nova", "of-2", f"agent:{ana.id}")
    assert again.next() == ("oferta.nova", '{"id":"of-2","v":1}')


def test_a_ticket_on_the_screen_is_told_of_and_no_other(live: LiveService) -> None:
    cookie = live.log_in(live.hire("ana"))
    looking = live.open(cookie, "?chamado=2026-000001&chamado=2026-000002")
    looking.rest(0.4)
    for ticket in ("2026-000003", "2026-000002"):
        live.tell("chamado.mudou", ticket, f"ticket:{ticket}")
    assert looking.next() == ("chamado.mudou", '{"id":"2026-000002","v":1}')


@pytest.mark.parametrize("live", ["postgresql"], indirect=True)
def test_every_console_is_asked_to_read_anew_when_the_listener_lost_its_connection(
    live: LiveService,
) -> None:
    url = live.settings.database_url
    ana = live.hire("ana")
    stream = live.open(live.log_in(ana))
    stream.rest(0.5)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'ivr-live' AND datname = current_database()"
        )
    assert stream.next() == ("ressincronizar", "{}")
    live.tell("oferta.nova", "of-1", f"agent:{ana.id}")
    assert stream.next() == ("oferta.nova", '{"id":"of-1","v":1}')


@pytest.mark.parametrize("entry", ["application", "live"])
def test_a_server_that_ends_asks_its_consoles_to_come_back_and_does_not_wait_for_them(
    sqlite_url: str, tmp_path: Path, entry: str
) -> None:
    with serve(tmp_path, sqlite_url, entry=entry) as live:
        stream = live.open(live.log_in(live.hire("ana")))
        stream.rest(0.4)
        began = time.monotonic()
        live.process.terminate()
        topic, data = stream.next()
        assert topic == "reconectar" and data.startswith('{"ms":')
        assert stream.next() == ("", "")
        live.process.wait(timeout=3)
        assert time.monotonic() - began < 3


def test_the_service_of_its_own_serves_streams_and_no_pages(
    sqlite_url: str, tmp_path: Path
) -> None:
    with serve(tmp_path, sqlite_url, entry="live") as live:
        ana = live.hire("ana")
        stream = live.open(live.log_in(ana))
        stream.rest(0.4)
        live.tell("oferta.nova", "of-1", f"agent:{ana.id}")
        assert stream.next()[0] == "oferta.nova"
        assert status_of(live, "/readyz") == 200
        assert status_of(live, "/voice/incoming", method="POST") == 404
