"""Try a model in a process of its own, so that a broken one ends only that process.

Child: ``python -m ivr.adapters.speech.vosk_probe FOLDER``, JSON list of words on its input, JSON
list of the known ones on its output. A graph that was cut off loads, and ends the process at the
first listening: so the child listens to a second of silence, with a grammar and without one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from ivr.adapters.speech.vocabulary import Need, Unmet, unmet
from ivr.adapters.speech.vosk import VoskRecogniser
from ivr.adapters.speech.vosk_model import ModelError, read_folder
from ivr.ports.speech import Grammar

SECONDS = 120.0
"""For the largest official model, from a cold disk."""


def unmet_by(path: Path, needs: Iterable[Need]) -> tuple[Unmet, ...]:
    """What the model in a folder cannot recognise. Raises ModelError when it does not load."""
    wanted = tuple(needs)
    asked: dict[str, None] = {}
    unmet(wanted, lambda word: asked.setdefault(word) is not None)
    known = known_words(path, asked)
    return unmet(wanted, known.__contains__)


def known_words(path: Path, words: Iterable[str]) -> frozenset[str]:
    """Which of the words the model has. Raises ModelError when it does not load."""
    root = Path(__file__).resolve().parents[3]
    try:
        child = subprocess.run(
            [sys.executable, "-m", __name__, str(path)],
            input=json.dumps(list(words)).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"{path.name}: não carregou em {SECONDS:.0f} s") from None
    if child.returncode != 0:
        raise ModelError(f"{path.name}: o motor não carrega este modelo ({child.returncode})")
    return frozenset(json.loads(child.stdout))


def main() -> int:
    """The child's work."""
    folder = read_folder(Path(sys.argv[1]).resolve(), demo=True)
    engine = VoskRecogniser(folder)
    known = [word for word in json.load(sys.stdin) if engine.knows(word)]
    phrases = tuple(word for word in known if word.isalpha())[:1]
    kinds: tuple[Grammar, ...] = (Grammar(kind="free"),)
    if phrases:
        kinds += (Grammar(kind="words", phrases=phrases),)
    for grammar in kinds:
        session = engine.start(grammar=grammar, rate=8000)
        session.feed(b"\xff" * 8000)
        session.finish()
        session.close()
    json.dump(known, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
