"""How often something may be tried: pure rules over counts that the store keeps.

Counts are of tries that failed or whose end is unknown, and of unknown identifiers as well (by
keyed hash of what was typed), so that a limit tells nobody who exists. A limit closes the road of
self-service, never the account in the directory (ASVS 6.1.1), and people stay within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The figures. Spraying one guess over many accounts is met by the global budget."""

    tries_per_call: int = 3
    """Tries of one factor in one call."""
    account_failures: int = 5
    account_window: timedelta = timedelta(hours=24)
    account_sends: int = 3
    """Codes sent for one account in ``account_window``."""
    send_gap: timedelta = timedelta(seconds=60)
    destination_sends: int = 5
    """Codes sent to one number in ``account_window``, whatever the accounts."""
    all_sends: int = 2_000
    """Codes sent to everybody in ``account_window``: the most that a day may cost."""
    code_lifetime: timedelta = timedelta(minutes=10)
    """NIST SP 800-63B-4 §3.1.3: at most ten minutes."""
    caller_failures: int = 10
    """Failed tries from one caller number in ``caller_window``, whatever the accounts."""
    caller_calls: int = 10
    """Calls of one number in ``caller_window`` above which the call is marked as a risk."""
    caller_window: timedelta = timedelta(hours=1)
    resets_per_day: int = 1
    reset_day: timedelta = timedelta(hours=24)
    resets_per_month: int = 3
    reset_month: timedelta = timedelta(days=30)
    global_failures: int = 50
    global_window: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if value <= (timedelta(0) if isinstance(value, timedelta) else 0):
                raise ValueError(f"{name} must be above zero")
        if self.code_lifetime > timedelta(minutes=10):
            raise ValueError("code_lifetime must be ten minutes or less")


class Refusal(StrEnum):
    """Which limit is reached."""

    CALL_TRIES = "call_tries"
    CALLER_FAILURES = "caller_failures"
    ACCOUNT_FAILURES = "account_failures"
    SEND_TOO_SOON = "send_too_soon"
    ACCOUNT_SENDS = "account_sends"
    DESTINATION_SENDS = "destination_sends"
    ALL_SENDS = "all_sends"
    RESETS_PER_DAY = "resets_per_day"
    RESETS_PER_MONTH = "resets_per_month"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the try may go on. ``retry_at`` is set only where it follows from one instant."""

    refusal: Refusal | None = None
    retry_at: datetime | None = None

    @property
    def allowed(self) -> bool:
        """No limit is reached."""
        return self.refusal is None


ALLOWED = Verdict()


def may_prove(
    limits: Limits,
    *,
    tries_in_call: int,
    account_failures: int,
    global_failures: int,
    caller_failures: int = 0,
) -> Verdict:
    """Whether a proof may be tried. All counts are taken before this try is written.

    ``tries_in_call``: tries of this factor in this call, ``account_failures``: in the last
    ``account_window``, ``global_failures``: of everybody in the last ``global_window``,
    ``caller_failures``: from the same number in the last ``caller_window`` (0 when withheld). A
    number is forged with ease, so its limit closes self-service only, like all of them.
    """
    if self_service_paused(limits, global_failures=global_failures):
        return Verdict(refusal=Refusal.PAUSED)
    if tries_in_call >= limits.tries_per_call:
        return Verdict(refusal=Refusal.CALL_TRIES)
    if account_failures >= limits.account_failures:
        return Verdict(refusal=Refusal.ACCOUNT_FAILURES)
    if caller_failures >= limits.caller_failures:
        return Verdict(refusal=Refusal.CALLER_FAILURES)
    return ALLOWED


def may_send_code(
    limits: Limits,
    *,
    now: datetime,
    account_sends: int,
    destination_sends: int,
    last_send: datetime | None,
    account_failures: int,
    global_failures: int,
    all_sends: int = 0,
) -> Verdict:
    """Whether a code may be sent. Sends are counted over the last ``account_window``."""
    if self_service_paused(limits, global_failures=global_failures):
        return Verdict(refusal=Refusal.PAUSED)
    if account_failures >= limits.account_failures:
        return Verdict(refusal=Refusal.ACCOUNT_FAILURES)
    if account_sends >= limits.account_sends:
        return Verdict(refusal=Refusal.ACCOUNT_SENDS)
    if destination_sends >= limits.destination_sends:
        return Verdict(refusal=Refusal.DESTINATION_SENDS)
    if all_sends >= limits.all_sends:
        return Verdict(refusal=Refusal.ALL_SENDS)
    if last_send is not None and now < last_send + limits.send_gap:
        return Verdict(refusal=Refusal.SEND_TOO_SOON, retry_at=last_send + limits.send_gap)
    return ALLOWED


def may_reset(
    limits: Limits, *, resets_in_day: int, resets_in_month: int, global_failures: int
) -> Verdict:
    """Whether an account may have one more self-service reset; counts are of completed ones."""
    if self_service_paused(limits, global_failures=global_failures):
        return Verdict(refusal=Refusal.PAUSED)
    if resets_in_month >= limits.resets_per_month:
        return Verdict(refusal=Refusal.RESETS_PER_MONTH)
    if resets_in_day >= limits.resets_per_day:
        return Verdict(refusal=Refusal.RESETS_PER_DAY)
    return ALLOWED


def self_service_paused(limits: Limits, *, global_failures: int) -> bool:
    """Whether the whole of self-service stands still; calls are answered all the same."""
    return global_failures >= limits.global_failures


def code_expired(limits: Limits, *, sent_at: datetime, now: datetime) -> bool:
    """Whether a code is past its life; the last instant does not count."""
    return now >= sent_at + limits.code_lifetime


def caller_is_a_risk(limits: Limits, *, calls_in_window: int) -> bool:
    """Whether a number calls too often, this call counted in. It marks; it refuses nothing.

    Caller numbers are forged with ease: a refusal here would let anybody shut somebody out.
    """
    return calls_in_window > limits.caller_calls
