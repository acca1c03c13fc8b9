"""What the telephone must do next: prompts by id, never text.

A step's verbs are any number of :class:`Say` followed by exactly one verb that ends the turn
(all others).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

InputMode = Literal["keys", "speech", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A prompt with the values of its placeholders."""

    prompt: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speech that no key interrupts."""

    speech: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Speak, and listen while speaking.

    ``digits`` 0 = any number, ended by ``finish`` or silence. ``timeout`` in seconds.
    ``secret`` input must not be recorded, recognised by a third party, or journalled.
    ``own_ears``: words are recognised by our own engine alone, never by the carrier's; only then
    may a secret be spoken.
    """

    speech: tuple[Utterance, ...]
    mode: InputMode = "keys"
    digits: int = 0
    finish: str = "#"
    timeout: int = 6
    hints: tuple[str, ...] = ()
    secret: bool = False
    own_ears: bool = False

    @property
    def streamed(self) -> bool:
        """Whether the caller's audio must come to our own engine."""
        return self.own_ears and self.mode != "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record the caller after a tone. ``seconds`` is the most, ``silence`` ends it sooner."""

    speech: tuple[Utterance, ...]
    seconds: int = 120
    silence: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakSecret:
    """Speak what job ``job`` made, from a one-time audio address, then take the next turn.

    The carrier must not record during this verb.
    """

    speech: tuple[Utterance, ...]
    job: str
    after: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Speak while a job runs elsewhere, then ask again."""

    speech: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """Wait in a queue for a person, at most ``max_wait`` seconds."""

    speech: tuple[Utterance, ...]
    queue: str
    max_wait: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Ring the telephone of a person. ``number`` names a setting, never a number."""

    speech: tuple[Utterance, ...]
    number: str = "agent"
    timeout: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """Say the last words and end the call."""

    speech: tuple[Utterance, ...]


Verb = Say | Gather | Record | SpeakSecret | Filler | Enqueue | Dial | Hangup
EndingVerb = Gather | Record | SpeakSecret | Filler | Enqueue | Dial | Hangup
