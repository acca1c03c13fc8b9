"""What became of noted attempts, told by the account's present state. Pure.

All open attempts of an account began at the same entryCSN, since whoever begins settles older ones
first; so at most one of them was made, as the first change after that entryCSN, and since then the
service's account has written nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ivr.adapters.directory.ldap_connection import Entry
from ivr.adapters.directory.openldap_notes import Attempt

Verdict = Literal["made", "not made", "unclear"]
SECOND = len("20260101000000")


def outcome_of(attempts: Sequence[Attempt], entry: Entry, *, ours: bool) -> dict[str, Verdict]:
    """By mark. ``ours``: the entry's last change was made by the service's account.

    An attempt at the entry's present entryCSN is not made, and still may be: a request that is on
    its way, or is sent again, passes once. An unlock of which nothing is known counts as not made:
    unlocking again does no harm.
    """
    csn = entry.first("entryCSN") or ""
    verdicts: dict[str, Verdict] = {one.mark: "not made" for one in attempts}
    past = [one for one in attempts if one.seen != csn]
    could = [one for one in past if not one.sets_password or _may_have_changed(one, entry)]
    if ours:
        if any(_has_changed(one, entry) for one in could):
            could = [one for one in could if one.sets_password]
        verdicts |= {one.mark: "made" if len(could) == 1 else "unclear" for one in could}
        return verdicts
    return verdicts | {one.mark: "unclear" for one in could if one.sets_password}


def _has_changed(attempt: Attempt, entry: Entry) -> bool:
    return (entry.first("pwdChangedTime") or "") != attempt.password_at


def _may_have_changed(attempt: Attempt, entry: Entry) -> bool:
    """Whether the password may have been set since: pwdChangedTime counts whole seconds, so two
    changes in one second look like one."""
    same_second = attempt.seen[:SECOND] <= attempt.password_at[:SECOND]
    return _has_changed(attempt, entry) or same_second
