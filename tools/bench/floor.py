"""The application with a floor beside it, for gunicorn: ``tools.bench.floor:application``.
On SQLite.

The floor does what no webhook can do without: it checks the signature, commits one row with the
same durability, and answers a static document.
"""

from __future__ import annotations

import itertools
import os
import threading

from flask import Flask, Response, abort, request

from ivr.adapters.twilio.signature import signed_url
from ivr.adapters.twilio.twiml import CONTENT_TYPE
from ivr.settings import read_settings
from ivr.web.edge import edge
from ivr.web.factory import make_app, start

STATIC = b'<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'
_numbers = itertools.count()
_writing = threading.Lock()


def with_floor() -> Flask:
    """The real application plus ``POST /floor``."""
    app = make_app()
    rt = start(app, read_settings())
    engine = rt.store.engine  # type: ignore[attr-defined]
    raw = engine.raw_connection()
    raw.cursor().execute("CREATE TABLE IF NOT EXISTS floor (pid INT, n INT, body TEXT)")
    raw.commit()
    raw.close()

    @app.post("/floor")
    def floor() -> Response:
        here = edge()
        url = signed_url(here.public_url, request.environ)
        header = request.headers.get("X-Twilio-Signature")
        if not here.signatures.check(url=url, form=request.form, header=header):
            abort(403)
        with _writing:  # as the store does: waiting in SQLite's own busy handler is slower
            pooled = engine.raw_connection()
            cursor = pooled.cursor()
            cursor.execute(
                "INSERT INTO floor VALUES (?, ?, ?)",
                (os.getpid(), next(_numbers), request.form["CallSid"]),
            )
            pooled.commit()
            pooled.close()
        return Response(STATIC, content_type=CONTENT_TYPE)

    app.extensions["csrf"].exempt(floor)
    return app


application = with_floor()
