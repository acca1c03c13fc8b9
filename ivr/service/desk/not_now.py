"""What the desk answers to who asks for something that is not possible now."""

from __future__ import annotations


class NotNowError(Exception):
    """The desk's state does not allow it. ``reason``: a word for the screen's catalogue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
