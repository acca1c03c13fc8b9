"""An identity provider for tests: OpenID Connect Core over real HTTP with real signatures.

It refuses what Core, RFC 6749 and RFC 7636 tell a provider to refuse: an unknown client or
address, a code used twice, a wrong or missing verifier, a challenge that is not S256. ``claims``
and the switches make it lie.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "central-de-teste"
CLIENT_SECRET = "segredo-da-central-de-teste"
LIFETIME_S = 300


def _words(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def a_key(kid: str, maker: str = "provider") -> RSAKey:
    """The same key for the same words, made once: making one takes long."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}, private=True)


@dataclass
class Provider:
    """``person``: claims about whoever logs in. ``claims``: put over the token's own; None takes
    one away. ``signing``: key of the next tokens; ``published``: keys that are told."""

    issuer: str
    back: str
    now: Callable[[], datetime]
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "pessoa-1"})
    claims: dict[str, Any] = field(default_factory=dict)
    signing: RSAKey = field(default_factory=lambda: a_key("k1"))
    published: list[RSAKey] = field(default_factory=list)
    algorithm: str = "RS256"
    mac_key: bytes = b""
    told_issuer: str = ""
    levels: object = None
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.published.append(self.signing)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.told_issuer or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwk",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, query: dict[str, str]) -> tuple[int, str]:
        """Core §3.1.2.2, RFC 7636 §4.4.1: a code, or the reason why not."""
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") != self.back:
            return 400, "invalid_client"
        good = (
            query.get("response_type") == "code"
            and "openid" in query.get("scope", "").split()
            and query.get("code_challenge_method") == "S256"
            and len(query.get("code_challenge", "")) == 43
        )
        if not good:
            back = {"error": "invalid_request", "state": query.get("state", "")}
            return 303, f"{self.back}?{urlencode(back)}"
        code = base64.urlsafe_b64encode(hashlib.sha256(repr(query).encode()).digest()).decode()
        self.codes[code] = query
        return 303, f"{self.back}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Core §3.1.3.2, RFC 7636 §4.6."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        asked = self.codes.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _words(digest)
        if (
            asked is None
            or form["code"] in self.used
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != self.back
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        self.used.add(form["code"])
        access = "acesso-" + form["code"][:8]
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "id_token": self.id_token(asked["nonce"], access, aged="max_age" in asked),
        }

    def id_token(self, nonce: str, access: str, *, aged: bool = False) -> str:
        now = int(self.now().timestamp())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "exp": now + LIFETIME_S,
            "iat": now,
            "nonce": nonce,
            "at_hash": _words(half),
            **({"auth_time": now} if aged else {}),
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"alg": self.algorithm, "kid": self.signing.kid}
        if self.algorithm in ("none", "HS256"):
            text = ".".join(_words(json.dumps(part).encode()) for part in (head, claims))
            proof = hmac.digest(self.mac_key, text.encode(), "sha256") if self.mac_key else b""
            return f"{text}.{_words(proof)}"
        return jwt.encode(head, claims, self.signing, algorithms=[self.algorithm])


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        if self.provider.down:
            self._send(503, b"")
        elif parts.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.discovery())
        elif parts.path == "/jwk":
            keys = [key.as_dict(private=False) for key in self.provider.published]
            self._json(200, {"keys": keys})
        elif parts.path == f"/contas/{self.provider.person['sub']}/niveis":
            bearer = self.headers.get("Authorization", "").startswith("Bearer acesso-")
            self._json(200 if bearer else 401, self.provider.levels)
        elif parts.path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, answer = self.provider.authorize(query)
            self._send(status, answer.encode(), location=answer if status == 303 else "")
        else:
            self._send(404, b"")

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self.provider.down or self.path != "/token":
            self._send(503 if self.provider.down else 404, b"")
            return
        self._json(*self.provider.token(form, self.headers.get("Authorization", "")))

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _json(self, status: int, data: object) -> None:
        self._send(status, json.dumps(data).encode())

    def _send(self, status: int, body: bytes, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running(*, back: str, now: Callable[[], datetime]) -> Iterator[Provider]:
    """The provider on a free port, until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}", back, now)
    handler.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
