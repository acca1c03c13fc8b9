"""Utterances out of the pieces that are played: one prompt, with the values spoken in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.carrier.events import LineEvent, PlayFinished, PlayStarted
from ivr.carrier.script_texts import Texts
from ivr.carrier.script_words import SECRET, piece_of, prompt_of

DOTS = "• • • • • • • •"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """``prompt`` is empty for words that belong to none. ``whole``: nothing will be added."""

    prompt: str
    text: str
    whole: bool


class Utterances:
    """Tells each utterance as it starts, again as it grows, and last when it is whole."""

    def __init__(self, texts: Mapping[str, str], tell: Callable[[Said], None]) -> None:
        self._texts = texts
        self._known = Texts(texts)
        self._tell = tell
        self._prompt = ""
        self._part = -1
        self._words: list[str] = []

    def see(self, event: LineEvent) -> None:
        """Anything but a sound, and a sound cut short, ends the utterance."""
        if isinstance(event, PlayStarted):
            self._sound(event)
        elif isinstance(event, PlayFinished) and event.stopped:
            self.settle()

    def settle(self) -> None:
        """No more pieces: tell what is open as whole."""
        if self._words:
            said = Said(prompt=self._prompt, text=" ".join(self._words), whole=True)
            self._words, self._prompt, self._part = [], "", -1
            self._tell(said)

    def _sound(self, event: PlayStarted) -> None:
        piece = piece_of(event.url) if event.url else ""
        if piece == SECRET:
            self._alone("", DOTS)
        elif event.kind == "say":
            pieces = self._known.pieces_in(event.text)
            self._alone(next(filter(None, map(prompt_of, pieces)), ""), event.text)
        elif event.kind in ("play", "error") and not piece:
            self._alone("", event.text or ("(som)" if event.kind == "play" else ""))
        elif piece:
            self._piece(piece)

    def _alone(self, prompt: str, text: str) -> None:
        self.settle()
        if text:
            self._tell(Said(prompt=prompt, text=text, whole=True))

    def _piece(self, piece: str) -> None:
        prompt = prompt_of(piece)
        words = self._texts.get(piece, "" if not prompt else f"({piece})")
        if not prompt:
            self._grow(words)
            return
        part = int(piece.rpartition("~")[2]) if "~" in piece else -1
        if part < 0:
            if self._expects_more():
                self._grow(words)
            else:
                self._alone(prompt, words)
            return
        if self._words and not (prompt == self._prompt and part > self._part) and self._prompt:
            self.settle()
        self._prompt, self._part = prompt, part
        self._grow(words)

    def _grow(self, words: str) -> None:
        if words:
            self._words.append(words)
            self._tell(Said(prompt=self._prompt, text=" ".join(self._words), whole=False))

    def _expects_more(self) -> bool:
        """A prompt whose next part is known to exist, with a value before it."""
        return bool(self._prompt) and f"{self._prompt}~{self._part + 1}" in self._texts
