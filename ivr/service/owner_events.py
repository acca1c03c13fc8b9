"""The last events of a person: what was done on the page, in calls, and by messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.ports.store import JournalEntry
from ivr.service.owner import journal_of
from ivr.service.owner_login import Owner, OwnerRuntime

SHOWN = 20
_CALLS = 10
_MESSAGES = {"sms.code": "code_sent", "sms.link": "link_sent", "sms.notice": "notice_sent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEvent:
    """``kind``: a word that the page has words for. ``protocol``: of the call it belongs to."""

    at: datetime
    kind: str
    protocol: str = ""


def last_events(rt: OwnerRuntime, owner: Owner) -> list[SeenEvent]:
    """The newest events first. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        found = [
            SeenEvent(at=event.at, kind=event.kind)
            for event in tx.owner.events(owner.account, limit=SHOWN)
        ]
        found += _of_journal(tx.journal.of(journal_of(owner.account)), protocol="")
        for call in tx.owner.calls_of(owner.account, limit=_CALLS):
            found.append(SeenEvent(at=call.at, kind="call", protocol=call.protocol))
            found += _of_journal(tx.journal.of(call.call_sid), protocol=call.protocol)
    return sorted(found, key=lambda event: event.at, reverse=True)[:SHOWN]


def _of_journal(entries: Sequence[JournalEntry], *, protocol: str) -> list[SeenEvent]:
    told = [(entry, _kind(entry)) for entry in entries]
    return [SeenEvent(at=entry.at, kind=kind, protocol=protocol) for entry, kind in told if kind]


def _kind(entry: JournalEntry) -> str:
    """The page's word for a line of the journal, empty for a line that is not shown."""
    if entry.kind == "message.sent":
        return _MESSAGES.get(str(entry.data.get("job")), "")
    if entry.kind in ("directory.reset.settled", "directory.unlock.settled"):
        what = entry.kind.split(".")[1]
        return f"{what}_{'done' if entry.data.get('outcome') == 'done' else 'not_done'}"
    if entry.kind in ("password_changed", "password_refused", "not_me", "person.verified"):
        return entry.kind
    return ""
