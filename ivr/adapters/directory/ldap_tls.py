"""A verified TLS connection to an LDAP server, given to libldap as a plain local socket.

TLS is Python's: libldap's own handshake (GnuTLS on Debian) waits for ever for a server that stops
in the middle of it, and calls every refused certificate "server down". Here connecting, StartTLS
and handshake share one limit, and each send has one. libldap gets one end of a socket pair; a
thread carries the bytes between the other end and the TLS connection until either closes.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

from ivr.ports.errors import PortError

CHUNK = 65536
START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"
"""LDAPMessage 1 with the StartTLS ExtendedRequest, in BER (RFC 4511 §4.14.1)."""
LONGEST_ANSWER = 4096
EXTENDED_RESPONSE, ENUMERATED = 0x78, 0x0A


def open_tls(
    host: str, port: int, *, ca_file: Path, start_tls: bool, connect_s: float
) -> ssl.SSLSocket:
    """A connection whose certificate and name were verified, TLS 1.2 or newer. ``connect_s``:
    seconds for TCP, StartTLS and handshake together. Raises PortError:
    ``ca_file_unreadable``, ``certificate_refused``, ``tls_refused``, ``directory_slow``,
    ``directory_down``."""
    try:
        context = ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError):
        raise PortError("ca_file_unreadable") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    deadline = time.monotonic() + connect_s
    try:
        plain = socket.create_connection((host, port), timeout=connect_s)
    except TimeoutError:
        raise PortError("directory_slow") from None
    except OSError:
        raise PortError("directory_down") from None
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if start_tls:
            _start_tls(plain, deadline=deadline)
        plain.settimeout(_left(deadline))
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError:
        reason = "certificate_refused"
    except TimeoutError:
        reason = "directory_slow"
    except ssl.SSLError:
        reason = "tls_refused"
    except OSError:
        reason = "directory_down"
    except PortError as error:
        reason = error.reason
    plain.close()
    raise PortError(reason)


def carry(tls: ssl.SSLSocket, *, answer_s: float, send_s: float) -> int:
    """A local socket, already connected, whose bytes go over ``tls``; the caller owns it.

    A read of it that has to wait ``answer_s`` seconds in the middle of an answer gives up, so that
    half an answer does not hold its reader for ever.
    """
    near, far = socket.socketpair()
    seconds, fraction = int(answer_s), int(answer_s % 1 * 1_000_000)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, fraction))
    carrier = threading.Thread(
        target=_carry, args=(tls, near, send_s), name="ldap-tls", daemon=True
    )
    carrier.start()
    return far.detach()


def _carry(tls: ssl.SSLSocket, near: socket.socket, send_s: float) -> None:
    tls.setblocking(False)
    near.settimeout(None)
    ready = select.poll()
    ready.register(tls, select.POLLIN)
    ready.register(near, select.POLLIN)
    with tls, near, suppress(OSError):
        while True:
            there = {number for number, _ in ready.poll()}
            if near.fileno() in there:
                data = near.recv(CHUNK)
                if not data:
                    return
                _send(tls, data, send_s=send_s)
            while data := _received(tls):
                near.sendall(data)


def _received(tls: ssl.SSLSocket) -> bytes:
    """What there is to read, empty when there is nothing now. Raises OSError at the end."""
    try:
        data = tls.recv(CHUNK)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return b""
    if not data:
        raise ConnectionError("closed")
    return data


def _send(tls: ssl.SSLSocket, data: bytes, *, send_s: float) -> None:
    deadline = time.monotonic() + send_s
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[tls.send(rest) :]
        except ssl.SSLWantWriteError:
            _wait(tls, select.POLLOUT, deadline=deadline)
        except ssl.SSLWantReadError:
            _wait(tls, select.POLLIN, deadline=deadline)


def _wait(tls: ssl.SSLSocket, event: int, *, deadline: float) -> None:
    ready = select.poll()
    ready.register(tls, event)
    if not ready.poll(_left(deadline) * 1000):
        raise TimeoutError


def _start_tls(plain: socket.socket, *, deadline: float) -> None:
    """Raises PortError when the server does not agree, TimeoutError and OSError."""
    plain.settimeout(_left(deadline))
    plain.sendall(START_TLS)
    if not _agrees(_one_message(plain, deadline=deadline)):
        raise PortError("tls_refused")


def _one_message(plain: socket.socket, *, deadline: float) -> bytes:
    """The contents of one LDAPMessage and not a byte more: what follows must come over TLS."""
    head = _exactly(plain, 2, deadline=deadline)
    length = head[1]
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise PortError("tls_refused")
        length = int.from_bytes(_exactly(plain, octets, deadline=deadline), "big")
    if head[0] != 0x30 or length > LONGEST_ANSWER:
        raise PortError("tls_refused")
    return _exactly(plain, length, deadline=deadline)


def _agrees(message: bytes) -> bool:
    """Whether the message is an ExtendedResponse to message 1 with the result success."""
    if message[:3] != b"\x02\x01\x01" or message[3:4] != bytes([EXTENDED_RESPONSE]):
        return False
    length = message[4:5]
    long_form = bool(length) and bool(length[0] & 0x80)
    start = 5 + (length[0] & 0x7F if long_form else 0)
    return message[start : start + 3] == bytes([ENUMERATED, 1, 0])


def _exactly(plain: socket.socket, count: int, *, deadline: float) -> bytes:
    got = b""
    while len(got) < count:
        plain.settimeout(_left(deadline))
        data = plain.recv(count - len(got))
        if not data:
            raise ConnectionError("closed")
        got += data
    return got


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
