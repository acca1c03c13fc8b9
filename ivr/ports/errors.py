"""Errors of the outside world, as the service understands them."""

from __future__ import annotations


class PortError(Exception):
    """An outside system could not do what was asked.

    ``permanent``: another try is of no use. ``unknown_outcome``: it may have been done.
    ``reason`` is a word for the journal and the log, never personal data.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, unknown_outcome: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unknown_outcome = unknown_outcome
