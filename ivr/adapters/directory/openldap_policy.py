"""The part of a password policy that a log-in has to know (slapo-ppolicy(5))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from ivr.adapters.directory.ldap_connection import Entry
from ivr.adapters.directory.openldap_account import generalized_time

POLICY_ATTRIBUTES = ("pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval", "pwdMaxAge")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInPolicy:
    """``failures``: how many wrong passwords in a row lock an account, 0 when none do;
    ``remembered``: for how long one counts, None for ever; ``max_age``: how long a password is
    good, None for ever."""

    failures: int = 0
    remembered: timedelta | None = None
    max_age: timedelta | None = None

    @classmethod
    def of(cls, policy: Entry | None) -> Self:
        """Of a policy's entry; without one, nothing locks and nothing expires."""
        if policy is None:
            return cls()
        locks = policy.first("pwdLockout") == "TRUE"
        return cls(
            failures=_number(policy, "pwdMaxFailure") if locks else 0,
            remembered=_seconds(policy, "pwdFailureCountInterval"),
            max_age=_seconds(policy, "pwdMaxAge"),
        )

    def one_more_would_lock(self, entry: Entry, *, now: datetime) -> bool:
        """Whether one wrong password more would lock the account."""
        if not self.failures:
            return False
        times = [generalized_time(text) for text in entry.all("pwdFailureTime")]
        counted = sum(
            time is None or self.remembered is None or time + self.remembered > now
            for time in times
        )
        return counted + 1 >= self.failures

    def expired(self, entry: Entry, *, now: datetime) -> bool:
        """Whether the password is too old to be used."""
        since = generalized_time(entry.first("pwdChangedTime") or "")
        return self.max_age is not None and since is not None and now >= since + self.max_age


def _number(policy: Entry, attribute: str) -> int:
    text = policy.first(attribute) or ""
    return int(text) if text.isascii() and text.isdigit() else 0


def _seconds(policy: Entry, attribute: str) -> timedelta | None:
    number = _number(policy, attribute)
    return timedelta(seconds=number) if number else None
