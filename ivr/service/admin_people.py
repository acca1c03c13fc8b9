"""Accounts changed by an administrator on a page: every change leaves an audit line, and the desk
never loses its last administrator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ivr.ports.staff import StaffRow
from ivr.ports.store import Transaction
from ivr.service import staff_accounts, staff_sessions
from ivr.service.runtime import Runtime
from ivr.service.staff_accounts import AccountError
from ivr.service.staff_import import first_password
from ivr.service.staff_leave import leave_desk
from ivr.service.staff_login import login_of
from ivr.service.staff_sessions import StaffRuntime

ADMINS = "staff.admins"
"""What two administrators lock who change accounts at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A new account. ``password``: its first one, to be shown once; empty: it has none."""

    row: StaffRow
    password: str


def everyone(rt: StaffRuntime) -> Sequence[StaffRow]:
    """All accounts by name. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        return tx.staff.everyone()


def account(rt: StaffRuntime, login: str) -> StaffRow | None:
    """Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        return tx.staff.by_login(login_of(login))


def add(
    rt: StaffRuntime,
    *,
    login: str,
    name: str,
    roles: Iterable[str],
    queues: Iterable[str],
    known: Iterable[str],
    local: bool,
    by: StaffRow,
) -> Added:
    """Make an account. ``known``: the queues there are; ``local``: give it a first password by
    chance. Raises AccountError and StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
    password = first_password(rt) if local else ""
    row = staff_accounts.drawn_up(
        rt,
        at=now,
        login=login,
        name=name,
        password=password,
        roles=roles,
        skills=_known(queues, known),
    )
    staff_accounts.add(rt, [row], actor=by.id)
    return Added(row=row, password=password)


def set_roles(rt: StaffRuntime, login: str, roles: Iterable[str], *, by: StaffRow) -> StaffRow:
    """Raises AccountError (``roles``, ``unknown``, ``busy``; ``self`` for one's own admin role,
    ``last`` for the last administrator's) and StoreUnavailableError."""
    wanted = staff_accounts.roles_of(roles)

    def may(tx: Transaction, row: StaffRow) -> None:
        if "admin" not in wanted:
            _keeps_an_admin(tx, row, by)

    return _change(rt, login, "staff.roles", by=by, may=may, roles=wanted)


def set_queues(
    rt: StaffRuntime, login: str, queues: Iterable[str], *, known: Iterable[str], by: StaffRow
) -> StaffRow:
    """Raises AccountError (``skills``, ``unknown``, ``busy``) and StoreUnavailableError."""
    return _change(rt, login, "staff.skills", by=by, skills=_known(queues, known))


def disable(rt: Runtime, login: str, *, by: StaffRow) -> StaffRow:
    """Close an account and end its log-ins; a talk in progress goes on, no other is offered.
    Raises AccountError (``self``, ``last``, ``unknown``, ``busy``) and StoreUnavailableError."""

    def may(tx: Transaction, row: StaffRow) -> None:
        if row.id == by.id:
            raise AccountError("self", row.login)
        _keeps_an_admin(tx, row, by)

    row = _change(rt, login, "staff.disabled", by=by, may=may, active=False)  # type: ignore[arg-type]
    leave_desk(rt, row.id)
    return row


def enable(rt: StaffRuntime, login: str, *, by: StaffRow) -> StaffRow:
    """Raises AccountError (``unknown``, ``busy``) and StoreUnavailableError."""
    return _change(rt, login, "staff.enabled", by=by, active=True)


def reset_second_factor(rt: StaffRuntime, login: str, *, by: StaffRow) -> StaffRow:
    """The person enrols another one at the next log-in. Never one's own: whoever finds an open
    browser would take the factor over. Raises AccountError (``self``, ``unknown``, ``busy``) and
    StoreUnavailableError."""

    def may(tx: Transaction, row: StaffRow) -> None:
        if row.id == by.id:
            raise AccountError("self", row.login)

    return _change(rt, login, "staff.totp_reset", by=by, may=may, totp="")


def _change(
    rt: StaffRuntime,
    login: str,
    action: str,
    *,
    by: StaffRow,
    may: Callable[[Transaction, StaffRow], None] = lambda tx, row: None,
    **fields: Any,
) -> StaffRow:
    """As :func:`ivr.service.staff_accounts.change`, one administrator after the other, and
    nothing when nothing would be different."""
    with rt.store.begin() as tx:
        tx.proofs.lock(ADMINS)
        row = tx.staff.by_login(login_of(login))
        if row is None:
            raise AccountError("unknown", login)
        may(tx, row)
        new = replace(row, **fields)
        if new == row:
            return row
        if not tx.staff.save(new):
            raise AccountError("busy", row.login)
        staff_sessions.end_all(tx, row.id, actor=by.id)
        shown = {k: v for k, v in fields.items() if k in ("roles", "skills", "active")}
        staff_accounts.tell(tx, row, action, actor=by.id, **shown)
        return replace(new, version=row.version + 1)


def _keeps_an_admin(tx: Transaction, row: StaffRow, by: StaffRow) -> None:
    if "admin" not in row.roles:
        return
    if row.id == by.id:
        raise AccountError("self", row.login)
    others = (one for one in tx.staff.everyone() if one.active and one.id != row.id)
    if row.active and not any("admin" in one.roles for one in others):
        raise AccountError("last", row.login)


def _known(queues: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    asked, there = set(queues), tuple(known)
    if asked - set(there):
        raise AccountError("skills")
    return tuple(name for name in there if name in asked)
