"""``flask worker``: does the effects that calls have ordered, and keeps the desk's time."""

from __future__ import annotations

import signal
import time
from types import FrameType

import click
import structlog
from flask import current_app

from ivr.cli.desk_loop import DeskLoop, tick_and_drain
from ivr.cli.failing import tells_errors
from ivr.cli.speech_loop import SpeechLoop
from ivr.ports.store import StoreUnavailableError
from ivr.service.rules_in_force import in_force
from ivr.service.worker import sweep, work_once
from ivr.settings import read_settings
from ivr.web.factory import start
from ivr.web.startup import StartupError, check_database

log = structlog.get_logger("ivr.worker")

PAUSE = 0.25
"""Seconds between two looks at an empty outbox."""
SWEEP_EVERY = 60.0


@click.command("worker")
@click.option("--once", is_flag=True, help="Faz o que está pendente e termina.")
@tells_errors
def worker(once: bool) -> None:
    """Faz os efeitos pedidos pelas ligações e distribui a fila, até receber um sinal."""
    rt = start(current_app._get_current_object(), read_settings())  # type: ignore[attr-defined]
    try:
        check_database(rt)
    except StartupError as error:
        raise click.ClickException(str(error)) from None
    stopping = False

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    desk = DeskLoop(rt)
    speech = SpeechLoop(rt)
    if not once:
        desk.start()
        speech.start()
    swept = 0.0
    while not stopping:
        now = in_force(rt)
        try:
            busy = work_once(now) | (once and (tick_and_drain(rt) | work_once(rt, lane="speech")))
            if time.monotonic() - swept > SWEEP_EVERY:
                swept = time.monotonic()
                sweep(now)
        except StoreUnavailableError:
            log.error("database away")
            busy = False
        if once and not busy:
            return
        if not busy:
            time.sleep(PAUSE)
    desk.stop()
    speech.stop()
