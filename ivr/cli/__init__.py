"""The ``flask`` commands: one line and a non-zero code when one cannot do its work."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

MODULES = {
    "agents": "agents",
    "api": "api",
    "audit": "audit",
    "db": "database",
    "demo": "database",
    "desk": "desk",
    "directory": "directory",
    "flows": "flows",
    "pins": "pins",
    "privacy": "privacy",
    "prompts": "prompts",
    "retention": "retention",
    "speech": "speech",
    "webhooks": "webhooks",
    "worker": "work",
}
"""Where each command is; a module is loaded when its command is asked for."""


class Commands(AppGroup):
    """The project's commands, beside those that were added one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in order."""
        return sorted({*super().list_commands(ctx), *MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None when there is none of this name."""
        module = MODULES.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        found: Any = getattr(import_module(f"ivr.cli.{module}"), cmd_name)
        assert isinstance(found, click.Command)
        return found


def add_commands(app: Flask) -> None:
    """Add every command of the project to the application's CLI."""
    app.cli = Commands(app.name)
