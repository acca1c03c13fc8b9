"""Speech synthesis that can be trusted: two renders alike, or none.

pyttsx3 2.99 loses the ``rate`` property now and then and speaks at its own 200 words a minute; one
run cannot tell. A text counts as rendered when two renders have the same samples.
espeak-ng's own program drives the same engine and always gives the same bits, so where it is
installed it makes the second render; it also stands in when pyttsx3 fails. Two renders of one way
could both have lost the rate: they must also differ from a render at 200 words a minute.
"""

from __future__ import annotations

import ctypes
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ivr.adapters.speech.telephone_wav import NotTelephoneAudio, Wave, unpack

TRIES = 4
LOST_RATE = 200
"""What pyttsx3 speaks at when it lost the rate, words a minute."""
_CHILD = Path(__file__).with_name("pyttsx3_child.py")
_TIMEOUT = 30.0
_LONE_VOWEL = re.compile(r"([éêóôâ])(?=\W*$|\s+maiúsculo$)")
_LIBRARIES = ("libespeak-ng.so.1", "libespeak.so.1")


class SynthesisError(RuntimeError):
    """The engine gave no speech that can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """``name`` as espeak-ng lists its voice files, rates in words a minute. ``slow_rate`` is for
    digits and letters, which callers write down."""

    name: str = "roa/pt-br"
    rate: int = 150
    slow_rate: int = 130


Render = Callable[[str, str, int], Wave]
"""(text, voice, rate) -> samples. Raises SynthesisError."""


def pronounced(text: str) -> str:
    """The text as espeak-ng must be given it: a lone "é" would be read "é agudo"."""
    return re.sub(r"^" + _LONE_VOWEL.pattern, r"\1h", text)


def with_pyttsx3(text: str, voice: str, rate: int) -> Wave:
    """One render in a fresh process."""
    with tempfile.TemporaryDirectory(prefix="prompt-") as folder:
        file = Path(folder, "speech.wav")
        request = {"text": text, "voice": voice, "rate": rate, "file": str(file)}
        try:
            run = subprocess.run(
                [sys.executable, "-I", str(_CHILD)],
                input=json.dumps(request).encode(),
                capture_output=True,
                timeout=_TIMEOUT,
                check=True,
            )
            answer = json.loads(run.stdout)
            content = file.read_bytes()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise SynthesisError(f"pyttsx3 failed: {type(error).__name__}") from error
    if answer["voice"] != voice:
        raise SynthesisError(f"voice {voice} is not installed, got {answer['voice']}")
    if answer["error"] or not answer["completed"]:
        raise SynthesisError(f"pyttsx3 did not finish: {answer['error']}")
    return checked(content)


def with_espeak_program(text: str, voice: str, rate: int) -> Wave:
    """One render by espeak-ng's own program."""
    command = ["espeak-ng", "-v", voice, "-s", str(rate), "--stdout", "--", text]
    try:
        run = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SynthesisError(f"espeak-ng failed: {type(error).__name__}") from error
    return checked(run.stdout)


def renderers() -> tuple[Render, ...]:
    """Ways to render, in the order they are tried; the list is run through in circles."""
    return (with_pyttsx3, with_espeak_program) if _has_program() else (with_pyttsx3,)


def steady(
    text: str, *, voice: str, rate: int, ways: tuple[Render, ...], may_lose_rate: bool = True
) -> Wave:
    """Speech that two of at most TRIES renders agree on. Raises SynthesisError.

    ``may_lose_rate``: two renders of one way could both have lost the rate, which is looked into.
    """
    seen: dict[bytes, Render] = {}
    failure = "no two renders were alike"
    for way in _in_circles(ways):
        try:
            wave = way(pronounced(text), voice, rate)
            other = seen.get(wave.data)
            if other and (
                other is not way
                or not may_lose_rate
                or not _lost_its_rate(wave, text, voice, rate, way)
            ):
                return wave
        except SynthesisError as error:
            failure = str(error)
            continue
        seen[wave.data] = way
    raise SynthesisError(failure)


def _lost_its_rate(wave: Wave, text: str, voice: str, rate: int, way: Render) -> bool:
    return rate != LOST_RATE and wave.data == way(pronounced(text), voice, LOST_RATE).data


def _in_circles(ways: tuple[Render, ...]) -> Iterator[Render]:
    for attempt in range(TRIES):
        yield ways[attempt % len(ways)]


@cache
def engine_version() -> str:
    """Versions of pyttsx3 and of the espeak-ng library. Raises SynthesisError without either."""
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.espeak_Info.restype = ctypes.c_char_p
        return f"pyttsx3 {version('pyttsx3')}, espeak {library.espeak_Info(None).decode()}"
    raise SynthesisError("espeak-ng is not installed (Debian package libespeak-ng1)")


@cache
def _has_program() -> bool:
    return shutil.which("espeak-ng") is not None


def checked(content: bytes) -> Wave:
    """What an engine wrote. Raises SynthesisError unless it is speech of 16 bits, one channel."""
    try:
        wave = unpack(content)
    except NotTelephoneAudio as error:
        raise SynthesisError(f"speech {error}") from error
    if (wave.tag, wave.bits, wave.channels) != (1, 16, 1) or not wave.data:
        raise SynthesisError("speech has an unexpected format")
    return wave
