"""The audit log proven: every row as it was written, none missing, up to a head kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ivr.domain.audit_chain import Broken, ChainedLine, Head, first_broken
from ivr.ports.store import Store

BATCH = 2000
"""Rows of one read: a log of any length is walked in little memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``head``: the last row that is in order. ``broken``: the first that is not."""

    head: Head
    broken: Broken | None


def verify(store: Store, *, kept: Iterable[Head] = ()) -> Verdict:
    """Walk the whole log. ``kept``: heads of earlier days, from outside the database.

    A table from which everything was deleted is whole by itself: only a kept head tells that its
    rows are missing. Raises StoreUnavailableError.
    """
    head, broken = first_broken(_rows(store), kept=kept)
    return Verdict(head=head, broken=broken)


def head_of(store: Store) -> Head:
    """The newest row, to be shipped elsewhere. Raises StoreUnavailableError."""
    with store.begin(write=False) as tx:
        return tx.audit.head()


def _rows(store: Store) -> Iterator[ChainedLine]:
    after = 0
    while True:
        with store.begin(write=False) as tx:
            rows = tx.audit.chain(after=after, limit=BATCH)
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].position
