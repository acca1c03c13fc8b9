"""One webhook as Twilio performs it: signed, capped at 15 s, retried only when nobody answered.

Source: twilio.com/docs/usage/webhooks, .../webhooks-connection-overrides, .../security.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ivr.carrier.faults import Faults
from ivr.carrier.overrides import Overrides, read_overrides
from ivr.carrier.problem import Problem, error
from ivr.carrier.sid import Sids
from ivr.carrier.signature import sign, signed_url
from ivr.carrier.transport import (
    ConnectFailed,
    HttpRequest,
    HttpResponse,
    ReadFailed,
    Transport,
)

Fields = Sequence[tuple[str, str]]

MAX_REDIRECTS = 10
MAX_BODY = 64 * 1024
NOT_REDIRECTED = frozenset({"Digits", "FinishedOnKey", "SpeechResult", "Confidence"})
"""Twilio does not send what was gathered again after a redirect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``problem`` says why there is no usable ``response``; ``url`` and ``method`` are those of
    the last request after redirects, ``warnings`` what was odd about the address."""

    url: str
    method: str
    milliseconds: int
    response: HttpResponse | None = None
    problem: Problem | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def status(self) -> int:
        return self.response.status if self.response is not None else 0


class _Failure(Exception):
    """``kind`` is the word of the retry policy that covers it."""

    def __init__(self, *, problem: Problem, kind: str) -> None:
        super().__init__(problem.text)
        self.problem = problem
        self.kind = kind


class WebhookClient:
    """``token`` is the account's primary auth token: it signs everything."""

    def __init__(self, *, transport: Transport, token: str, sids: Sids) -> None:
        self.transport = transport
        self._token = token
        self._sids = sids

    async def send(
        self, *, method: str, url: str, fields: Fields, faults: Faults | None = None
    ) -> Answer:
        """Perform the request. Never raises for anything that the other side does."""
        plain, overrides, warnings = read_overrides(url)
        faults = faults or Faults()
        if any(name == "ErrorCode" for name, _ in fields):
            faults = replace(faults, slow_webhook=0.0, answer_500=False, lose_answer=False)
        loop = asyncio.get_running_loop()
        began = loop.time()
        response: HttpResponse | None = None
        problem = _bad_address(plain)
        final, used = plain, method
        if problem is None:
            try:
                async with asyncio.timeout(overrides.total):
                    response, final, used = await self._with_retries(
                        method, plain, fields, overrides, faults
                    )
            except TimeoutError:
                problem = error(11203, "no answer within the time for the whole exchange")
            except _Failure as failure:
                problem = failure.problem
        if response is not None and problem is None:
            problem = _bad_answer(response)
        return Answer(
            url=final,
            method=used,
            milliseconds=round((loop.time() - began) * 1000),
            response=response,
            problem=problem,
            warnings=warnings,
        )

    async def _with_retries(
        self, method: str, url: str, fields: Fields, overrides: Overrides, faults: Faults
    ) -> tuple[HttpResponse, str, str]:
        mark = self._sids.make("")
        left = overrides.retries
        while True:
            kind = ""
            try:
                for _ in range(max(faults.duplicate_webhook, 1)):
                    result = await self._follow(method, url, fields, overrides, faults, mark)
                kind = {4: "4xx", 5: "5xx"}.get(result[0].status // 100, "")
                if not kind or left <= 0 or not overrides.retries_after(kind):
                    return result
            except _Failure as failure:
                if left <= 0 or not overrides.retries_after(failure.kind):
                    raise
            left -= 1

    async def _follow(
        self,
        method: str,
        url: str,
        fields: Fields,
        overrides: Overrides,
        faults: Faults,
        mark: str,
    ) -> tuple[HttpResponse, str, str]:
        for _ in range(MAX_REDIRECTS + 1):
            request, base = self._request(method, url, fields, mark)
            response = await self._once(request, overrides, faults)
            location = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not location:
                return response, base, method
            url = urljoin(url, location)
            problem = _bad_address(url)
            if problem is not None:
                raise _Failure(problem=problem, kind="")
            method = method if response.status in (307, 308) else "GET"
            fields = [field for field in fields if field[0] not in NOT_REDIRECTED]
        raise _Failure(problem=error(11215, "too many redirects"), kind="")

    def _request(self, method: str, url: str, fields: Fields, mark: str) -> tuple[HttpRequest, str]:
        """The request, and its address as relative URLs in the answer are resolved against."""
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": mark,
            "X-Home-Region": "us1",
        }
        body = b""
        full = url
        if method == "GET":
            query = urlencode(list(fields), quote_via=quote)
            full = url + ("&" if urlsplit(url).query else "?") + query if query else url
            signature = sign(full, token=self._token)
        else:
            body = urlencode(list(fields)).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
            headers["Content-Length"] = str(len(body))
            signature = sign(url, fields, token=self._token)
        headers["X-Twilio-Signature"] = signature
        return HttpRequest(method=method, url=full, headers=headers, body=body), url

    async def _once(
        self, request: HttpRequest, overrides: Overrides, faults: Faults
    ) -> HttpResponse:
        try:
            response = await self.transport.send(
                request, connect=overrides.connect, read=overrides.read
            )
        except ConnectFailed as failure:
            raise _Failure(
                problem=error(11205, f"no connection to the webhook: {failure}"), kind="ct"
            ) from failure
        except ReadFailed as failure:
            raise _Failure(
                problem=error(11200, f"no answer from the webhook: {failure}"), kind="rt"
            ) from failure
        if faults.slow_webhook:
            await asyncio.sleep(min(faults.slow_webhook, overrides.read))
            if faults.slow_webhook >= overrides.read:
                raise _Failure(problem=error(11200, "read timeout"), kind="rt")
        if faults.lose_answer:
            raise _Failure(problem=error(11200, "the connection broke"), kind="rt")
        if faults.answer_500:
            return HttpResponse(status=500, headers={"content-type": "text/html"})
        return response


def _bad_address(url: str) -> Problem | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return error(11100, "invalid URL")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return error(11100, "invalid URL")
    if "_" in parts.hostname:
        return error(11210, "host names have no underscore")
    return None


def _bad_answer(response: HttpResponse) -> Problem | None:
    if not 200 <= response.status < 300:
        return error(11200, f"the webhook answered {response.status}")
    if len(response.body) > MAX_BODY and not response.content_type.startswith("audio/"):
        return error(11750, "the answer is longer than 64 kB")
    return None


def shown_url(url: str) -> str:
    """``url`` as it may be shown: no log-in, no fragment."""
    try:
        return signed_url(url)
    except ValueError:
        return ""
