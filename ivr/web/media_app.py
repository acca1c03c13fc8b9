"""The media streams as a service of their own."""

from __future__ import annotations

from flask import Flask

from ivr.web import health, media
from ivr.web.headers import send_security_headers


def make_media_app(application: Flask) -> Flask:
    """``/voice/media`` and the health addresses over the runtime and the streams of an application
    that has been started."""
    app = Flask("ivr.web.media_app", static_folder=None)
    app.config.from_mapping(application.config)
    for key in ("ivr", "ivr.edge", media.STREAMS):
        if key in application.extensions:
            app.extensions[key] = application.extensions[key]
    app.register_blueprint(health.bp)
    app.register_blueprint(media.bp)
    send_security_headers(app)
    return app
