"""Recorded voices that came by the page, in a folder, and the audio made of them.

``<piece>.wav`` is in use; ``earlier/<piece>.<beginning of its hash>.wav`` was, and is kept;
``waiting/<random>.wav`` was uploaded and is not used yet. A crash between the steps loses no
recording: the next build takes what is in place.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ivr.adapters.speech.engines import EngineName
from ivr.adapters.speech.prompt_files import write_whole
from ivr.adapters.speech.recordings import recording_hash
from ivr.ports.prompt_studio import MOST_BYTES, RecordingRefused, StudioError, Taken

PATIENCE = 60.0
"""Seconds until a check or a build is given up; a build may first wait for another one."""
_ROOT = Path(__file__).resolve().parents[3]


class FolderStudio:
    """:class:`ivr.ports.prompt_studio.PromptStudio` over the folders of the prompts.

    ``pieces`` gives text by id. ``out``: where the audio is; ``recorded``: voices of the release;
    ``folder``: those of the page.
    """

    def __init__(
        self,
        pieces: Callable[[], Mapping[str, str]],
        *,
        out: Path,
        recorded: Path,
        folder: Path,
        engine: EngineName = "pyttsx3",
        command: str = "",
    ) -> None:
        self._pieces = pieces
        self._out = out
        self._recorded = recorded
        self._folder = folder
        self._engine = engine
        self._command = command

    def take(self, piece: str, text: str, sound: bytes) -> Taken:
        """See the port. The upload waits in a file of its own."""
        self._known(piece)
        if not sound:
            raise RecordingRefused("empty")
        if len(sound) > MOST_BYTES:
            raise RecordingRefused("too_big", {"bytes": len(sound)})
        mark = secrets.token_hex(8)
        waiting = self._waiting(mark)
        try:
            waiting.parent.mkdir(parents=True, exist_ok=True)
            write_whole(waiting, sound)
            told = _child({"do": "check", "file": str(waiting), "text": text})
        except OSError as error:
            raise StudioError("the upload cannot be kept") from error
        except StudioError:
            waiting.unlink(missing_ok=True)
            raise
        facts = {str(key): float(value) for key, value in told["facts"].items()}
        if told["fault"]:
            waiting.unlink(missing_ok=True)
            raise RecordingRefused(told["fault"], facts)
        return Taken(
            piece=piece,
            sha256=hashlib.sha256(sound).hexdigest(),
            seconds=facts["seconds"],
            rate=int(facts["rate"]),
            mark=mark,
        )

    def use(self, taken: Taken) -> None:
        """See the port. When the audio cannot be made, what was in place comes back."""
        place = self._place(taken.piece)
        earlier = self._put_by(place)
        try:
            self._waiting(taken.mark).replace(place)
            self._build(taken.piece)
        except (OSError, StudioError) as error:
            place.unlink(missing_ok=True)
            self._give_back(earlier, place)
            raise StudioError("the recording could not be used") from error

    def drop(self, taken: Taken) -> None:
        """See the port."""
        self._waiting(taken.mark).unlink(missing_ok=True)

    def withdraw(self, piece: str) -> bool:
        """See the port."""
        place = self._place(piece)
        earlier = self._put_by(place)
        if earlier is None:
            return False
        try:
            self._build(piece)
        except StudioError:
            self._give_back(earlier, place)
            raise
        return True

    def uploaded(self) -> frozenset[str]:
        """See the port."""
        return frozenset(file.stem for file in self._folder.glob("*.wav"))

    def _build(self, piece: str) -> None:
        told = _child(
            {
                "do": "build",
                "pieces": dict(self._pieces()),
                "only": [piece],
                "out": str(self._out),
                "recorded": str(self._recorded),
                "uploaded": str(self._folder),
                "engine": self._engine,
                "command": self._command,
            }
        )
        if told["problems"]:
            raise StudioError(told["problems"][0])

    def _put_by(self, place: Path) -> Path | None:
        """Move the recording in use beside the earlier ones; where it is now."""
        try:
            digest = recording_hash(place)
        except FileNotFoundError:
            return None
        kept = place.parent / "earlier" / f"{place.stem}.{digest[:16]}.wav"
        kept.parent.mkdir(parents=True, exist_ok=True)
        place.replace(kept)
        return kept

    def _give_back(self, earlier: Path | None, place: Path) -> None:
        if earlier is not None:
            earlier.replace(place)

    def _place(self, piece: str) -> Path:
        self._known(piece)
        return self._folder / f"{piece}.wav"

    def _waiting(self, mark: str) -> Path:
        return self._folder / "waiting" / f"{mark}.wav"

    def _known(self, piece: str) -> None:
        """Only ids of the catalogue become file names."""
        if piece not in self._pieces():
            raise StudioError("no such piece")


def _child(asked: Mapping[str, Any]) -> Any:
    """Raises StudioError when the child fails, crashes or takes too long."""
    try:
        run = subprocess.run(
            [sys.executable, "-m", "ivr.adapters.speech.studio_child"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=True,
            cwd=_ROOT,
        )
        return json.loads(run.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise StudioError(f"child failed: {type(error).__name__}") from error
