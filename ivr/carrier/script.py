"""Scripted calls: a story in TOML, the same for tests and for ``make call SCRIPT=…``.

.. code-block:: toml

    story = "A caller presses zero and waits in the queue"
    person = "ana"                 # whose data fill {cpf}, {pin} …; optional
    caller = "+5567999990001"      # or "withheld"; default: the person's mobile
    at = 2026-11-26T02:00:00Z      # when the call begins, in tests; optional
    faults = { type_ahead = true } # fields of ivr.carrier.faults.Faults

    [[steps]]
    hears = ["greeting.welcome", "main.menu"]   # in this order, others may stand between
    absent = ["error.sorry"]                    # must not be heard in this step
    within = 60                                 # seconds on the line
    press = "0"      # or say + confidence, fale, sound, silence, record, wait, hang_up;
                     # fale = "quero senha": spoken aloud by a synthetic voice (espeak-ng),
                     # sound = "x.wav": what a file holds; both with snr = 15 (decibels over
                     # noise), after = true (not before the prompt is over); fale also with
                     # voice = "pt-br+f4" and rate = 140 (words a minute)
                     # {cpf} {pin} {wrong_pin} {sms_code} … as script_words.own_values names them

    [ends]
    by = "system"    # or "caller"
    hears = ["bye.thanks"]
    sms = ["codigo"] # words of the newest messages to the person, oldest first

    [expect]         # free: what the tests of the service compare
    outcome = "wants_person"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.carrier.media.voice import VOICE, WORDS_A_MINUTE

WITHHELD = "anonymous"
DEEDS = ("press", "say", "fale", "sound", "silence", "record", "wait", "hang_up")


class BadScript(ValueError):
    """A script that cannot be played: file, step and key of each mistake, one a line."""


class Step(BaseModel):
    """What is heard, then what the caller does. ``record`` and ``wait`` are seconds.

    ``say`` gives the carrier's recogniser the words; ``fale`` and ``sound`` put sound on the line.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hears: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    within: float = Field(default=60, gt=0, le=900)
    press: str | None = Field(default=None, pattern=r"^([0-9A-D*#]|\{[a-z_]+\})+$")
    say: str | None = Field(default=None, min_length=1)
    confidence: float = Field(default=0.9, ge=0, le=1)
    fale: str | None = Field(default=None, min_length=1, max_length=300)
    sound: str | None = Field(default=None, min_length=1)
    voice: str = Field(default=VOICE, pattern=r"^[A-Za-z][A-Za-z0-9_+-]*$")
    rate: int = Field(default=WORDS_A_MINUTE, ge=80, le=300)
    snr: float | None = Field(default=None, ge=-10, le=60)
    after: bool = False
    silence: bool = False
    record: float = Field(default=0, ge=0, le=300)
    wait: float = Field(default=0, ge=0, le=3600)
    hang_up: bool = False

    @model_validator(mode="after")
    def _one_deed(self) -> Self:
        done = [name for name in DEEDS if getattr(self, name)]
        if len(done) != 1:
            raise ValueError(f"exactly one of {', '.join(DEEDS)}; found: {', '.join(done) or '-'}")
        return self


class Ends(BaseModel):
    """How the call ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["system", "caller"]
    hears: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()
    within: float = Field(default=120, gt=0, le=900)


class Script(BaseModel):
    """A whole story."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    story: str = Field(min_length=10)
    person: str = ""
    caller: str = Field(default="", pattern=r"^(\+[1-9][0-9]{7,14}|withheld)?$")
    at: datetime | None = None
    faults: Mapping[str, Any] = Field(default_factory=dict)
    steps: tuple[Step, ...] = Field(min_length=1)
    ends: Ends
    expect: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _somebody_calls(self) -> Self:
        if not self.person and not self.caller:
            raise ValueError("person or caller is needed")
        return self


def read_script(path: Path) -> Script:
    """The script of a file. Raises :class:`BadScript`."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScript(f"{path.name}: {error}") from error
    return parse_script(data, name=path.name)


def parse_script(data: Mapping[str, Any], *, name: str) -> Script:
    """The script of parsed TOML. Raises :class:`BadScript`."""
    try:
        return Script.model_validate(data)
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in fault["loc"]) or "file"
            lines.append(f"{name}: {where}: {fault['msg']}")
        raise BadScript("\n".join(lines)) from None
