"""What the person at the terminal types, and what it means."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TextIO

HELP = (
    ("12#", "tecla; espaços, pontos e hífens não contam"),
    ("quero uma senha", "fala; com “fala: 1 2 3 @0.62”, também números e a certeza da escuta"),
    ("{cpf} {pin}# {sms_code}", "dados da pessoa que liga, em tecla ou fala"),
    (".", "não diz nada"),
    ("desligar", "desliga (também Ctrl-D ou Ctrl-C)"),
    ("/pessoas", "as pessoas inventadas"),
    ("/sms", "as mensagens desta ligação"),
    ("/salvar x.toml", "guarda a ligação até aqui como roteiro, sem dados da pessoa"),
    ("/ajuda", "isto"),
)
CONFIDENCE = 0.9
_SPEECH = re.compile(
    r"(?P<said>fala\s*:)?\s*(?P<text>.*?)(\s*@(?P<confidence>[01]([.,][0-9]+)?))?",
    re.IGNORECASE | re.DOTALL,
)
_KEYS = re.compile(r"([0-9*#]|\{[a-z_]+\})+")


class NotUnderstood(ValueError):
    """``str()`` is a line for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """``keys`` may hold placeholders."""

    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    text: str
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """``at_once``: without waiting until the service listens."""

    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``name`` without the slash."""

    name: str
    argument: str = ""


Typed = Press | Speak | Silence | HangUp | Command


def read_typed(line: str) -> Typed | None:
    """None for an empty line. Raises :class:`NotUnderstood`."""
    text = line.strip()
    if not text:
        return None
    if text == ".":
        return Silence()
    if text.casefold() == "desligar":
        return HangUp()
    if text.startswith("/"):
        name, _, argument = text[1:].partition(" ")
        return Command(name=name.casefold(), argument=argument.strip())
    keys = re.sub(r"[\s.\-]", "", text)
    if _KEYS.fullmatch(keys):
        return Press(keys=keys)
    found = _SPEECH.fullmatch(text)
    words = found["text"].strip() if found else ""
    if found is None or not words or not (found["said"] or re.search(r"[^\W\d_]", words)):
        raise NotUnderstood("Não entendi. /ajuda mostra o que se pode escrever.")
    confidence = float((found["confidence"] or str(CONFIDENCE)).replace(",", "."))
    if confidence > 1:
        raise NotUnderstood("A certeza da escuta vai de 0 a 1.")
    return Speak(text=words, confidence=confidence)


class Lines:
    """Lines from a keyboard (with editing and history) or from a pipe, read beside the loop."""

    def __init__(self, source: TextIO) -> None:
        self.keyboard = source.isatty()
        self._source = source
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._ended = False

    def start(self, prompt: str) -> None:
        """Begin to read, in the running loop."""
        loop = asyncio.get_running_loop()

        def put(line: str | None) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._queue.put_nowait, line)

        reader = self._type if self.keyboard else self._pipe
        threading.Thread(target=reader, args=(prompt, put), daemon=True).start()

    async def next(self) -> str | None:
        """The next line; None at the end of the input, and ever after."""
        line = None if self._ended else await self._queue.get()
        self._ended = line is None
        return line

    def say(self, line: str | None) -> None:
        """As if it had been typed."""
        self._queue.put_nowait(line)

    def _type(self, prompt: str, put: Callable[[str | None], None]) -> None:
        with suppress(ImportError):
            import readline  # noqa: F401  (input() edits lines with it)
        while True:
            try:
                put(input(prompt))
            except (EOFError, ValueError, OSError):
                put(None)
                return

    def _pipe(self, prompt: str, put: Callable[[str | None], None]) -> None:
        with suppress(ValueError, OSError):
            for line in self._source:
                put(line)
        put(None)


@contextmanager
def terminal_kept(source: TextIO) -> Iterator[None]:
    """Leave the terminal as it was, whatever an unfinished line left behind."""
    try:
        import termios

        before = termios.tcgetattr(source.fileno())
    except (ImportError, OSError, ValueError, termios.error):
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(source.fileno(), termios.TCSADRAIN, before)
