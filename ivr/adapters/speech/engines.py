"""Engines that can speak the prompts, by the word of the setting ``IVR_VOICE_ENGINE``.

``pyttsx3``: that library, with espeak-ng's own program as the second opinion. ``espeak-ng``: the
program alone. ``command``: any program, by ``IVR_VOICE_COMMAND``: it reads the text from standard
input and writes a WAV file, for instance ``piper --model pt.onnx --output_file {file}``. It must
give the same samples for the same text.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ivr.adapters.speech.synthesis import (
    Render,
    SynthesisError,
    checked,
    engine_version,
    renderers,
    with_espeak_program,
)
from ivr.adapters.speech.telephone_wav import Wave

EngineName = Literal["pyttsx3", "espeak-ng", "command"]
_PATIENCE = 60.0
_PLACES = ("{file}", "{voice}", "{rate}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """``version``: all that its sound depends on beside text, voice and rate. ``ways``: renders in
    the order they are tried. ``keeps_pace``: speaks as many words a minute as it is told, in
    espeak-ng's counting; ``may_lose_rate``: but now and then forgets what it was told. Both
    functions raise SynthesisError where the engine is not installed."""

    name: EngineName
    version: Callable[[], str]
    ways: Callable[[], tuple[Render, ...]]
    keeps_pace: bool = True
    may_lose_rate: bool = False


def engine_of(name: EngineName, *, command: str = "") -> Engine:
    """Raises SynthesisError for ``command`` without a command that can be run."""
    if name == "pyttsx3":
        return PYTTSX3
    return ESPEAK if name == "espeak-ng" else _of_command(command)


@cache
def _program_version() -> str:
    try:
        run = subprocess.run(
            ["espeak-ng", "--version"], capture_output=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        raise SynthesisError("espeak-ng is not installed (Debian package espeak-ng)") from None
    return run.stdout.decode("utf-8", "replace").split("Data at")[0].strip()


PYTTSX3 = Engine(name="pyttsx3", version=engine_version, ways=renderers, may_lose_rate=True)
ESPEAK = Engine(name="espeak-ng", version=_program_version, ways=lambda: (with_espeak_program,))


def _of_command(command: str) -> Engine:
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise SynthesisError(f"IVR_VOICE_COMMAND: {error}") from None
    if not arguments or not any("{file}" in argument for argument in arguments):
        raise SynthesisError("IVR_VOICE_COMMAND: names a program and the place {file}")
    if shutil.which(arguments[0]) is None:
        raise SynthesisError(f"IVR_VOICE_COMMAND: {arguments[0]} is not installed")

    def render(text: str, voice: str, rate: int) -> Wave:
        with tempfile.TemporaryDirectory(prefix="prompt-") as folder:
            file = Path(folder, "speech.wav")
            given = dict(zip(_PLACES, (str(file), voice, str(rate)), strict=True))
            try:
                subprocess.run(
                    [_filled(argument, given) for argument in arguments],
                    input=text.encode(),
                    capture_output=True,
                    timeout=_PATIENCE,
                    check=True,
                )
                content = file.read_bytes()
            except (OSError, subprocess.SubprocessError) as error:
                raise SynthesisError(f"{arguments[0]} failed: {type(error).__name__}") from error
        return checked(content)

    return Engine(
        name="command",
        version=lambda: f"command {shlex.join(arguments)}",
        ways=lambda: (render,),
        keeps_pace=False,
    )


def _filled(argument: str, given: dict[str, str]) -> str:
    for place, value in given.items():
        argument = argument.replace(place, value)
    return argument
