"""The event stream as a service of its own."""

from __future__ import annotations

from flask import Flask

from ivr.web import health, live
from ivr.web.headers import send_security_headers


def make_live_app(application: Flask) -> Flask:
    """``/eventos`` and the health addresses over the runtime, the log-ins and the streams of an
    application that has been started."""
    app = Flask("ivr.web.live_app", static_folder=None)
    app.config.from_mapping(application.config)
    for key in ("ivr", "ivr.edge"):
        if key in application.extensions:
            app.extensions[key] = application.extensions[key]
    app.register_blueprint(health.bp)
    live.attach(app)
    send_security_headers(app)
    return app
