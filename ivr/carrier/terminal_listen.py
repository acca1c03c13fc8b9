"""What the terminal makes of the events of a line: words, notes, and whether it may go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ivr.carrier.events import (
    Bridged,
    Enqueued,
    GatherEnded,
    GatherStarted,
    HungUp,
    LeftQueue,
    LineClosed,
    LineEvent,
    MarkReached,
    PlayFinished,
    PlayStarted,
    RecordEnded,
    RecordStarted,
    StatusChanged,
    StreamEnded,
    Unbridged,
    Warned,
)
from ivr.carrier.script_texts import Texts
from ivr.carrier.terminal_screen import Screen
from ivr.carrier.terminal_words import Utterances

BETWEEN_PIECES = 0.5
"""Seconds without a sound after which an utterance is whole."""
UNDERSTOOD = "ouvi:"
"""Begins the name of a mark by which a service in test says what it understood."""
_QUEUE_RESULTS = {
    "bridged": "alguém atendeu",
    "hangup": "desligou na fila",
    "leave": "saiu",
    "redirected": "saiu da fila",
    "redirected-from-bridged": "foi transferida",
    "queue-full": "a fila está cheia",
    "system-error": "a fila falhou",
    "error": "a fila falhou",
}


class Ear:
    """``listens``: the service waits for the caller since this was last cleared, in a media stream
    when a prompt was heard to its end; ``gather_over``:
    it has stopped waiting. ``pieces``: of all that was played."""

    def __init__(self, screen: Screen, texts: Mapping[str, str]) -> None:
        self.listens = asyncio.Event()
        self.gather_over = asyncio.Event()
        self.closed = asyncio.Event()
        self.pieces: list[str] = []
        self._screen = screen
        self._texts = Texts(texts)
        self._utterances = Utterances(texts, screen.said)
        self._settling: asyncio.TimerHandle | None = None

    def see(self, event: LineEvent) -> None:
        if isinstance(event, GatherEnded | RecordStarted | Enqueued | HungUp | LineClosed):
            self._utterances.settle()
        self._screen.event(event)
        self._utterances.see(event)
        self._settle_soon(event)
        self._signal(event)
        note = note_of(event)
        if note:
            self._screen.note(note)

    def _settle_soon(self, event: LineEvent) -> None:
        if isinstance(event, PlayStarted | PlayFinished) and self._settling is not None:
            self._settling.cancel()
        if isinstance(event, PlayFinished):
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(BETWEEN_PIECES, self._utterances.settle)

    def _signal(self, event: LineEvent) -> None:
        if isinstance(event, PlayStarted):
            self.pieces += self._texts.pieces_of(event)
        if isinstance(event, GatherStarted | RecordStarted | Enqueued):
            self.listens.set()
        elif isinstance(event, MarkReached):
            if not event.cleared and not event.name.startswith(UNDERSTOOD):
                self.listens.set()
                self.gather_over.set()
        elif isinstance(event, GatherEnded | RecordEnded | LeftQueue | StreamEnded):
            self.gather_over.set()
        elif isinstance(event, LineClosed):
            self.gather_over.set()
            self.closed.set()


def note_of(event: LineEvent) -> str:
    """A line about what is not speech; empty for what needs none."""
    match event:
        case Enqueued(position=position):
            return f"fila: posição {position}"
        case LeftQueue(result=result, seconds=seconds):
            return f"fila: {_QUEUE_RESULTS.get(result, result)} após {seconds} s"
        case MarkReached(name=name) if name.startswith(UNDERSTOOD):
            return f"entendeu: {name.removeprefix(UNDERSTOOD)}"
        case RecordStarted():
            return "gravando: fale (“fala: …”), # termina"
        case RecordEnded(seconds=seconds):
            return f"gravou {seconds:.0f} s" if seconds else "nada foi gravado"
        case Bridged():
            return "em conversa com uma pessoa"
        case Unbridged():
            return "a conversa terminou"
        case HungUp(by="caller"):
            return "desligou: quem ligou"
        case HungUp(by=by):
            return f"desligou: {'a central' if by == 'application' else f'a operadora ({by})'}"
        case StatusChanged(status="busy" | "failed" | "no-answer" | "canceled" as status):
            return f"a ligação não se completou ({status})"
        case Warned(code=code, text=text, level="error"):
            return f"erro {code}: {text}"
        case _:
            return ""
