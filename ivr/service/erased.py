"""What stands on a page in the place of something that was erased."""

from __future__ import annotations

from ivr.domain.retention import erased_words
from ivr.service.runtime import Runtime


def erased_mark(rt: Runtime, *objects: str) -> str:
    """``Conteúdo apagado em 12/03/2026 (LGPD)`` by the newest mark of the objects, else empty.

    ``objects``: ``ticket:<protocol>``, ``call:<sid>``, ``contact:<sid>``, ``recording:<sid>``.
    Raises StoreUnavailableError.
    """
    with rt.store.begin(write=False) as tx:
        found = [mark.at for one in objects if (mark := tx.retention.erased(one)) is not None]
    return erased_words(max(found)) if found else ""
