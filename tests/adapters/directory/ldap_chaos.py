"""What the tests of exactly-once share: a wire that is cut at a chosen request, and a server's own
count of the passwords that were set."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import pytest
from fixtures_slapd import Branch, FrozenClock

from ivr.adapters.directory.ldap_breaker import Breaker
from ivr.adapters.directory.ldap_connection import LdapSession
from ivr.adapters.directory.openldap import OpenLdapDirectory

CUTS = int(os.environ.get("LDAP_CUTS", "100"))
RACED_USERS = int(os.environ.get("LDAP_RACED_USERS", "20"))
NEVER = 1_000_000
MODES = ["marker_attribute", "notes_base"]
"""The two ways of making a change once."""
Place = Literal["before", "after"]


class ChaosWire:
    """Passes everything on, until the client's ``requests``-th next piece of data: that one is the
    last before the connection is cut, ``before`` or ``after`` it was passed on."""

    def __init__(self, target_port: int) -> None:
        self.cuts = 0
        self._target_port = target_port
        self._left = NEVER
        self._place: Place = "after"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, requests: int, place: Place) -> None:
        self._left, self._place = requests, place

    def calm(self) -> None:
        self._left = NEVER

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target_port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self._left -= 1
                if self._left > 0:
                    server.sendall(data)
                    continue
                self.cuts, self._left = self.cuts + 1, NEVER
                if self._place == "after":
                    server.sendall(data)
                # The client first: no answer may slip through.
                _cut(client)
                break
        _cut(client)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _cut(client)
        server.close()


def _cut(open_socket: socket.socket) -> None:
    with suppress(OSError):
        open_socket.shutdown(socket.SHUT_RDWR)
    open_socket.close()


def build(branch: Branch, mode: str, **changes: object) -> OpenLdapDirectory:
    """A directory as a new process would make it, whose breaker never opens."""
    noted = mode == "notes_base"
    config = branch.noted_config(**changes) if noted else branch.config(**changes)
    directory = OpenLdapDirectory.from_config("mail", config, clock=FrozenClock())
    directory.pool.breaker = Breaker(monotonic=lambda: 0.0, limit=NEVER)
    return directory


def times_set(branch: Branch, uid: str) -> int:
    """How often the server says that a password was set, after the one that the account began
    with: each one in its history was replaced by another."""
    return len(branch.values(uid, "pwdHistory"))


def tell(figures: str) -> None:
    sys.stdout.write(f"\n{figures}\n")


def in_parallel(work: list[Callable[[], object]]) -> list[Exception]:
    """Do all at once; what was raised."""
    gate, errors = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        gate.wait()
        try:
            one()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


class Died(BaseException):
    """The process is gone; nothing of ours may catch this."""


class FailPoints:
    """Dies at the chosen statements of the directory: the 1st is before the first one, the 2nd
    after it, and so on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0
        self.at: frozenset[int] = frozenset()
        for name in ("search", "modify", "add"):
            monkeypatch.setattr(LdapSession, name, self._mortal(getattr(LdapSession, name)))

    def _mortal(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def statement(*arguments: Any, **named: Any) -> Any:
            self._reach()
            try:
                return real(*arguments, **named)
            finally:
                self._reach()

        return statement

    def _reach(self) -> None:
        self.passed += 1
        if self.passed in self.at:
            raise Died
