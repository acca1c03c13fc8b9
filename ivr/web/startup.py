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
from ivr.service.rules_in_force import in_force
from ivr.service.runtime import Runtime
from ivr.settings import Settings
from ivr.web.prompt_voice import prove

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
    prove_prompts(app)
    for alarm in in_force(rt).calendar.alarms(rt.clock.now().date()):
        log.warning("calendar", alarm=alarm.text)
    try:
        rt.flows.publish(rt.store)
    except StoreUnavailableError:
        log.error("database away at start")


def prove_prompts(app: Flask) -> None:
    """Look at our own audio now: what cannot be played is told before the first call needs it."""
    rt: Runtime = app.extensions["ivr"]
    prove(app.extensions["ivr.edge"].voice, rt.prompts)


def ready_to_fork(rt: Runtime) -> None:
    """Close what the checks have opened: a gunicorn that loads the application before it makes its
    workers would give each of them the same connection."""
    if isinstance(rt.store, SqlStore):
        rt.store.close()


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
    if settings.ivr_prompt_mode != "play":
        raise StartupError(
            "IVR_SPEECH=vosk speaks by itself in its streams: it needs IVR_PROMPT_MODE=play"
        )
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
