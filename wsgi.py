"""Entry points for gunicorn: ``wsgi:application`` serves webhooks, pages and, by default, the event
stream; ``wsgi:live`` serves the event stream alone."""

from __future__ import annotations

from ivr.settings import SettingsError, read_settings
from ivr.web.factory import make_app, start
from ivr.web.live_app import make_live_app
from ivr.web.startup import StartupError, check_speech, check_startup

application = make_app()

try:
    _settings = read_settings()
    _runtime = start(application, _settings)
    check_startup(application)
    check_speech(_runtime, _settings)
except (SettingsError, StartupError) as error:
    raise SystemExit(f"cannot start:\n{error}") from None

live = make_live_app(application)
