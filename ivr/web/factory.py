"""The Flask application, and what it needs before it may serve."""

from __future__ import annotations

import threading
import traceback
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, request
from flask_babel import Babel
from flask_wtf import CSRFProtect

from ivr import bootstrap
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.signature import Signatures, public_origin
from ivr.adapters.twilio.twiml import SayVoice, Voice
from ivr.service.runtime import Runtime
from ivr.settings import Settings, read_settings
from ivr.web import (
    admin_pages,
    agent_pages,
    api,
    audio,
    board,
    call_back,
    callbacks,
    calls_pages,
    door,
    erased_marks,
    flows_pages,
    health,
    home,
    http_errors,
    live,
    media,
    metrics_page,
    owner,
    owner_oidc,
    receipt,
    reports,
    reset,
    room,
    staff_account,
    staff_login,
    staff_menu,
    staff_oidc,
    supervision,
    third_legs,
    tickets,
    transcripts,
    voice,
)
from ivr.web.edge import Edge
from ivr.web.headers import send_security_headers
from ivr.web.logs import configure_logs
from ivr.web.prompt_voice import own_voice
from ivr.web.public_facts import CONFIG_KEY
from ivr.web.route_rule import RuleBuiltLater

log = structlog.get_logger("ivr.web")


class Application(Flask):
    """Tells of an error without the request's path, which may hold a one-time token, and without
    the error's text, which may hold anything."""

    url_rule_class = RuleBuiltLater

    def log_exception(self, exc_info: Any) -> None:
        kind, _, trace = exc_info
        where = traceback.format_tb(trace)[-4:]
        error = kind.__name__ if kind else ""
        log.error("page failed", endpoint=request.endpoint, error=error, where=where)


def make_app(settings: Settings | None = None, **overrides: Any) -> Flask:
    """An application that builds its runtime on first need; see :func:`start`.

    ``overrides`` go to :func:`ivr.bootstrap.build`.
    """
    app = Application("ivr.web", root_path=str(Path(__file__).parent))
    Babel(app, default_locale="pt_BR", default_timezone="America/Campo_Grande")
    lock = threading.Lock()

    @app.before_request
    def need_runtime() -> None:
        if "ivr" not in app.extensions:
            with lock:
                if "ivr" not in app.extensions:
                    start(app, settings or read_settings(), **overrides)

    csrf = CSRFProtect()
    csrf.init_app(app)
    signed = (api.bp, voice.bp, room.bp, call_back.bp, third_legs.bp, media.bp)
    for blueprint in (*signed, audio.bp, health.bp):
        csrf.exempt(blueprint)
    for module in (
        api,
        voice,
        room,
        call_back,
        third_legs,
        media,
        audio,
        health,
        metrics_page,
        home,
        reset,
        receipt,
        owner,
        owner_oidc,
        staff_login,
        staff_account,
        staff_oidc,
        tickets,
        calls_pages,
        callbacks,
        transcripts,
        reports,
        board,
        supervision,
        agent_pages,
        flows_pages,
        admin_pages,
    ):
        app.register_blueprint(module.bp)
    live.attach(app)
    http_errors.attach(app)
    staff_menu.attach(app)
    erased_marks.attach(app)
    send_security_headers(app)
    metrics_page.count_requests(app)
    return app


def start(app: Flask, settings: Settings, **overrides: Any) -> Runtime:
    """Build the runtime now. Raises what :func:`ivr.bootstrap.build` raises."""
    configure_logs(settings.ivr_log_level)
    rt = bootstrap.build(settings, **overrides)
    secure = settings.public_url.startswith("https:")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        PUBLIC_URL=settings.public_url,
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="__Host-ivr" if secure else "ivr",
        WTF_CSRF_TIME_LIMIT=None,
        # Our pages send no Referer, which the library would ask for over TLS; the token and the
        # SameSite cookie stand without it.
        WTF_CSRF_SSL_STRICT=False,
        **{CONFIG_KEY: rt.catalogue, door.MUST_ENROL: settings.staff_must_enrol},
    )
    app.config.update(
        {
            staff_oidc.NAME: settings.ivr_oidc_name if settings.ivr_oidc_issuer else "",
            staff_oidc.ISSUER: settings.ivr_oidc_issuer,
            owner_oidc.NAME: settings.ivr_owner_oidc_name,
            owner_oidc.ISSUER: settings.ivr_owner_oidc_issuer,
            metrics_page.TOKEN: settings.ivr_metrics_token,
            metrics_page.NETWORKS: settings.ivr_metrics_networks,
            metrics_page.FOLDER: str(settings.ivr_var),
            agent_pages.PHONE_KEYS: agent_pages.phone_keys(settings),
        }
    )
    app.extensions[owner_oidc.PROVIDER] = bootstrap.owner_identity_provider(settings, rt.clock)
    app.extensions[staff_oidc.PROVIDER] = bootstrap.identity_provider(settings, rt.clock)
    app.extensions["ivr.edge"] = make_edge(settings, rt)
    app.extensions["ivr"] = rt
    media.prepare(app, settings, rt)
    return rt


def make_edge(settings: Settings, rt: Runtime) -> Edge:
    """The edge of these settings."""
    tokens = [settings.twilio_auth_token]
    if settings.twilio_auth_token_secondary:
        tokens.append(settings.twilio_auth_token_secondary)
    numbers = {"agent": settings.ivr_agent_number} if settings.ivr_agent_number else {}
    sender = settings.ivr_number
    return Edge(
        account_sid=settings.twilio_account_sid,
        public_url=public_origin(settings.public_url),
        signatures=Signatures(tokens),
        links=Links(settings.public_url),
        voice=make_voice(settings, rt),
        audio_dir=settings.audio_dir,
        numbers=numbers,
        caller_id=sender if sender.startswith("+") else None,
    )


def make_voice(settings: Settings, rt: Runtime) -> Voice:
    """Own audio piece by piece; a prompt whose audio is missing is said by the carrier."""
    say = SayVoice(words=rt.prompts.words, voice=settings.ivr_say_voice)
    if settings.ivr_prompt_mode == "say":
        return say
    origin = public_origin(settings.public_url)
    return own_voice(rt.prompts, settings.audio_dir, origin=origin, say=say)
