"""A transcript as pages show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.flow.heard_secrets import BLOT
from ivr.ports.store import RecordingRow, Transaction
from ivr.ports.transcripts import LEFT, TranscriptRow
from ivr.service.transcripts import EDITORS, TEXT_MAX
from ivr.web.door import me
from ivr.web.edge import runtime

UNSURE = 0.6
"""A word of less confidence is marked."""
WAITING = {
    "off": "Sem transcrição: o reconhecimento de fala daqui está desligado (IVR_SPEECH).",
    "coming": "Transcrição em preparo.",
    "failed": "Não foi possível transcrever. Ouça a gravação.",
    "empty": "Nenhuma palavra foi entendida. Ouça a gravação.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    text: str = field(repr=False)
    unsure: bool = False
    blot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A transcript as a page shows it. ``why``: what stands in place of one that is not there.

    ``sure``: mean confidence in percent. ``text``: a correction; the words stay below it.
    """

    recording: str
    why: str = ""
    words: tuple[Word, ...] = field(default=(), repr=False)
    heard: str = field(default="", repr=False)
    sure: int | None = None
    model: str = ""
    hidden: bool = False
    silenced: bool = False
    text: str = field(default="", repr=False)
    by: str = ""
    at: datetime | None = None
    version: int = 0
    may_correct: bool = False
    most: int = TEXT_MAX

    @property
    def unsure(self) -> bool:
        """Whether any word is marked."""
        return any(word.unsure for word in self.words)


def shown_of(tx: Transaction, row: RecordingRow, made: TranscriptRow | None) -> Shown | None:
    """For whoever is logged in and may hear the recording; None where there is none to come."""
    if row.purpose not in LEFT or row.state in ("erased", "lost"):
        return None
    if made is None:
        why = WAITING["coming" if runtime().transcriber is not None else "off"]
        return Shown(recording=row.sid, why=why)
    if made.state == "failed":
        return Shown(recording=row.sid, why=WAITING["failed"])
    editor = tx.staff.get(made.corrected_by) if made.corrected_by else None
    return Shown(
        recording=row.sid,
        why="" if made.words or made.text else WAITING["empty"],
        words=tuple(
            Word(
                text=word.text,
                unsure=word.confidence is not None and word.confidence < UNSURE,
                blot=BLOT in word.text,
            )
            for word in made.words
        ),
        heard=made.heard,
        sure=None if made.confidence is None else round(made.confidence * 100),
        model=made.model,
        hidden=bool(made.secrets),
        silenced=made.silenced_at is not None,
        text=made.text,
        by=editor.name if editor else "",
        at=made.corrected_at if made.text else None,
        version=made.version,
        may_correct=bool(EDITORS & set(me().roles)),
    )
