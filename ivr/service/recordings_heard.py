"""Listening to a recording: who may, for what reason, and the line in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.ports.recordings import KeptSound, SpoiltError
from ivr.ports.staff import AuditLine, StaffRow
from ivr.ports.store import RecordingRow, Transaction
from ivr.service.runtime import Runtime

REASONS = {
    "atender": "Atender o chamado",
    "qualidade": "Conferir a qualidade do atendimento",
    "contestacao": "Apurar reclamação ou contestação",
    "titular": "Pedido da própria pessoa (LGPD)",
}


class NotHeardError(Exception):
    """``reason``: unknown, forbidden, reason (none given), away (not in our store yet, or lost),
    spoilt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    row: RecordingRow
    kept: KeptSound


def may_hear(tx: Transaction, row: RecordingRow, staff: StaffRow) -> bool:
    """Supervisors and auditors everything; an agent the own talks, and what callers left."""
    if {"supervisor", "auditor"} & set(staff.roles):
        return True
    if "agent" not in staff.roles:
        return False
    if row.purpose != "talk":
        return True
    talk = tx.desk.engagement(row.engagement)
    return talk is not None and talk.agent == staff.id


def ask_to_hear(rt: Runtime, sid: str, staff: StaffRow, *, reason: str) -> RecordingRow:
    """Write down who hears it and why; refusals too. Raises :class:`NotHeardError`."""
    with rt.store.begin() as tx:
        row = tx.recordings.get(sid)
        if row is None:
            raise NotHeardError("unknown")
        allowed = may_hear(tx, row, staff)
        known = reason in REASONS
        if known or not allowed:
            tx.audit.add(
                AuditLine(
                    at=tx.now(),
                    actor=staff.id,
                    action="recording.heard" if allowed else "recording.refused",
                    object=f"recording:{sid}",
                    data={"protocol": row.protocol, "reason": reason if known else ""},
                )
            )
    if not allowed:
        raise NotHeardError("forbidden")
    if not known:
        raise NotHeardError("reason")
    return row


def sound_of(rt: Runtime, sid: str, staff: StaffRow) -> Sound:
    """What the shelf has of it. Raises :class:`NotHeardError`."""
    with rt.store.begin(write=False) as tx:
        row = tx.recordings.get(sid)
        if row is None:
            raise NotHeardError("unknown")
        if not may_hear(tx, row, staff):
            raise NotHeardError("forbidden")
    if row.state != "kept" or rt.recordings is None:
        raise NotHeardError("away")
    try:
        kept = rt.recordings.find(row.file)
    except SpoiltError:
        raise NotHeardError("spoilt") from None
    if kept is None:
        raise NotHeardError("spoilt")
    return Sound(row=row, kept=kept)


def parts(rt: Runtime, sound: Sound, *, start: int, stop: int) -> Iterator[bytes]:
    """Its bytes, piece by piece."""
    assert rt.recordings is not None
    return rt.recordings.read(sound.row.file, start=start, stop=stop)
