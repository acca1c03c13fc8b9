"""The ``flask`` commands: one line and a non-zero code when one cannot do its work."""

from __future__ import annotations

from flask import Flask

from ivr.cli.database import db, demo
from ivr.cli.directory import directory
from ivr.cli.flows import flows
from ivr.cli.pins import pins
from ivr.cli.prompts import prompts
from ivr.cli.work import worker


def add_commands(app: Flask) -> None:
    """Add every command of the project to the application's CLI."""
    for command in (db, demo, directory, flows, pins, prompts, worker):
        app.cli.add_command(command)
