"""A TCP wire between a client and a server that can be cut, and that keeps what was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class TcpWire:
    """Listens on ``port`` and passes everything on to ``target_port``, both on 127.0.0.1.

    ``accepted``: how many connections came. ``sent``: every byte that clients sent.
    ``cut_when``: asked before an answer is passed on;
    True cuts the connection instead, once.
    """

    def __init__(self, target_port: int) -> None:
        self.accepted = 0
        self.sent = bytearray()
        self.cut_when: Callable[[], bool] | None = None
        self._target_port = target_port
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Refuse new connections and cut the ones there are."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for open_socket in list(self._sockets):
            _cut(open_socket)

    def cut_connections(self) -> None:
        """Cut the connections there are; new ones may come."""
        for open_socket in list(self._sockets):
            _cut(open_socket)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                _cut(client)
                continue
            self._sockets += [client, server]
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pass_on, args=(source, sink, answers), daemon=True
                ).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not answers:
                    self.sent += data
                elif self.cut_when is not None and self.cut_when():
                    self.cut_when = None
                    break
                sink.sendall(data)
        _cut(source)
        _cut(sink)


def _cut(open_socket: socket.socket) -> None:
    with suppress(OSError):
        open_socket.shutdown(socket.SHUT_RDWR)
    open_socket.close()
