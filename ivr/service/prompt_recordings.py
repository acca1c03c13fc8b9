"""A supervisor's voice for a prompt: taken in, used, given back. Each step leaves an audit line
before it is done, and another when it could not be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ivr.domain.prompts.spoken import value_pieces
from ivr.ports.prompt_studio import PromptStudio, StudioError, Taken
from ivr.ports.staff import AuditLine, StaffRow
from ivr.service.runtime import Runtime


class NoStudioError(RuntimeError):
    """This service has no place for recordings."""


def piece_text(rt: Runtime, piece: str) -> str | None:
    """What a piece says; None when there is no such piece."""
    return rt.prompts.static_pieces().get(piece, value_pieces().get(piece))


def record(rt: Runtime, piece: str, sound: bytes, *, by: StaffRow) -> Taken:
    """Use a recording. Raises RecordingRefused (nothing was changed), StudioError,
    StoreUnavailableError (nothing was changed), NoStudioError."""
    studio = _studio(rt)
    taken = studio.take(piece, piece_text(rt, piece) or "", sound)
    facts = {"sha256": taken.sha256[:16], "segundos": round(taken.seconds, 1)}
    try:
        _tell(rt, "prompt.recorded", piece, by, facts)
    except BaseException:
        studio.drop(taken)
        raise
    try:
        studio.use(taken)
    except StudioError:
        studio.drop(taken)
        _tell(rt, "prompt.recording_failed", piece, by, facts)
        raise
    return taken


def withdraw(rt: Runtime, piece: str, *, by: StaffRow) -> bool:
    """Go back to the synthetic voice; False when no page brought a recording of it. Raises as
    :func:`record`."""
    studio = _studio(rt)
    if piece not in studio.uploaded():
        return False
    _tell(rt, "prompt.synthetic", piece, by, {})
    try:
        return studio.withdraw(piece)
    except StudioError:
        _tell(rt, "prompt.recording_failed", piece, by, {})
        raise


def uploaded(rt: Runtime) -> frozenset[str]:
    """Pieces whose recording came by the page."""
    return rt.studio.uploaded() if rt.studio else frozenset()


def _studio(rt: Runtime) -> PromptStudio:
    if rt.studio is None:
        raise NoStudioError
    return rt.studio


def _tell(rt: Runtime, action: str, piece: str, by: StaffRow, data: Mapping[str, Any]) -> None:
    with rt.store.begin() as tx:
        line = AuditLine(
            at=tx.now(), actor=by.id, action=action, object=f"prompt:{piece}", data=data
        )
        tx.audit.add(line)
