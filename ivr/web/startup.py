"""What is proven before the first call: flows, texts, audio; and what is only told."""

from __future__ import annotations

import structlog
from flask import Flask

from ivr.adapters.db.revision import behind
from ivr.adapters.db.store import SqlStore
from ivr.domain.outcome import CallOutcome
from ivr.flow.check import check
from ivr.flow.load import Defect
from ivr.ports.store import StoreUnavailableError
from ivr.service.runtime import Runtime
from ivr.settings import Settings

log = structlog.get_logger("ivr.start")

COMPLAINT_FLOW = "explain"


class StartupError(Exception):
    """The application must not serve; the text names file, node and key of each defect."""


def check_startup(app: Flask) -> None:
    """Refuse broken flows; keep this revision of the flows for calls that outlive it.

    A database that is away is told, and does not stop the start: callers still meet a person.
    """
    rt: Runtime = app.extensions["ivr"]
    defects = flow_defects(rt)
    if defects:
        raise StartupError("\n".join(str(d) for d in defects))
    check_database(rt)
    for alarm in rt.calendar.alarms(rt.clock.now().date()):
        log.warning("calendar", alarm=alarm.text)
    try:
        rt.flows.publish(rt.store)
    except StoreUnavailableError:
        log.error("database away at start")


def check_database(rt: Runtime) -> None:
    """Refuse a database that was not migrated; one that is away is another matter.

    Raises :class:`StartupError`.
    """
    if not isinstance(rt.store, SqlStore):
        return
    try:
        rt.store.ping()
    except StoreUnavailableError:
        return
    if behind(rt.store.engine):
        raise StartupError("the database lacks migrations: run flask db upgrade")


def check_speech(rt: Runtime, settings: Settings) -> None:
    """Refuse a model that cannot serve; name what it cannot recognise.

    Raises :class:`StartupError`.
    """
    if settings.ivr_speech != "vosk":
        return
    from ivr.adapters.speech.vocabulary_needs import needs_of
    from ivr.adapters.speech.vosk_model import ModelError, read_folder
    from ivr.adapters.speech.vosk_probe import unmet_by

    path = settings.ivr_speech_model.resolve()
    try:
        read_folder(path, demo=settings.ivr_directory == "demo")
        lacking = unmet_by(path, needs_of(rt.flows.current))
    except ModelError as error:
        raise StartupError(str(error)) from None
    for each in lacking:
        log.warning(
            "words unknown to the recogniser",
            where=each.need.where,
            phrase=each.need.phrase,
            words=list(each.words),
        )


def flow_defects(rt: Runtime) -> list[Defect]:
    """Everything that the checker finds in the current flows."""
    return check(
        rt.flows.current,
        prompts={name: tuple(p.placeholders) for name, p in rt.prompts.prompts.items()},
        outcomes=frozenset(o.value for o in CallOutcome),
        complaint_flow=COMPLAINT_FLOW,
    )
