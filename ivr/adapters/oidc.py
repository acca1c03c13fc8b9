"""A log-in at an OpenID Connect provider: authorization code with PKCE (S256, always).

OpenID Connect Core 1.0 §3.1, Discovery 1.0 §4, RFC 7636, RFC 9700 §2.1. Signatures and claims are
checked by joserfc and Authlib; nothing is taken from a token before both are good.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from ivr.adapters.oidc_shapes import GOVBR_LEVELS, Shape
from ivr.ports.clock import Clock
from ivr.ports.errors import PortError
from ivr.ports.identity import Identity, IdentityRefusedError

T = TypeVar("T")
ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with the provider's private key only: never ``none``, never HMAC."""
DISCOVERY = "/.well-known/openid-configuration"
LEEWAY_S = 60
JUST_NOW_S = 300.0
"""Age of a log-in that was asked for anew: typing, a second factor and the way back."""
TIMEOUT_S = 5.0
FRESH_S = 3600.0
_LONGEST_SUBJECT = 255


class OidcProvider:
    """:class:`ivr.ports.identity.IdentityProvider`."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        scope: str,
        shape: Shape,
        clock: Clock,
        levels_url: str = "",
        subject: str = "sub",
    ) -> None:
        """``levels_url``: where gov.br tells a person's levels, ``{sub}`` in the person's place,
        asked when the token does not tell the level. ``subject``: the claim that names the
        person; it must be one that the provider never gives to another."""
        self._levels_url = levels_url
        self._subject = subject
        self.issuer = issuer
        self._id = client_id
        self._secret = client_secret
        self._scope = scope
        self._shape = shape
        self._clock = clock
        self._lock = threading.Lock()
        self._facts: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._read_at = 0.0

    def address(
        self, *, state: str, nonce: str, verifier: str, back: str, anew: bool = False
    ) -> str:
        more = {"prompt": "login", "max_age": "0"} if anew else {}
        url, _ = self._session(back).create_authorization_url(
            self._fact("authorization_endpoint"),
            state=state,
            code_verifier=verifier,
            nonce=nonce,
            **more,
        )
        return str(url)

    def identity(
        self, *, code: str, nonce: str, verifier: str, back: str, anew: bool = False
    ) -> Identity:
        url = self._fact("token_endpoint")
        try:
            answer = self._session(back).fetch_token(
                url,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=back,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except OAuthError:
            raise IdentityRefusedError("answer") from None
        except requests.RequestException:
            raise PortError("oidc_away") from None
        except ValueError:
            raise IdentityRefusedError("answer") from None
        claims = self._claims(answer, nonce=nonce)
        if anew:
            self._just_now(claims)
        subject = claims.get(self._subject)
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise IdentityRefusedError("claims")
        if self._levels_url and "reliability_info" not in claims:
            level = self._level_told(subject, str(answer.get("access_token", "")))
            claims["reliability_info"] = {"level": level}
        roles, level = self._shape.judge(claims)
        return Identity(issuer=self.issuer, subject=subject, roles=roles, level=level)

    def _just_now(self, claims: Mapping[str, Any]) -> None:
        """``auth_time`` is required of an answer to ``max_age`` (Core §2, §3.1.2.1)."""
        told = claims.get("auth_time")
        whole = isinstance(told, int) and not isinstance(told, bool)
        if not whole or self._clock.now().timestamp() - told > JUST_NOW_S:
            raise IdentityRefusedError("auth_time")

    def _level_told(self, subject: str, access: str) -> str:
        """The highest level by the service of gov.br (step 11 of its integration manual)."""
        if not subject.isascii() or not subject.isdigit():
            raise IdentityRefusedError("level")
        told = _get(self._levels_url.replace("{sub}", subject), kind=list, access=access)
        ids = {str(one.get("id")) for one in told if isinstance(one, dict)}
        held = [level for number, level in enumerate(GOVBR_LEVELS, 1) if str(number) in ids]
        return held[-1] if held else ""

    def _session(self, back: str) -> OAuth2Session:
        return OAuth2Session(
            self._id,
            self._secret,
            token_endpoint_auth_method="client_secret_basic",
            scope=self._scope,
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _claims(self, answer: Mapping[str, Any], *, nonce: str) -> dict[str, Any]:
        text = answer.get("id_token")
        if not isinstance(text, str):
            raise IdentityRefusedError("answer")
        token = self._decoded(text)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self._id, "access_token": answer.get("access_token")},
        )
        try:
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError):
            raise IdentityRefusedError("claims") from None
        return dict(claims)

    def _decoded(self, text: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            return jwt.decode(text, key=self._key_set(), registry=registry)
        except InvalidKeyIdError:
            # The provider changed its keys since ours were read.
            self._read(keys_only=True)
        except (JoseError, ValueError, TypeError):
            raise IdentityRefusedError("signature") from None
        try:
            return jwt.decode(text, key=self._key_set(), registry=registry)
        except (JoseError, ValueError, TypeError):
            raise IdentityRefusedError("signature") from None

    def _key_set(self) -> KeySet:
        self._freshen()
        try:
            return KeySet.import_key_set(cast(Any, self._keys))
        except (JoseError, ValueError, TypeError, KeyError):
            raise PortError("oidc_keys") from None

    def _fact(self, name: str) -> str:
        self._freshen()
        value = self._facts.get(name)
        if not isinstance(value, str) or urlsplit(value).scheme != urlsplit(self.issuer).scheme:
            raise PortError("oidc_facts")
        return value

    def _freshen(self) -> None:
        if self._clock.now().timestamp() - self._read_at >= FRESH_S:
            self._read()

    def _read(self, *, keys_only: bool = False) -> None:
        with self._lock:
            if not keys_only:
                facts = _get(
                    f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", kind=dict
                )
                if facts.get("issuer") != self.issuer:
                    raise PortError("oidc_issuer")
                self._facts = facts
            address = str(self._facts.get("jwks_uri", ""))
            if urlsplit(address).scheme != urlsplit(self.issuer).scheme:
                raise PortError("oidc_facts")
            self._keys = _get(address, kind=dict)
            self._read_at = self._clock.now().timestamp()


def _get(url: str, *, kind: type[T], access: str = "") -> T:
    """A JSON document of the provider. Raises PortError when there is none of this kind."""
    headers = {"Accept": "application/json"}
    if access:
        headers["Authorization"] = f"Bearer {access}"
    try:
        response = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False, headers=headers)
        data = response.json() if response.status_code == 200 else None
    except (requests.RequestException, ValueError):
        data = None
    if not isinstance(data, kind):
        raise PortError("oidc_away")
    return data
