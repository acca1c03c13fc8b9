"""The audit log read page by page. Reading changes nothing in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr.ports.admin_views import AuditAsked, AuditPlaced
from ivr.service.runtime import Runtime

A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """``older``: place to go on from, None on the last page. ``names``: of staff by id."""

    rows: Sequence[AuditPlaced]
    older: int | None
    names: Mapping[str, str]


def audit_page(rt: Runtime, asked: AuditAsked) -> AuditPage:
    """Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        rows = tx.admin_views.audit_lines(asked, limit=A_PAGE + 1)
        names = {row.id: row.name for row in tx.staff.everyone()}
    more = len(rows) > A_PAGE
    return AuditPage(
        rows=rows[:A_PAGE], older=rows[A_PAGE - 1].position if more else None, names=names
    )
