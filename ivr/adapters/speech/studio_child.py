"""The work of the studio, in a process of its own: a recording that crashes a library, or takes all
memory, takes no web process with it.

Input: JSON with ``do``: ``check`` (``file``, ``text``) or ``build`` (``pieces``, ``only``, ``out``,
``recorded``, ``uploaded``, ``engine``, ``command``). Answer: JSON, for ``check`` with ``fault``
(empty: none) and ``facts``, for ``build`` with ``problems``.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

from ivr.adapters.speech.engines import engine_of
from ivr.adapters.speech.prompt_build import build
from ivr.adapters.speech.recording_check import check_recording
from ivr.adapters.speech.synthesis import SynthesisError
from ivr.ports.prompt_studio import RecordingRefused

MOST_MEMORY = 2 * 1024**3
MOST_CPU_SECONDS = 30


def work(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer described above."""
    if asked["do"] == "check":
        try:
            facts = check_recording(Path(asked["file"]).read_bytes(), text=asked["text"])
        except RecordingRefused as refused:
            return {"fault": refused.fault, "facts": refused.facts}
        return {"fault": "", "facts": dict(facts)}
    try:
        report = build(
            asked["pieces"],
            out=Path(asked["out"]),
            recorded=Path(asked["recorded"]),
            uploaded=Path(asked["uploaded"]),
            engine=engine_of(asked["engine"], command=asked["command"]),
            only=frozenset(asked["only"]),
        )
    except SynthesisError as error:
        return {"problems": [str(error)]}
    return {"problems": list(report.problems)}


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    with contextlib.redirect_stdout(sys.stderr):
        answer = work(json.load(sys.stdin))
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
