"""Application factory, for ``flask`` commands and tests. See ``wsgi.py`` for serving."""

from __future__ import annotations

from typing import Any

from flask import Flask

from ivr.cli import add_commands
from ivr.settings import Settings
from ivr.web.factory import make_app


def create_app(settings: Settings | None = None, **overrides: Any) -> Flask:
    """The whole application with its commands. It reads its settings when it first needs them."""
    app = make_app(settings, **overrides)
    add_commands(app)
    return app
