"""Errors that a command's user meets: one line each, no traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from ivr.bootstrap import DataFileError
from ivr.domain.data_faults import DataFaultError
from ivr.domain.prompts.errors import CatalogueError
from ivr.flow.load import FlowDefectsError
from ivr.ports.store import StoreUnavailableError
from ivr.settings import SettingsError

P = ParamSpec("P")
R = TypeVar("R")

EXPECTED = (
    SettingsError,
    FlowDefectsError,
    CatalogueError,
    DataFaultError,
    DataFileError,
    StoreUnavailableError,
)


def tells_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that an operator can mend into messages."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except EXPECTED as error:
            raise click.ClickException(str(error)) from None

    return wrapped
