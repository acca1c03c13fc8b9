"""Entry points for gunicorn: ``wsgi:application`` serves webhooks, pages and, by default, the event
stream and the media streams; ``wsgi:live`` serves the event stream alone, ``wsgi:media`` the media
streams alone."""

from __future__ import annotations

import gc
import sys

# A thread that computes (a page of a console) gives the interpreter up to one that waits (a
# webhook) after half a millisecond instead of five.
sys.setswitchinterval(0.0005)

# Nothing that is made from here to the end is ever garbage: looking for some, again and again while
# so much is made, would take a tenth of the start.
gc.disable()

# ruff: noqa: E402
from ivr.settings import SettingsError, read_settings
from ivr.web.factory import make_app, start
from ivr.web.live_app import make_live_app
from ivr.web.media_app import make_media_app
from ivr.web.startup import StartupError, check_speech, check_startup, ready_to_fork

application = make_app()

try:
    _settings = read_settings()
    _runtime = start(application, _settings)
    check_startup(application)
    check_speech(_runtime, _settings)
except (SettingsError, StartupError) as error:
    raise SystemExit(f"cannot start:\n{error}") from None

live = make_live_app(application)
media = make_media_app(application)

ready_to_fork(_runtime)
gc.freeze()
gc.enable()
