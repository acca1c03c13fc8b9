"""Keys of one question, collected by the rules of a Gather.

Source: twilio.com/docs/voice/twiml/gather.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.flow.events import Digits, NoInput

MOST_KEYS = 32
"""As the webhook takes them; more end the input."""


@dataclass(slots=True, kw_only=True)
class KeyCollector:
    """``digits`` 0: any number. ``finish``: the key that ends the input, or empty."""

    digits: int
    finish: str
    _value: str = field(default="", repr=False)

    @property
    def begun(self) -> bool:
        """Whether a key counts already."""
        return bool(self._value)

    def press(self, key: str) -> Digits | NoInput | None:
        """The event when this key ends the input. The finishing key alone is no input."""
        if self.finish and key == self.finish:
            return Digits(value=self._value, ended_by=key) if self._value else NoInput()
        self._value += key
        if len(self._value) in (self.digits, MOST_KEYS):
            return Digits(value=self._value)
        return None

    def timed_out(self) -> Digits | NoInput:
        """The event when no other key comes."""
        return Digits(value=self._value) if self._value else NoInput()
