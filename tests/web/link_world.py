"""A small world for the pages behind links: real store, real demo directory, one app."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from desk import empty_database
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from sqlalchemy import insert

from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.db.tables import metadata
from ivr.adapters.directory.demo import DemoDirectory, create_tables
from ivr.adapters.directory.demo_tables import ACCOUNT
from ivr.ports.directory import Directory
from ivr.ports.store import CallRow, LinkRow, TicketRow
from ivr.service.link_tokens import Purpose, new_link, token_of
from ivr.web.headers import send_security_headers
from ivr.web.reset import bp

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CALL = "CA" + "0" * 31 + "1"
PROTOCOL = "2026000017"
OLD = "Primeira-Senha-2026"
GOOD = "capivara lilás toca violoncelo"
OTHER = "tamanduá verde dança bolero"
PERSON_CPF = "12345678909"


class SteerableClock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class PlainSeal:
    def close(self, plain: bytes) -> bytes:
        return b"sealed:" + plain

    def open(self, sealed: bytes) -> bytes:
        return sealed.removeprefix(b"sealed:")


def keyed_hash(purpose: str, value: str, /) -> str:
    return hmac.new(b"index", f"{purpose}:{value}".encode(), "sha256").hexdigest()


def counted_entropy() -> Iterator[bytes]:
    for number in itertools.count():
        yield hashlib.sha512(str(number).encode()).digest()


@dataclass(frozen=True, kw_only=True)
class FakeRuntime:
    store: SqlStore
    directories: Mapping[str, Directory]
    clock: SteerableClock
    secret_key: bytes
    link_hours: int
    blocks: Iterator[bytes]

    def entropy(self, nbytes: int, /) -> bytes:
        return next(self.blocks)[:nbytes]

    def keyed_hash(self, purpose: str, value: str, /) -> str:
        return keyed_hash(purpose, value)


@dataclass(frozen=True, kw_only=True)
class World:
    rt: FakeRuntime
    directory: DemoDirectory
    database: Path
    """The file, on SQLite."""

    @property
    def person(self) -> str:
        return keyed_hash("cpf", PERSON_CPF)

    def link(self, purpose: Purpose = "password", *, uid: str = "ana") -> tuple[LinkRow, str]:
        link = new_link(
            self.rt,
            purpose=purpose,
            call_sid=CALL,
            service="email",
            directory="mail",
            uid=uid,
            now=self.rt.clock.now(),
        )
        with self.rt.store.begin() as tx:
            tx.resets.add_link(link)
        return link, token_of(self.rt.secret_key, link)

    def opens(self, password: str, *, uid: str = "ana") -> bool:
        return self.directory.authenticate(uid, password)

    def notices(self) -> list[tuple[str, Mapping[str, object]]]:
        with self.rt.store.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT key FROM outbox WHERE kind = 'sms.notice'"
            ).scalars()
            keys = list(rows)
        with self.rt.store.begin(write=False) as tx:
            return [(key, job.payload) for key in keys if (job := tx.outbox.get(key))]

    def journal(self) -> list[str]:
        with self.rt.store.begin(write=False) as tx:
            return [entry.kind for entry in tx.journal.of(CALL)]

    def later(self, by: timedelta) -> None:
        self.rt.clock.at += by

    def app(self, *, csrf: bool = True) -> Flask:
        app = Flask("ivr.web")
        app.config.update(SECRET_KEY="only-for-this-test", WTF_CSRF_ENABLED=csrf)
        app.extensions["ivr"] = self.rt
        Babel(app, default_locale="pt_BR")
        app.register_blueprint(bp)
        send_security_headers(app)
        return app

    def client(self, *, csrf: bool = True) -> FlaskClient:
        return self.app(csrf=csrf).test_client()


@contextmanager
def built_world(tmp_path: Path) -> Iterator[World]:
    clock = SteerableClock()
    store = open_store(
        empty_database(tmp_path),
        seal=PlainSeal(),
        keyed_hash=keyed_hash,
        clock=clock,
        patience_s=20,
    )
    with store.engine.begin() as connection:
        metadata.create_all(connection)
    create_tables(store.engine)
    directory = DemoDirectory(
        store.engine, clock=clock, name="mail", time_cost=1, memory_cost=8, parallelism=1
    )
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(OLD)
    people = (
        {"uid": "ana", "cpf": PERSON_CPF, "disabled": False, "privileged": False},
        {"uid": "davi", "cpf": "22233344405", "disabled": True, "privileged": False},
        {"uid": "elisa", "cpf": "33344455508", "disabled": False, "privileged": True},
    )
    with store.engine.begin() as connection:
        connection.execute(
            insert(ACCOUNT),
            [
                {
                    "name": "Ana Demonstração",
                    "mail": f"{person['uid']}@demo.ms.gov.br.invalid",
                    "group_name": "servidores",
                    "password_hash": hashed,
                    "history": [hashed],
                    **person,
                }
                for person in people
            ],
        )
    with store.begin() as tx:
        tx.calls.add(
            CallRow(
                sid=CALL, protocol=PROTOCOL, turn=9, state={}, caller="+5567999990001",
                started_at=NOW, person=keyed_hash("cpf", PERSON_CPF),
            )
        )  # fmt: skip
        tx.tickets.add(
            TicketRow(
                protocol=PROTOCOL, call_sid=CALL, opened_at=NOW, due_business=NOW.date(),
                due_calendar=NOW.date(), status="closed", closed_at=NOW,
            )
        )  # fmt: skip
    rt = FakeRuntime(
        store=store,
        directories={"mail": directory},
        clock=clock,
        secret_key=b"k" * 32,
        link_hours=24,
        blocks=counted_entropy(),
    )
    yield World(rt=rt, directory=directory, database=tmp_path / "desk.db")
    store.close()


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found.group(1)
