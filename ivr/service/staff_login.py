"""Logging in to the desk with a local account: password, then second factor.

A try is written before anything is compared, and a try beyond a limit costs the same work and gets
the same answer. Tries are counted by account, and by network address. A browser that has logged
in to the account before carries a device mark and is counted by itself (OWASP, "Device cookies"):
whoever fails on purpose from elsewhere closes the account for strange browsers only, and only for
as long as the tries go on, never for the agent's own computer.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ivr.ports.staff import AuditLine, StaffRow, StaffTry
from ivr.ports.store import Transaction
from ivr.service import staff_sessions, totp
from ivr.service.staff_sessions import StaffRuntime, Standing

ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 50
"""Many people share one office's address."""
WINDOW = timedelta(minutes=15)
LONGEST_PASSWORD = 1024
LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
MARKS = 6
"""Device marks that one browser keeps: people share computers."""
_TRY_BYTES = 16
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """What became of a log-in: a token for the browser, empty when it was refused.

    ``marks``: device marks for the browser to keep.
    """

    token: str = field(default="", repr=False)
    marks: tuple[str, ...] = field(default=(), repr=False)


def log_in(
    rt: StaffRuntime, *, login: str, password: str, address: str, marks: Sequence[str] = ()
) -> LogIn:
    """Try a password. The session that it opens may still lack the second factor.

    ``address``: of the network. ``marks``: of this browser. Raises StoreUnavailableError.
    """
    name = login_of(login)
    account = rt.keyed_hash("staff-login", name)
    mark = known_mark(rt, account, marks)
    with rt.store.begin() as tx:
        staff = tx.staff.by_login(name) if LOGIN.fullmatch(name) else None
        one = reserve(rt, tx, account=mark or account, address=address, trusted=bool(mark))
    text = unicodedata.normalize("NFC", password[:LONGEST_PASSWORD])
    stored = staff.password_hash if staff and one else ""
    passed = rt.verify_pin(stored or None, text) and staff is not None and staff.active
    with rt.store.begin() as tx:
        passed = settle(tx, one, passed=passed)
        who = f"staff:{staff.id}" if staff else f"login:{account}"
        action = "staff.password_passed" if passed else "staff.login_failed"
        tx.audit.add(AuditLine(at=tx.now(), actor="", action=action, object=who))
        if not passed or staff is None:
            return LogIn()
        token = staff_sessions.begin(rt, tx, staff, way="local", second_factor=False)
        if staff.totp:
            return LogIn(token=token)
        note_login(tx, staff, way="local")
    return LogIn(token=token, marks=with_mark(rt, account, marks))


def show_code(
    rt: StaffRuntime, standing: Standing, *, code: str, address: str, marks: Sequence[str] = ()
) -> LogIn:
    """Try the code of the second factor; the session goes on under a new token. Raises
    StoreUnavailableError."""
    staff = standing.staff
    account = rt.keyed_hash("staff-login", staff.login)
    mark = known_mark(rt, account, marks)
    counted = rt.keyed_hash("staff-totp", mark or account)
    with rt.store.begin() as tx:
        one = reserve(rt, tx, account=counted, address=address, trusted=bool(mark))
        step = totp.step_of(staff.totp, code, at=tx.now())
        passed = one is not None and step > 0 and tx.staff.use_totp(staff.id, step)
        if not settle(tx, one, passed=passed):
            note(tx, staff, "staff.code_failed")
            return LogIn()
        if not tx.staff.end_session(standing.session.id, at=tx.now()):
            return LogIn()
        token = staff_sessions.begin(
            rt,
            tx,
            staff,
            way=standing.session.way,
            second_factor=True,
            since=standing.session.created_at,
        )
        note_login(tx, staff, way="local")
    return LogIn(token=token, marks=with_mark(rt, account, marks))


def login_of(text: str) -> str:
    """A login as accounts are kept under: NFKC, small letters, no blanks around."""
    return unicodedata.normalize("NFKC", text[:200]).strip().lower()


def reserve(
    rt: StaffRuntime, tx: Transaction, *, account: str, address: str, trusted: bool
) -> StaffTry | None:
    """Write a try that has not ended; None beyond a limit. A trusted browser is not held by what
    others at its address did."""
    place = rt.keyed_hash("address", address)
    tx.proofs.lock(account)
    tx.proofs.lock(place)
    now = tx.now()
    of_account = tx.staff.failures(account=account, since=now - WINDOW)
    of_place = tx.staff.failures_of_address(address=place, since=now - WINDOW)
    if of_account >= ACCOUNT_FAILURES or (of_place >= ADDRESS_FAILURES and not trusted):
        return None
    one = StaffTry(id=rt.entropy(_TRY_BYTES).hex(), account=account, address=place, at=now)
    tx.staff.reserve_try(one)
    return one


def settle(tx: Transaction, one: StaffTry | None, *, passed: bool) -> bool:
    """Write how a try ended; whether it passed."""
    return one is not None and tx.staff.settle_try(one.id, passed=passed) and passed


def note(tx: Transaction, staff: StaffRow, action: str, **data: str) -> None:
    """An audit line of what a person did to their own account."""
    tx.audit.add(
        AuditLine(at=tx.now(), actor=staff.id, action=action, object=f"staff:{staff.id}", data=data)
    )


def note_login(tx: Transaction, staff: StaffRow, *, way: str) -> None:
    note(tx, staff, "staff.login", way=way)


def known_mark(rt: StaffRuntime, account: str, marks: Sequence[str]) -> str:
    """The hash under which a browser with a mark of this account is counted, else nothing."""
    for mark in marks[:MARKS]:
        chance, _, proof = mark.partition(".")
        if hmac.compare_digest(_proof(rt, account, chance).encode(), proof.encode()):
            return rt.keyed_hash("staff-mark", chance)
    return ""


def with_mark(rt: StaffRuntime, account: str, marks: Sequence[str]) -> tuple[str, ...]:
    """The browser's marks with a new one of this account in front."""
    chance = rt.entropy(_MARK_BYTES).hex()
    mine = [m for m in marks[:MARKS] if not known_mark(rt, account, [m])]
    return (f"{chance}.{_proof(rt, account, chance)}", *mine)[:MARKS]


def _proof(rt: StaffRuntime, account: str, chance: str) -> str:
    return rt.keyed_hash("staff-device", f"{account}:{chance}")
