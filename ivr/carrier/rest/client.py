"""For the ``twilio`` package: its HTTP client, without HTTP.

``twilio.rest.Client(sid, token, http_client=InProcessClient(RestApi(exchange)))`` talks to the
exchange of the running loop. Serves applications that run under a WsgiTransport.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ivr.carrier.rest.api import RestApi
from ivr.carrier.rest.request import RestRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the package reads of an answer."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    @property
    def content(self) -> str:
        return self.text

    @property
    def ok(self) -> bool:
        return self.status_code < 400


class InProcessClient:
    is_async = False
    timeout: float | None = None

    def __init__(self, api: RestApi) -> None:
        self._api = api

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Reply:
        """Raises TimeoutError where an answer would never come."""
        parts = urlsplit(uri)
        response = self._api.handle(
            RestRequest(
                method=method.upper(),
                path=parts.path,
                query=[*parse_qsl(parts.query, keep_blank_values=True), *_pairs(params)],
                form=_pairs(data),
                login=(auth[0], auth[1]) if auth is not None else None,
            )
        )
        if response.held:
            raise TimeoutError("the carrier does not answer")
        return Reply(
            status_code=response.status,
            text=response.body.decode("utf-8", "replace"),
            headers=response.headers,
        )


def _pairs(values: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in (values or {}).items():
        if isinstance(value, list | tuple):
            pairs += [(name, str(item)) for item in value]
        elif value is not None:
            pairs.append((name, str(value)))
    return pairs
