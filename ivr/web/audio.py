"""The prompts' audio, and the one-time audio of a temporary password."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, send_from_directory
from flask.typing import ResponseReturnValue

from ivr.adapters.speech.prompt_files import MANIFEST
from ivr.adapters.speech.secret_audio import SecretAudioError, secret_audio
from ivr.ports.store import StoreUnavailableError
from ivr.service.secrets_spoken import could_not_be_said, password_of
from ivr.web.edge import edge, runtime

bp = Blueprint("audio", __name__)

A_YEAR = 31_536_000
_PIECE = re.compile(r"[a-z0-9_~-]+(\.[a-z0-9_~-]+)*")


@bp.get("/prompts/<piece>.wav")
def prompt(piece: str) -> ResponseReturnValue:
    """Telephone audio of a piece. Its address changes with its content, so it may be kept."""
    if _PIECE.fullmatch(piece) is None:
        abort(404)
    answer = send_from_directory(edge().audio_dir, f"{piece}.wav", max_age=A_YEAR)
    answer.headers["Content-Type"] = "audio/wav"
    answer.cache_control.no_cache = None
    answer.cache_control.public = True
    answer.cache_control.immutable = True
    return answer


@bp.get("/prompts/manifest.json")
def manifest() -> ResponseReturnValue:
    """Text and length of every piece: public words, for telephones that show them."""
    return send_from_directory(edge().audio_dir, MANIFEST, max_age=0)


@bp.get("/audio/secret/<token>.wav")
def spelled_password(token: str) -> ResponseReturnValue:
    """A temporary password, spelled twice. Gone once the call went on."""
    password = password_of(runtime(), token)
    if password is None:
        abort(404)
    try:
        sound = secret_audio(edge().audio_dir, list(password))
    except SecretAudioError:
        could_not_be_said(runtime(), token)
        abort(404)
    return Response(sound, content_type="audio/wav", headers={"Cache-Control": "no-store"})


@bp.errorhandler(StoreUnavailableError)
def no_database(error: StoreUnavailableError) -> ResponseReturnValue:
    """No sound now: the carrier goes to the fallback address, where a person is."""
    return Response(status=404, headers={"Cache-Control": "no-store"})
