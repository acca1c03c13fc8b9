"""A web service on this machine, over TLS with a certificate of its own authority.

It stands for a public service in tests. It can lose answers, refuse, answer slowly and go away.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes = field(repr=False)

    @property
    def form(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(self.raw.decode()).items()}

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw) if self.raw else {}

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


class LocalHttps:
    """Subclasses answer in :meth:`reply`. ``lose_answers``: how many of the next changes are made
    and then answered by nothing. ``next_replies``: given to the next requests that are no token
    request, instead of doing them. ``slow``: seconds before an answer."""

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "ca.pem"
        authority, self._chain = certificate()
        self.ca_file.write_bytes(authority)
        self.requests: list[Request] = []
        self.lose_answers = 0
        self.next_replies: list[Reply] = []
        self.slow = 0.0
        self.turn = threading.RLock()
        pem = folder / "server.pem"
        pem.write_bytes(self._chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server = _Server(self, context)
        self.origin = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def reply(self, request: Request) -> Reply:
        raise NotImplementedError

    def is_token_request(self, request: Request) -> bool:
        raise NotImplementedError

    def stop(self) -> None:
        """Nothing listens at the address from now on."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def writes(self) -> list[Request]:
        """The requests so far that may have changed an account."""
        with self.turn:
            return [r for r in self.requests if r.method == "PATCH"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: LocalHttps, context: ssl.SSLContext) -> None:
        self.service = service
        self._context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, address = super().get_request()
        wrapped = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or refuses the certificate is what some tests want."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _handle(self) -> None:
        service = self.server.service
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query={k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()},
            headers={k.lower(): v for k, v in self.headers.items()},
            raw=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        if service.slow:
            time.sleep(service.slow)
        with service.turn:
            service.requests.append(request)
            if service.next_replies and not service.is_token_request(request):
                reply = service.next_replies.pop(0)
            else:
                reply = service.reply(request)
                if service.lose_answers and request.method == "PATCH" and reply.status < 300:
                    service.lose_answers -= 1
                    return
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _handle

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the address holds the number that was searched for."""


@cache
def certificate(world: int = 0) -> tuple[bytes, bytes]:
    """PEM of an authority, and of a server key with a certificate for 127.0.0.1 by it. Each
    ``world`` is another authority of the same name."""
    since = datetime.now(UTC) - timedelta(hours=1)

    def unsigned(subject: str, public: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(since + timedelta(days=2))
        )

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = (
        unsigned("Test authority", ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    server = (
        unsigned("Test server", key.public_key())
        .add_extension(names, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return authority.public_bytes(pem), private + server.public_bytes(pem)
