"""X-Twilio-Signature of webhooks (twilio.com/docs/usage/webhooks/webhooks-security).

A valid signature is necessary, not sufficient: it has no time in it, and it joins names and
values without separators. :mod:`ivr.adapters.twilio.fields` does the rest.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlparse, urlsplit

from twilio.request_validator import RequestValidator, add_port, remove_port
from werkzeug.datastructures import MultiDict

SHORTEST_TOKEN = 16
"""Twilio's tokens have 32 characters; anything near empty is a setting that went wrong."""
_PATH_SAFE = "/:@!$&'()*+,;=-._~"


@lru_cache(maxsize=8)
def public_origin(public_url: str) -> str:
    """``scheme://host[:port]`` of the configured address. Raises ValueError on anything else."""
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("PUBLIC_URL must be an absolute http or https address")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def signed_url(public_url: str, environ: Mapping[str, Any]) -> str:
    """The URL that the carrier signed: configured origin, then path and query as received.

    ``Host`` and ``X-Forwarded-*`` have no say. ``RAW_URI`` comes from gunicorn and Werkzeug; in
    absolute form (RFC 9112 §3.2.2) its authority is dropped. Without it the path is quoted anew;
    a test client may leave the query out of it, which is then added.
    """
    return public_origin(public_url) + _target(environ)


def signed_websocket_url(public_url: str, environ: Mapping[str, Any]) -> str:
    """As :func:`signed_url`, for the handshake of a media stream (``wss``, or ``ws``)."""
    return "ws" + signed_url(public_url, environ).removeprefix("http")


def expected_signature(token: str, url: str, form: MultiDict[str, str] | None = None) -> str:
    """The signature that the library computes for exactly this URL and form."""
    return str(RequestValidator(token).compute_signature(url, form or {}))


class Signatures:
    """Checks signatures with the primary token and, while tokens rotate, the secondary too."""

    __slots__ = ("_tokens",)

    def __init__(self, tokens: Sequence[str]) -> None:
        """Raises ValueError without a token, or with an empty or short one."""
        if isinstance(tokens, str) or not tokens:
            raise ValueError("at least one auth token is needed")
        if any(len(token.strip()) < SHORTEST_TOKEN for token in tokens):
            raise ValueError(f"an auth token has at least {SHORTEST_TOKEN} characters")
        self._tokens = tuple(tokens)

    def check(self, *, url: str, form: MultiDict[str, str] | None, header: str | None) -> bool:
        """Whether ``header`` signs ``url`` and ``form``. Constant time; never raises.

        The port is tried as given, left out and written out: the carrier does not keep to one.
        """
        return self._matches(_port_variants(url), form, header)

    def check_websocket(self, *, url: str, header: str | None) -> bool:
        """As :meth:`check` for a handshake: no form, and a slash at the end may be missing."""
        return self._matches((*_port_variants(url), *_port_variants(url + "/")), None, header)

    def _matches(
        self, urls: tuple[str, ...], form: MultiDict[str, str] | None, header: str | None
    ) -> bool:
        if not isinstance(header, str) or not header:
            return False
        if form is not None and not isinstance(form, MultiDict):
            return False
        given = header.encode("utf-8", "surrogatepass")
        found = False
        try:
            for token in self._tokens:
                for url in urls:
                    made = expected_signature(token, url, form).encode()
                    found |= hmac.compare_digest(made, given)
        except (TypeError, ValueError):
            return False
        return found


def check(
    tokens: Sequence[str],
    url: str,
    form: MultiDict[str, str] | None,
    header: str | None,
) -> bool:
    """:meth:`Signatures.check` in one call. Raises ValueError on unusable tokens only."""
    return Signatures(tokens).check(url=url, form=form, header=header)


def _target(environ: Mapping[str, Any]) -> str:
    query = str(environ.get("QUERY_STRING", ""))
    raw = environ.get("RAW_URI")
    if isinstance(raw, str) and raw:
        target = _origin_form(raw)
        return f"{target}?{query}" if query and "?" not in target else target
    path = str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", ""))
    quoted = quote(path.encode("latin-1", "replace"), safe=_PATH_SAFE) or "/"
    return f"{quoted}?{query}" if query else quoted


def _origin_form(raw: str) -> str:
    if raw.startswith("/"):
        return raw
    scheme, mark, rest = raw.partition("://")
    if not mark or not scheme.isalpha():
        return "/" + raw
    ends = [at for at in (rest.find("/"), rest.find("?")) if at >= 0]
    path = rest[min(ends) :] if ends else ""
    return path if path.startswith("/") else "/" + path


def _port_variants(url: str) -> tuple[str, ...]:
    try:
        parts = urlparse(url)
        return tuple({url: None, remove_port(parts): None, add_port(parts): None})
    except ValueError:
        return (url,)
