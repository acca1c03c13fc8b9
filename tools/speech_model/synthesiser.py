"""libespeak-ng in its synchronous mode: speech with the place of each phone and word.

1.51 faults after some thousand utterances in one process: use short-lived ones for more.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_SYNCHRONOUS, _PHONEME_EVENTS, _UTF8, _CHARACTERS = 2, 1, 1, 1
_WORD, _PHONEME = 1, 7
_RATE, _PITCH, _RANGE, _GAP = 1, 3, 4, 7
_UNHEARD = frozenset(["", "'", ",", "%", "=", "|", "||", "-", "_|"])
"""Stress and other marks that espeak-ng counts among the phonemes."""
SILENCE = "SIL"


class _Id(ctypes.Union):
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("uid", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A sound and the sample at which it begins."""

    name: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """``samples`` in the scale of 16 bits at ``rate``; silences are phones, of no word."""

    samples: npt.NDArray[np.float32]
    rate: int
    phones: tuple[Phone, ...]
    words: tuple[tuple[str, ...], ...]


class Synthesiser:
    """One a process: the library has one state."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        self._sound: list[npt.NDArray[np.int16]] = []
        self._phones: list[Phone] = []
        self._words: list[list[str]] = []
        self._in_word = False
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(
        self, text: str, *, voice: str = "pt-br", pace: int = 160, pitch: int = 50, gap: int = 0
    ) -> Spoken:
        """``pace`` in words a minute, ``pitch`` 0 to 99, ``gap`` between words in 10 ms.

        Raises ValueError for an unknown voice.
        """
        self._sound, self._phones, self._words, self._in_word = [], [], [], False
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"no voice {voice}")
        for name, value in ((_RATE, pace), (_PITCH, pitch), (_RANGE, 50), (_GAP, gap)):
            self._library.espeak_SetParameter(name, value, 0)
        content = text.encode() + b"\0"
        self._library.espeak_Synth(content, len(content), 0, _CHARACTERS, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        parts = [*self._sound, np.zeros(0, np.int16)]
        return Spoken(
            samples=np.concatenate(parts).astype(np.float32),
            rate=self._rate,
            phones=tuple(self._phones),
            words=tuple(map(tuple, self._words)),
        )

    def _take(self, sound: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound.append(np.ctypeslib.as_array(sound, (count,)).copy())
        for event in events:
            if event.type == 0:
                break
            if event.type == _WORD:
                self._words.append([])
                self._in_word = True
            elif event.type == _PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("latin-1")
                self._phone(name, event.sample)
        return 0

    def _phone(self, name: str, start: int) -> None:
        if name in _UNHEARD:
            return
        silent = name.startswith("_")
        self._phones.append(Phone(name=SILENCE if silent else name, start=start))
        if silent:
            self._in_word = False
        elif self._in_word:
            self._words[-1].append(name)
