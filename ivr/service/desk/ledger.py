"""The routing ledger: each change of the desk, and why; :mod:`.ledger_check` replays it.

Whoever writes holds the desk's lock, so that the order of the lines is that of the commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ivr.ports.desk import LedgerLine
from ivr.ports.store import Transaction
from ivr.service.desk.ledger_check import Replay, Wrong
from ivr.service.runtime import Runtime

A_PAGE = 1000
"""Lines read at once."""


def note(
    tx: Transaction,
    kind: str,
    /,
    *,
    at: datetime,
    call_sid: str = "",
    offer: str = "",
    agent: str = "",
    **data: Any,
) -> None:
    """Write a line. ``data``: what was decided on, in words, numbers and ISO 8601 times."""
    plain = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in data.items()}
    tx.desk.write(
        LedgerLine(at=at, kind=kind, call_sid=call_sid, offer=offer, agent=agent, data=plain)
    )


def lines(rt: Runtime, *, after: int = 0) -> Iterator[LedgerLine]:
    """Every line from there on, page by page."""
    while True:
        with rt.store.begin(write=False) as tx:
            page = tx.desk.ledger(after=after, limit=A_PAGE)
        yield from page
        if len(page) < A_PAGE:
            return
        after = page[-1].number


def check_ledger(rt: Runtime) -> tuple[int, Wrong | None]:
    """Replay all of it: how many lines held, and the first that does not."""
    replay = Replay()
    count = 0
    for line in lines(rt):
        wrong = replay.take(line)
        if wrong is not None:
            return count, wrong
        count += 1
    return count, None
