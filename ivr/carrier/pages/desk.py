"""What all handlers of the telephone page share."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from ivr.carrier.call import Call
from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.captions import Captions, origin_of
from ivr.carrier.pages.sounds import Shelf, tones

NUMBER = "+556733183600"
"""What the page dials unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One exchange with its captions and sounds."""

    exchange: Exchange
    captions: Captions
    shelf: Shelf
    tones: dict[str, bytes]

    @property
    def service(self) -> str:
        """Address of the service that answers the calls, without path."""
        return origin_of(self.exchange.route.voice.url)

    def call(self, request: web.Request) -> Call:
        """The call that the address names. Raises 404."""
        call = self.exchange.calls.get(request.match_info["sid"])
        if call is None:
            raise refused(404, "Esta chamada não existe.")
        return call


DESK = web.AppKey("phone_desk", Desk)


def make_desk(exchange: Exchange) -> Desk:
    return Desk(
        exchange=exchange,
        captions=Captions(exchange.transport),
        shelf=Shelf(exchange),
        tones=tones(),
    )


_REFUSALS: dict[int, type[web.HTTPClientError]] = {
    400: web.HTTPBadRequest,
    404: web.HTTPNotFound,
    409: web.HTTPConflict,
    415: web.HTTPUnsupportedMediaType,
}


def refused(status: int, words: str) -> web.HTTPClientError:
    """An error answer with words for a person."""
    body = web.json_response({"error": words}).body
    return _REFUSALS[status](body=body, content_type="application/json")  # type: ignore[call-arg]


async def json_of(request: web.Request) -> object:
    """The JSON body. Raises 415 and 400."""
    if request.content_type != "application/json":
        raise refused(415, "Aqui só entra JSON.")
    try:
        return await request.json()
    except ValueError:
        raise refused(400, "Isto não é JSON.") from None
