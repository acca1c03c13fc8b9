"""Recordings are to be fetched from the carrier: the orders."""

from __future__ import annotations

from ivr.ports.store import Job, Transaction
from ivr.service.runtime import Runtime

FETCH = "recording.fetch"
"""Kind of the jobs; their key is ``recording.fetch:<sid>``."""


def order_fetch(tx: Transaction, sid: str, *, call_sid: str) -> None:
    """Let the worker fetch a recording, once."""
    tx.outbox.add(
        Job(key=f"{FETCH}:{sid}", kind=FETCH, call_sid=call_sid, payload={"recording": sid})
    )


def order_forgotten(rt: Runtime) -> int:
    """Order what nobody ordered; how many."""
    with rt.store.begin(write=False) as tx:
        left = tx.recordings.at_carrier()
    if left:
        with rt.store.begin() as tx:
            for row in left:
                order_fetch(tx, row.sid, call_sid=row.call_sid)
    return len(left)
