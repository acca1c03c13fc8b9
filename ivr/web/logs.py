"""Structured logs: JSON lines, static messages, fields without digits of callers or names.

The last processor is a net, not the rule: any run of four or more digits outside the carrier's
ids is blotted out before a line is written.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

_DIGITS = re.compile(r"(?<![0-9A-Za-z])\+?[0-9][0-9 .\-()]{2,}[0-9](?![0-9A-Za-z])")
_KEPT = frozenset({"timestamp", "ms", "code", "turn", "port", "seconds", "alarm"})


def blot_digits(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out digit runs in every text of a line."""
    for key, value in event.items():
        if key not in _KEPT and isinstance(value, str):
            event[key] = _DIGITS.sub("•••", value)
    return event


class StandardError:
    """Standard error as it is now. A line that cannot be written is lost, not the call."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logs(level: str) -> None:
    """JSON lines to standard error, from ``level`` on. Tracebacks come without local values."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            blot_digits,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, StandardError())),
        cache_logger_on_first_use=False,
    )
