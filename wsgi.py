"""Entry points for gunicorn: ``wsgi:application`` serves webhooks and pages."""

from __future__ import annotations

from ivr.settings import SettingsError, read_settings
from ivr.web.factory import make_app, start
from ivr.web.startup import StartupError, check_startup

application = make_app()

try:
    _runtime = start(application, read_settings())
    check_startup(application)
except (SettingsError, StartupError) as error:
    raise SystemExit(f"cannot start:\n{error}") from None
