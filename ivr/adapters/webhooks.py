"""HTTP to addresses that others chose, kept away from our own networks.

The name is looked up once and the connection goes to an address that was checked, so that a name
whose answer changes in between leads nowhere else (OWASP, "Server-Side Request Forgery
Prevention"). Only https to public addresses, but for networks that the settings name.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from ivr.ports.errors import PortError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CONNECT_S = 3.0
READ_S = 5.0
WHOLE_S = 8.0
"""A target that answers a byte at a time is cut off here."""
LONGEST_URL = 500


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks of a setting, by commas. Raises ValueError."""
    return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())


class HttpWebhooks:
    """:class:`ivr.ports.webhooks.WebhookSender`. ``allowed``: private networks that may be told,
    over plain http too."""

    def __init__(self, *, allowed: Sequence[Network] = (), tls: ssl.SSLContext | None = None):
        self._allowed = tuple(allowed)
        self._given = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when it is first needed: reading the authorities of the host takes a while."""
        return self._given or ssl.create_default_context()

    def check(self, url: str) -> str:
        parts = _parts(url)
        if parts is None:
            return "endereço http(s) completo, sem usuário nem fragmento"
        if parts.scheme != "https" and not self._allowed:
            return "só https (ou diga a rede em IVR_WEBHOOK_NETWORKS)"
        literal = _literal(parts.hostname or "")
        if literal is not None and not self._may(literal, scheme=parts.scheme):
            return "endereço de rede privada que IVR_WEBHOOK_NETWORKS não permite"
        return ""

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
        parts = _parts(url)
        if parts is None or parts.hostname is None:
            raise PortError("address_not_allowed", permanent=True)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(parts.hostname, port, scheme=parts.scheme)
        connection: http.client.HTTPConnection = (
            _PinnedTls(parts.hostname, port, address=address, tls=self._tls)
            if parts.scheme == "https"
            else _Pinned(parts.hostname, port, address=address)
        )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        watch = threading.Timer(WHOLE_S, _cut, args=(connection,))
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
            return connection.getresponse().status
        except ssl.SSLError:
            raise PortError("tls") from None
        except TimeoutError:
            raise PortError("timeout") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise PortError("unreachable") from None
        finally:
            watch.cancel()
            connection.close()

    def _address(self, host: str, port: int, *, scheme: str) -> str:
        """An address of the host; all of them must be allowed."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise PortError("unreachable") from None
        addresses = [ipaddress.ip_address(str(where[0]).split("%")[0]) for *_, where in found]
        if not addresses or not all(self._may(one, scheme=scheme) for one in addresses):
            raise PortError("address_not_allowed", permanent=True)
        return str(addresses[0])

    def _may(self, address: Address, *, scheme: str) -> bool:
        mapped = getattr(address, "ipv4_mapped", None)
        real: Address = mapped or address
        if any(real.version == net.version and real in net for net in self._allowed):
            return True
        return scheme == "https" and real.is_global and not real.is_multicast


class _Pinned(http.client.HTTPConnection):
    """Connects to one address, whatever the name means by now."""

    def __init__(self, host: str, port: int, *, address: str) -> None:
        super().__init__(host, port, timeout=READ_S)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), CONNECT_S)
        self.sock.settimeout(READ_S)


class _PinnedTls(_Pinned):
    """The same, with the certificate held against the name."""

    def __init__(self, host: str, port: int, *, address: str, tls: ssl.SSLContext) -> None:
        super().__init__(host, port, address=address)
        self.default_port = 443
        self._tls = tls

    def connect(self) -> None:
        super().connect()
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


def _cut(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _parts(url: str) -> SplitResult | None:
    """The address in parts; None for one that is no plain http address."""
    if len(url) > LONGEST_URL or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        return None
    try:
        parts = urlsplit(url)
        fine = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or not fine:
        return None
    if parts.username is not None or parts.password is not None or parts.fragment:
        return None
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
