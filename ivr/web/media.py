"""``/voice/media``: the carrier's media streams, where our own engine listens.

Source: twilio.com/docs/voice/media-streams; RFC 6455.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from websockets.datastructures import Headers
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from ivr.adapters.twilio.signature import signed_websocket_url
from ivr.flow.events import Event
from ivr.service.runtime import Runtime
from ivr.service.streams import StreamTurn, open_stream, take_stream_turn
from ivr.settings import Settings
from ivr.web.edge import edge, runtime
from ivr.web.live_socket import can_leave, take_away
from ivr.web.media_sounds import PromptSounds
from ivr.web.media_streams import MediaStreams
from ivr.web.voice import document_of

if TYPE_CHECKING:
    from ivr.ports.speech import Recogniser

log = structlog.get_logger("ivr.media")

bp = Blueprint("media", __name__)

PATH = "/voice/media"
STREAMS = "ivr.media"
SWITCHING = 101


@bp.get(PATH)
@bp.get(PATH, websocket=True)
def stream() -> ResponseReturnValue:
    """The handshake. 403 without the carrier's signature, 404 when nobody listens here, 503 when
    there is no place: the carrier then goes on to ``/voice/resume``."""
    here = edge()
    streams: MediaStreams | None = current_app.extensions.get(STREAMS)
    url = signed_websocket_url(here.public_url, request.environ)
    header = request.headers.get("X-Twilio-Signature")
    if not here.signatures.check_websocket(url=url, header=header):
        log.warning("media stream refused", why="signature")
        return Response(status=403)
    if streams is None:
        return Response(status=404)
    status, head = handshake()
    if status != SWITCHING:
        log.warning("media stream refused", why="handshake", code=status)
        return Response(status=status)
    if not can_leave(request.environ) or not _place(streams):
        log.warning("media stream refused", why="no place")
        return Response(status=503, headers={"Retry-After": "1"})
    try:
        sock = take_away(request.environ)
    except OSError:
        streams.release()
        log.warning("media stream refused", why="connection gone")
        return Response(status=503)
    streams.take(sock, head)
    return Response(status=200, headers={"Connection": "close"})


def _place(streams: MediaStreams) -> bool:
    """Whether there is a place, and an engine: a model that is gone leaves the calls their keys."""
    try:
        return streams.reserve()
    except Exception as error:
        log.error("recogniser not opened", error=type(error).__name__)
        return False


def handshake() -> tuple[int, bytes]:
    """Status and head of the answer to the current request (RFC 6455 §4.2)."""
    headers = Headers()
    for name, value in request.headers.items():
        headers[name] = value
    protocol = ServerProtocol()
    answer = protocol.accept(
        Handshake(
            path=request.path,
            headers=headers,
            method=request.method,
            protocol=str(request.environ.get("SERVER_PROTOCOL", "")),
        )
    )
    return answer.status_code, answer.serialize()


class AppTurns:
    """The turns of an application's calls, on threads that serve no request."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def open(self, *, sid: str, turn: int, token: str) -> StreamTurn | None:
        with self._app.app_context():
            return open_stream(runtime(), sid=sid, turn=turn, token=token)

    def take(self, *, sid: str, turn: int, event: Event) -> StreamTurn | None:
        with self._app.app_context():
            render = document_of(sid)
            return take_stream_turn(runtime(), sid=sid, turn=turn, event=event, render=render)


def prepare(app: Flask, settings: Settings, rt: Runtime) -> None:
    """Make the streams of an application; none unless our own engine listens."""
    if settings.ivr_speech != "vosk":
        return
    app.extensions[STREAMS] = MediaStreams(
        turns=AppTurns(app),
        sounds=PromptSounds(settings.audio_dir, prompts=rt.prompts),
        recogniser=partial(recogniser_of, settings),
        account_sid=settings.twilio_account_sid,
        most=settings.ivr_media_streams,
        speed=settings.ivr_media_speed,
        show=settings.ivr_directory == "demo",
    )


def recogniser_of(settings: Settings) -> Recogniser:
    """Our engine on the model of the settings, which was tried when the service started
    (:func:`ivr.web.startup.check_speech`). Raises ModelError."""
    from ivr.adapters.speech.vosk import VoskRecogniser
    from ivr.adapters.speech.vosk_model import read_folder

    folder = read_folder(settings.ivr_speech_model.resolve(), demo=settings.ivr_directory == "demo")
    return VoskRecogniser(folder)
