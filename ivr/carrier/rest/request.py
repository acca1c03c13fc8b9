"""One REST request and its answer, without HTTP around them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ivr.carrier.twiml.dial import StatusCallback

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRequest:
    """``login`` is HTTP Basic's name and password; None when there was none."""

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    login: tuple[str, str] | None = None

    def value(self, name: str, default: str = "") -> str:
        """The last value of a form field."""
        return next((value for key, value in reversed(self.form) if key == name), default)

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.form if key == name)

    def asked(self, name: str, default: str = "") -> str:
        """The last value of a query field."""
        return next((value for key, value in reversed(self.query) if key == name), default)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestResponse:
    """``held``: the answer must never be sent (a fault)."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    held: bool = False


class RestError(Exception):
    """Answered as Twilio's error JSON."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def not_found(path: str) -> RestError:
    return RestError(404, 20404, f"The requested resource {path} was not found")


def as_json(value: Any, *, status: int = 200) -> RestResponse:
    return RestResponse(
        status=status,
        body=json.dumps(value, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )


def error_json(failure: RestError) -> RestResponse:
    return as_json(
        {
            "code": failure.code,
            "message": failure.message,
            "more_info": f"https://www.twilio.com/docs/errors/{failure.code}",
            "status": failure.status,
        },
        status=failure.status,
    )


def page_of(request: RestRequest, key: str, items: Sequence[Mapping[str, Any]]) -> RestResponse:
    """One page of a list, as ``PageSize`` (50, at most 1000) and ``Page`` (from 0) ask."""
    size = min(max(_number(request.asked("PageSize"), 50), 1), 1000)
    page = _number(request.asked("Page"), 0)
    start = page * size
    chosen = items[start : start + size]

    def uri(number: int) -> str:
        return f"{request.path}?PageSize={size}&Page={number}"

    return as_json(
        {
            key: list(chosen),
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start + len(chosen) - 1, 0),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(page - 1) if page else None,
            "next_page_uri": uri(page + 1) if start + size < len(items) else None,
        }
    )


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def number_in(request: RestRequest, name: str, default: int, *, least: int, most: int) -> int:
    """An integer form field. Raises RestError 20001 when it is none, or out of range."""
    text = request.value(name)
    if not text:
        return default
    number = _number(text, least - 1)
    if not least <= number <= most:
        raise RestError(400, 20001, f"{name} must be a number from {least} to {most}")
    return number


def word_in(request: RestRequest, name: str) -> bool | None:
    """A true or false of the form, None when absent. Raises RestError 20001."""
    text = request.value(name).lower()
    if text not in ("", "true", "false"):
        raise RestError(400, 20001, f"{name} must be true or false")
    return None if not text else text == "true"


def url_in(request: RestRequest, name: str, *, code: int) -> str:
    """An absolute URL from the form, "" when absent. Raises RestError ``code``."""
    text = request.value(name)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise RestError(400, code, f"{name} is not a valid URL")
    return text


def method_in(request: RestRequest, name: str) -> str:
    method = request.value(name, "POST").upper()
    if method not in ("GET", "POST"):
        raise RestError(400, 21206, f"{name} must be GET or POST")
    return method


def status_callback_in(request: RestRequest) -> StatusCallback | None:
    url = url_in(request, "StatusCallback", code=21609)
    if not url:
        return None
    events = tuple(
        word for value in request.values("StatusCallbackEvent") for word in value.split()
    )
    return StatusCallback(
        url=url,
        method=method_in(request, "StatusCallbackMethod"),
        events=events or ("completed",),
    )
