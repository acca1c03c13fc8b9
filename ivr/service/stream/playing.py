"""What the carrier plays to the caller, told by the marks that come back."""

from __future__ import annotations

GRACE_MS = 5_000
"""After a prompt's own length its mark counts as come: a carrier that loses marks must not keep
a caller waiting for ever."""


class Playing:
    """One run of prompts. ``mark``: the name of the mark behind it; ``ms``: its length."""

    def __init__(self, mark: str, *, ms: float, at: float) -> None:
        self.mark = mark
        self._latest = at + ms + GRACE_MS
        self.over = False

    def reached(self, name: str) -> bool:
        """Whether this mark ends the run. A mark of an earlier run says nothing."""
        if self.over or name != self.mark:
            return False
        self.over = True
        return True

    def overdue(self, at: float) -> bool:
        """Whether the mark should have come long ago; then the run is over."""
        if self.over or at < self._latest:
            return False
        self.over = True
        return True

    def cut(self) -> None:
        """The rest will not be played."""
        self.over = True
