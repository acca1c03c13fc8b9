"""The door of ``/api/v1``: bearer tokens with scopes, a rate, and errors as RFC 9457 has them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from flask import Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from ivr.ports.tickets import ApiToken
from ivr.service.tickets_api import token_of
from ivr.web.edge import runtime

PROBLEM = "application/problem+json"
PER_MINUTE = 120
"""Requests of one token in a minute, in each process of the server."""
RATE = "IVR_API_PER_MINUTE"
"""Name of the app's configuration that sets another rate."""
_LIMITERS = "ivr.api.rate"

TITLES = {
    400: "Pedido malformado",
    401: "Ficha ausente ou inválida",
    403: "A ficha não permite isto",
    404: "Não encontrado",
    405: "Método não permitido",
    409: "O chamado já está assim ou mudou",
    413: "Pedido grande demais",
    415: "Só application/json",
    422: "Campo inválido",
    429: "Pedidos demais",
    500: "Falha interna",
    503: "Sistema sem banco de dados agora",
}


class Rate:
    """A bucket of tokens for each key, refilled evenly."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, *, now: float) -> float:
        """Take one; 0, or the seconds to wait for the next."""
        with self._lock:
            left, at = self._left.get(key, (float(self._per_minute), now))
            rate = self._per_minute / 60
            left = min(float(self._per_minute), left + max(0.0, now - at) * rate)
            taken = left >= 1
            self._left[key] = (left - 1 if taken else left, now)
            return 0.0 if taken else (1 - left) / rate


def problem(status: int, *, detail: str = "", headers: dict[str, str] | None = None) -> Response:
    """An error's answer."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
    }
    if detail:
        body["detail"] = detail
    response = jsonify(body)
    response.status_code = status
    response.content_type = PROBLEM
    response.headers.update(headers or {})
    return response


def needs(scope: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let in a good token with the scope, within its rate."""

    def guard(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            kind, _, plain = request.headers.get("Authorization", "").partition(" ")
            token = token_of(runtime(), plain.strip()) if kind.lower() == "bearer" else None
            if token is None:
                return problem(401, headers={"WWW-Authenticate": 'Bearer realm="api"'})
            wait = _rate().wait(token.id, now=runtime().clock.now().timestamp())
            if wait:
                return problem(429, headers={"Retry-After": str(int(wait) + 1)})
            if scope not in token.scopes:
                detail = f"Falta a permissão {scope}."
                challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
                return problem(403, detail=detail, headers={"WWW-Authenticate": challenge})
            g.api_token = token
            return view(*args, **kwargs)

        return guarded

    return guard


def actor() -> str:
    """Who asks, for the ticket's history."""
    return f"api:{cast(ApiToken, g.api_token).id}"


def allows(scope: str) -> bool:
    """Whether the token of this request has a scope."""
    return scope in cast(ApiToken, g.api_token).scopes


def _rate() -> Rate:
    found = current_app.extensions.get(_LIMITERS)
    if found is None:
        per_minute = int(current_app.config.get(RATE, PER_MINUTE))
        found = current_app.extensions.setdefault(_LIMITERS, Rate(per_minute))
    return cast(Rate, found)
