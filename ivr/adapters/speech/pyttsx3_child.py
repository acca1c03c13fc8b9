"""One text to one WAV file with pyttsx3, in a process of its own. Run by path, imports nothing of
ours.

pyttsx3 2.99 keeps one engine a process, and the sound of a text depends on what was spoken before
it; ``runAndWait`` may return before the file exists, so the ``finished-utterance`` call ends it;
a voice that does not exist is passed over in silence, so the voice in use is reported back. The
driver writes to standard output, which is kept for the answer.

Input: JSON ``{"text", "voice", "rate", "file"}``. Answer: JSON ``{"voice", "completed", "error"}``.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import Any

PATIENCE = 15.0
"""Seconds until an utterance is given up."""


def render(*, text: str, voice: str, rate: int, file: str) -> dict[str, Any]:
    """Speak ``text`` into ``file``; the answer described above."""
    import pyttsx3

    errors: list[str] = []
    finished: list[bool] = []

    def note_finish(name: object, completed: bool) -> None:
        finished.append(completed)

    def note_error(name: object, exception: Exception) -> None:
        errors.append(str(exception))

    engine = pyttsx3.init("espeak")
    engine.connect("finished-utterance", note_finish)
    engine.connect("error", note_error)
    engine.setProperty("voice", voice)
    for _ in range(2):  # once is lost in up to 7 of 100 runs
        engine.setProperty("rate", rate)
    engine.save_to_file(text, file)
    engine.runAndWait()
    deadline = time.monotonic() + PATIENCE
    while not finished and time.monotonic() < deadline:
        time.sleep(0.005)
    return {
        "voice": engine.getProperty("voice"),
        "completed": finished == [True],
        "error": "; ".join(errors),
    }


def _main() -> None:
    with contextlib.redirect_stdout(sys.stderr):
        answer = render(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    _main()
