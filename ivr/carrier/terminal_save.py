"""Writes the call so far as a script, with placeholders where the person's own data stood."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.carrier.events import (
    GatherEnded,
    HungUp,
    LineEvent,
    PlayStarted,
    RecordEnded,
    RecordStarted,
)
from ivr.carrier.script_texts import Texts
from ivr.carrier.script_words import prompt_of, protocol_in

LONG_RUN = 6
"""So many digits in a row may be somebody's: they are never written as they are."""
SHORT_RUN = 3
"""So many digits may be a part of a secret, and are looked at."""
CPF_DIGITS = 11
WITHIN = 60.0
NO_WORD = "…"
"""Stands for speech of nothing but braces, which a script would take for a placeholder."""
_WORDS = {
    "zero": "0",
    "um": "1",
    "uma": "1",
    "dois": "2",
    "duas": "2",
    "três": "3",
    "tres": "3",
    "quatro": "4",
    "cinco": "5",
    "seis": "6",
    "meia": "6",
    "sete": "7",
    "oito": "8",
    "nove": "9",
}


@dataclass
class _Did:
    """One step. ``deed`` and ``value`` as the script says them."""

    hears: list[str]
    seconds: float
    deed: str
    value: Any
    confidence: float | None = None


@dataclass
class Recorder:
    """Follows the line; is told what the caller does.

    ``codes``: one-time codes that have come. ``public``: digits that may stand as they are.
    """

    codes: Callable[[], list[str]]
    public: frozenset[str] = frozenset()
    now: Callable[[], float] = time.monotonic
    person: Mapping[str, Any] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)
    _steps: list[_Did] = field(default_factory=list)
    _heard: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _since: float | None = None
    _same_gather: bool = False
    _recording: bool = False
    _ended_by: str = ""

    def see(self, event: LineEvent) -> None:
        if self._since is None:
            self._since = self.now()
        if isinstance(event, PlayStarted):
            for piece in self.texts.pieces_of(event):
                self._hear(piece)
        elif isinstance(event, GatherEnded):
            self._same_gather = False
        elif isinstance(event, RecordStarted | RecordEnded):
            self._recording = isinstance(event, RecordStarted)
        elif isinstance(event, HungUp) and not self._ended_by:
            self._ended_by = "caller" if event.by == "caller" else "system"

    def _hear(self, piece: str) -> None:
        prompt = prompt_of(piece)
        self._pieces.append(piece)
        if prompt and (not self._heard or self._heard[-1] != prompt):
            self._heard.append(prompt)

    def pressed(self, keys: str) -> None:
        """Keys that go on with the keys before them are one step with them."""
        if self._same_gather and self._steps and self._steps[-1].deed == "press":
            self._steps[-1].value += keys
            return
        self._did("press", keys)
        self._same_gather = True

    def spoke(self, text: str, confidence: float, seconds: float) -> None:
        if self._recording:
            self._did("record", round(max(1.0, seconds), 1))
        else:
            self._did("say", text, confidence)

    def silent(self) -> None:
        self._did("silence", True)

    def hung_up(self) -> None:
        self._did("hang_up", True)

    def _did(self, deed: str, value: Any, confidence: float | None = None) -> None:
        self._same_gather = False
        seconds = self.now() - (self._since if self._since is not None else self.now())
        self._steps.append(
            _Did(
                hears=self._heard,
                seconds=seconds,
                deed=deed,
                value=value,
                confidence=confidence,
            )
        )
        self._heard, self._since = [], self.now()

    def toml(self, *, caller: str) -> str:
        """The script. ``caller`` is the number that called, or ``withheld``."""
        steps, ended_by, heard = list(self._steps), self._ended_by, self._heard
        if not ended_by and not (steps and steps[-1].deed == "hang_up"):
            steps.append(_Did(hears=heard, seconds=0, deed="hang_up", value=True))
            heard = []
        elif not steps:
            steps.append(_Did(hears=heard, seconds=0, deed="silence", value=True))
            heard = []
        ends = "caller" if steps[-1].deed == "hang_up" else ended_by
        known = str(self.person.get("key") or "")
        lines = [f"story = {_text(f'A call from the terminal by {known or caller}')}"]
        if known:
            lines.append(f"person = {_text(known)}")
        if not known or caller != self.person.get("mobile"):
            lines.append(f"caller = {_text(caller)}")
        for step in steps:
            lines += ["", "[[steps]]", *self._step(step)]
        lines += ["", "[ends]", f"by = {_text(ends or 'system')}"]
        if heard:
            lines.append(f"hears = {_list(heard)}")
        return "\n".join(lines) + "\n"

    def _step(self, step: _Did) -> list[str]:
        lines = [f"hears = {_list(step.hears)}"] if step.hears else []
        if step.seconds > WITHIN / 2:
            lines.append(f"within = {min(900, round(step.seconds * 2))}")
        if step.deed == "press":
            lines.append(f"press = {_text(self._without_data(step.value))}")
        elif step.deed == "say":
            lines.append(f"say = {_text(self._words_without_data(step.value) or NO_WORD)}")
            if step.confidence is not None:
                lines.append(f"confidence = {step.confidence:g}")
        else:
            value = "true" if step.value is True else f"{step.value:g}"
            lines.append(f"{step.deed} = {value}")
        return lines

    def _data(self) -> list[tuple[str, str]]:
        """Digits → placeholder, the longest first."""
        known = [
            (str(self.person.get(name) or ""), f"{{{name}}}")
            for name in ("cpf", "pin", "matricula")
        ]
        known.append((str(self.person.get("mobile") or "").removeprefix("+55"), "{mobile_keys}"))
        known.append((protocol_in(self._pieces), "{protocol}"))
        known += [(code, "{sms_code}") for code in self.codes()]
        return sorted(
            ((digits, name) for digits, name in known if digits), key=lambda pair: -len(pair[0])
        )

    def _without_data(self, keys: str) -> str:
        """``keys`` with a placeholder for each value, and for what may be a mistyped one."""
        parts = re.split(r"(\{[a-z_]+\})", keys)
        for digits, name in self._data():
            parts = [
                new
                for part in parts
                for new in (
                    [part]
                    if part.startswith("{")
                    else re.split(r"(\{[a-z_]+\})", part.replace(digits, name))
                )
            ]
        return "".join(part if part.startswith("{") else self._hide(part) for part in parts)

    def _hide(self, keys: str) -> str:
        secrets = [str(self.person.get("pin") or ""), *self.codes()]

        def hidden(match: re.Match[str]) -> str:
            run = match[0]
            if run in self.public:
                return run
            if len(run) >= LONG_RUN:
                return "{bad_cpf}" if len(run) == CPF_DIGITS else "{wrong_pin}"
            return "12345"[: len(run)] if any(run in secret for secret in secrets) else run

        return re.sub(rf"[0-9]{{{SHORT_RUN},}}", hidden, keys)

    def _words_without_data(self, text: str) -> str:
        """The same for speech: digits may be spoken as words."""
        password = str(self.person.get("password") or "")
        if password:
            text = text.replace(password, "{password}")
        out: list[str] = []
        run: list[str] = []
        for word in [*re.findall(r"\{[a-z_]+\}|[^\s{}]+", text), ""]:
            bare = word.strip(".,;:!?-").casefold()
            digits = _WORDS.get(bare) or (re.sub(r"\D", "", word) if _numeric(word) else "")
            if digits:
                run.append(word)
                continue
            out += self._spoken_run(run)
            run = []
            if word:
                out.append(word)
        return " ".join(out)

    def _spoken_run(self, run: list[str]) -> list[str]:
        said = "".join(
            _WORDS.get(word.strip(".,;:!?-").casefold()) or re.sub(r"\D", "", word) for word in run
        )
        shown = self._without_data(said)
        return run if shown == said else [shown]


def _numeric(word: str) -> bool:
    return re.fullmatch(r"[0-9.,;:!?\-/]*[0-9][0-9.,;:!?\-/]*", word) is not None


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: list[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"
