"""What the desk does by itself as time passes. Every time limit is kept here, none in a page."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from ivr.ports.store import StoreUnavailableError, Transaction
from ivr.service.desk import supervision
from ivr.service.desk.callbacks import take_turns
from ivr.service.desk.offers import expire
from ivr.service.desk.presence import NO_SIGN, SILENT_AFTER, offline, silent
from ivr.service.desk.router import route_now
from ivr.service.desk.wrap_up import run_out
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.desk")

TICK_S = 0.25


def tick(rt: Runtime) -> int:
    """End what ran out (offers, wrap-ups, silent consoles), then route; how much was done.

    Several may run at once, anywhere. Raises StoreUnavailableError.
    """
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        due = tx.desk.due(now=now, silent_before=now - SILENT_AFTER)
        stopped = supervision.unentitled(tx)
    done = 0
    for offer in due.offers:
        done += _alone(rt, expire, offer)
    for talk in due.wraps:
        done += _alone(rt, run_out, talk)
    for one in stopped:
        done += _alone(rt, supervision.stop, one)
    for agent in due.silent:
        done += _alone(rt, fall_silent, agent)
    return done + take_turns(rt) + route_now(rt)


def fall_silent(tx: Transaction, agent: str) -> bool:
    """Send an agent offline whose console gives no sign of life. False when it does again."""
    tx.desk.lock()
    now = tx.now()
    row = tx.desk.presence(agent)
    if row is None or row.state in ("offline", "in_call", "wrap_up") or not silent(row, now=now):
        return False
    offline(tx, row, now=now, reason=NO_SIGN)
    return True


def _alone(rt: Runtime, deed: Callable[[Transaction, str], bool], subject: str) -> bool:
    """One change a transaction: what goes wrong with one does not hold up the others."""
    try:
        with rt.store.begin() as tx:
            return deed(tx, subject)
    except StoreUnavailableError:
        raise
    except Exception as error:
        log.error("desk timer failed", deed=deed.__name__, error=type(error).__name__)
        return False
