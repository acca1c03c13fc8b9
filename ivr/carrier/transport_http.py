"""The ordinary way out: aiohttp over sockets."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from ivr.carrier.transport import ConnectFailed, HttpRequest, HttpResponse, ReadFailed

MAX_BODY = 64 * 1024 * 1024


class HttpTransport:
    """Keeps one session; log-in data in a URL becomes HTTP Basic."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def send(self, request: HttpRequest, *, connect: float, read: float) -> HttpResponse:
        parts = urlsplit(request.url)
        login = (
            aiohttp.BasicAuth(unquote(parts.username), unquote(parts.password or ""), "utf-8")
            if parts.username
            else None
        )
        host = parts.netloc.rpartition("@")[2]
        url = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
        try:
            async with self._open().request(
                request.method,
                URL(url, encoded=True),
                data=request.body or None,
                headers=dict(request.headers),
                auth=login,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read),
            ) as answer:
                body = await answer.content.read(MAX_BODY)
                while chunk := await answer.content.read(MAX_BODY):
                    body += chunk
                    if len(body) > MAX_BODY:
                        raise ReadFailed("answer is too long")
                return HttpResponse(
                    status=answer.status,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=body,
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failure:
            raise ConnectFailed(type(failure).__name__) from failure
        except (TimeoutError, aiohttp.ClientError, OSError) as failure:
            raise ReadFailed(type(failure).__name__) from failure
        except ValueError as failure:
            raise ConnectFailed("bad URL") from failure

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
