"""Rows of transcripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal, or_, select, update

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once
from ivr.adapters.db.tables_transcripts import transcripts
from ivr.ports.queues import RecordingRow
from ivr.ports.sealing import Seal
from ivr.ports.transcripts import LEFT, TranscriptRow, TranscriptWord

TRANSCRIBE = "speech.transcribe"
"""Kind of the outbox jobs; their key is ``speech.transcribe:<sid>``."""

_t = transcripts.c
_r = tables.recordings.c
_ADD = insert_once(transcripts)
_GET = Statement(select(transcripts).where(_t.recording == bindparam("asked")))
_SILENCED = Statement(
    update(transcripts)
    .where(_t.recording == bindparam("asked"), _t.silenced_at.is_(None))
    .values(silenced_at=bindparam("at"))
)
_CORRECT = Statement(
    update(transcripts)
    .where(_t.recording == bindparam("asked"), _t.version == bindparam("was"))
    .values(
        text_sealed=bindparam("sealed"),
        corrected_by=bindparam("by"),
        corrected_at=bindparam("at"),
        version=_t.version + 1,
    )
)
_WANTING = Statement(
    select(tables.recordings)
    .where(
        _r.state == "kept",
        _r.fetched_at >= bindparam("since", type_=UtcDateTime),
        or_(*(_r.purpose == word for word in LEFT)),
        ~select(1).where(_t.recording == _r.sid).exists(),
        ~select(1).where(tables.outbox.c.key == literal(f"{TRANSCRIBE}:").concat(_r.sid)).exists(),
    )
    .order_by(_r.at, _r.sid)
    .limit(bindparam("most"))
)


class SqlTranscripts:
    """:class:`ivr.ports.transcripts.Transcripts`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def get(self, recording: str) -> TranscriptRow | None:
        row = self._driver.record(_GET, {"asked": recording})
        return None if row is None else self._row(row)

    def of_recordings(self, recordings: Sequence[str]) -> dict[str, TranscriptRow]:
        return {sid: row for sid in recordings if (row := self.get(sid)) is not None}

    def add(self, row: TranscriptRow) -> bool:
        words = [[w.text, w.confidence, w.start] for w in row.words]
        sure = row.confidence
        return (
            self._driver.change(
                _ADD,
                {
                    "recording": row.recording,
                    "made_at": row.made_at,
                    "state": row.state,
                    "model": row.model,
                    "reason": row.reason,
                    "words_sealed": self._close(json.dumps(words)) if words else None,
                    "confidence": None if sure is None else round(sure * 100),
                    "secrets": {"spans": [list(span) for span in row.secrets]},
                    "silenced_at": row.silenced_at,
                    "text_sealed": self._close(row.text) if row.text else None,
                    "corrected_by": row.corrected_by,
                    "corrected_at": row.corrected_at,
                    "version": row.version,
                },
            )
            == 1
        )

    def silenced(self, recording: str, *, at: datetime) -> bool:
        return self._driver.change(_SILENCED, {"asked": recording, "at": at}) == 1

    def correct(self, recording: str, *, text: str, by: str, at: datetime, version: int) -> bool:
        given = {
            "asked": recording,
            "was": version,
            "sealed": self._close(text) if text else None,
            "by": by,
            "at": at,
        }
        return self._driver.change(_CORRECT, given) == 1

    def wanting(self, *, since: datetime, limit: int = 100) -> list[RecordingRow]:
        given = {"since": since, "most": limit}
        return [RecordingRow(**row) for row in self._driver.records(_WANTING, given)]

    def _close(self, text: str) -> bytes:
        return self._seal.close(text.encode())

    def _row(self, row: dict[str, Any]) -> TranscriptRow:
        words, text = row.pop("words_sealed"), row.pop("text_sealed")
        sure, secrets = row.pop("confidence"), row.pop("secrets")
        plain = json.loads(self._seal.open(words)) if words else []
        return TranscriptRow(
            words=tuple(TranscriptWord(text=t, confidence=c, start=s) for t, c, s in plain),
            text=self._seal.open(text).decode() if text else "",
            confidence=None if sure is None else sure / 100,
            secrets=tuple((start, end) for start, end in secrets.get("spans", ())),
            **row,
        )
