"""Log-ins of staff that last: who holds a token, how far the log-in has come, when it ends.

A session ends 15 minutes after the last thing that its person did and 10 hours after the log-in,
whatever is done meanwhile (NIST SP 800-63B-4 §2.2.3 allows 12 hours and 30 minutes at most). What
a page does by itself (sign of life, live fragments) counts as done by the person only while the
telephone rings or a talk goes on: an agent who speaks for long is not logged out, a console that
nobody sits at is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from ivr.ports.clock import Entropy
from ivr.ports.sealing import KeyedHash
from ivr.ports.staff import AuditLine, StaffRow, StaffSession
from ivr.ports.store import Store, Transaction

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)
BETWEEN_TOUCHES = timedelta(seconds=30)
"""A talk's signs of life are written no more often."""
HALF = timedelta(minutes=5)
"""How long a right password waits for the second factor."""
TOKEN_BYTES = 32

Step = Literal["code", "enrol", "in"]


class PasswordKeeper(Protocol):
    """Slow hashes of passwords; a missing hash costs what a wrong password costs."""

    def hash(self, secret: str, /) -> str: ...
    def __call__(self, password_hash: str | None, secret: str, /) -> bool: ...


class StaffRuntime(Protocol):
    """What the use cases of staff need of the service's runtime."""

    @property
    def store(self) -> Store: ...
    @property
    def entropy(self) -> Entropy: ...
    @property
    def keyed_hash(self) -> KeyedHash: ...
    @property
    def verify_pin(self) -> PasswordKeeper: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A person with a token. ``step``: what is still to be shown before pages open: the code of
    the second factor, its enrolment, or nothing (``in``)."""

    staff: StaffRow
    session: StaffSession
    step: Step = field(default="in")


def session_id(rt: StaffRuntime, token: str) -> str:
    """The keyed hash under which the session of a token is kept."""
    return rt.keyed_hash("staff-session", token)


def begin(
    rt: StaffRuntime,
    tx: Transaction,
    staff: StaffRow,
    *,
    way: Literal["local", "oidc"],
    second_factor: bool,
    since: datetime | None = None,
) -> str:
    """Open a session and return its token. ``since``: the log-in that this one carries on."""
    token = rt.entropy(TOKEN_BYTES).hex()
    now = tx.now()
    tx.staff.open_session(
        StaffSession(
            id=session_id(rt, token),
            staff=staff.id,
            way=way,
            second_factor=second_factor,
            created_at=since or now,
            seen_at=now,
        )
    )
    return token


def standing_of(
    rt: StaffRuntime, token: str, *, by_person: bool, must_enrol: bool
) -> Standing | None:
    """Who holds a token; None when it is unknown, ended, idle or too old.

    ``by_person``: the request is something that the person did. ``must_enrol``: local accounts
    without a second factor get one first. Raises StoreUnavailableError.
    """
    if not token:
        return None
    asked = session_id(rt, token)
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        session = tx.staff.session(asked)
        staff = tx.staff.get(session.staff) if session else None
        if session is None or staff is None:
            return None
        step = _step(staff, session, must_enrol=must_enrol)
        over = not _alive(session, step, now) or not staff.active
        touch = by_person or (
            not over
            and now >= session.seen_at + BETWEEN_TOUCHES
            and step == "in"
            and tx.staff.in_talk(staff.id)
        )
    if over:
        with rt.store.begin() as tx:
            end(tx, session, action="staff.session_over", actor=staff.id)
        return None
    if touch:
        with rt.store.begin() as tx:
            tx.staff.touch_session(session.id, at=now)
    return Standing(staff=staff, session=session, step=step)


def still_open(rt: StaffRuntime, session: str) -> bool:
    """Whether a session may still be told of live events, by its id. Nothing is written."""
    with rt.store.begin(write=False) as tx:
        found = tx.staff.session(session)
        staff = tx.staff.get(found.staff) if found else None
        return bool(found and staff and staff.active and _alive(found, "in", tx.now()))


def log_out(rt: StaffRuntime, token: str) -> None:
    """End the session of a token, wherever copies of the token are. Raises
    StoreUnavailableError."""
    with rt.store.begin() as tx:
        session = tx.staff.session(session_id(rt, token)) if token else None
        if session is not None:
            end(tx, session, action="staff.logout", actor=session.staff)


def end(tx: Transaction, session: StaffSession, *, action: str, actor: str) -> bool:
    """End a session, tell its pages, write the audit line; False when it was ended already."""
    now = tx.now()
    if not tx.staff.end_session(session.id, at=now):
        return False
    tx.changes.tell("sessao.fim", session.id, audience=[f"agent:{session.staff}"])
    tx.audit.add(AuditLine(at=now, actor=actor, action=action, object=f"staff:{session.staff}"))
    return True


def end_all(tx: Transaction, staff_id: str, *, actor: str, but: str = "") -> int:
    """End every session of an account but one; how many were ended."""
    return sum(
        end(tx, session, action="staff.session_ended", actor=actor)
        for session in tx.staff.sessions_of(staff_id)
        if session.id != but
    )


def _step(staff: StaffRow, session: StaffSession, *, must_enrol: bool) -> Step:
    if session.second_factor:
        return "in"
    if staff.totp:
        return "code"
    return "enrol" if must_enrol else "in"


def _alive(session: StaffSession, step: Step, now: datetime) -> bool:
    bounded = now < session.created_at + (HALF if step == "code" else ABSOLUTE)
    return bounded and now < session.seen_at + IDLE
