"""The ``flask`` commands: one line and a non-zero code when one cannot do its work."""

from __future__ import annotations

from flask import Flask

from ivr.cli.agents import agents
from ivr.cli.api import api
from ivr.cli.audit import audit
from ivr.cli.database import db, demo
from ivr.cli.desk import desk
from ivr.cli.directory import directory
from ivr.cli.flows import flows
from ivr.cli.pins import pins
from ivr.cli.privacy import privacy
from ivr.cli.prompts import prompts
from ivr.cli.retention import retention
from ivr.cli.speech import speech
from ivr.cli.webhooks import webhooks
from ivr.cli.work import worker


def add_commands(app: Flask) -> None:
    """Add every command of the project to the application's CLI."""
    for command in (
        agents,
        api,
        audit,
        db,
        demo,
        desk,
        directory,
        flows,
        pins,
        privacy,
        prompts,
        retention,
        speech,
        webhooks,
        worker,
    ):
        app.cli.add_command(command)
