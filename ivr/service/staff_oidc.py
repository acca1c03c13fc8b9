"""Logging in to the desk with an account of the identity provider."""

from __future__ import annotations

from dataclasses import replace

from ivr.ports.identity import Identity, IdentityProvider, IdentityRefusedError
from ivr.ports.staff import AuditLine, StaffRow
from ivr.ports.store import Transaction
from ivr.service import oidc_rounds, staff_sessions
from ivr.service.oidc_rounds import Parked
from ivr.service.staff_accounts import roles_of
from ivr.service.staff_login import note, note_login
from ivr.service.staff_sessions import StaffRuntime

WHO = "oidc"


def start(
    rt: StaffRuntime, provider: IdentityProvider, *, back: str, address: str
) -> tuple[str, Parked]:
    """As :func:`ivr.service.oidc_rounds.begin`."""
    return oidc_rounds.begin(rt, provider, who=WHO, back=back, address=address)


def finish(
    rt: StaffRuntime,
    provider: IdentityProvider,
    *,
    state: str,
    code: str,
    parked: Parked | None,
    back: str,
) -> str:
    """The token of the new session. Raises IdentityRefusedError (also ``state``, ``unknown``),
    PortError and StoreUnavailableError."""
    try:
        found = oidc_rounds.end(
            rt, provider, who=WHO, state=state, code=code, parked=parked, back=back
        )
    except IdentityRefusedError as error:
        if error.reason != "state":
            with rt.store.begin() as tx:
                _note_refused(tx, "oidc", error.reason)
        raise
    subject = subject_hash(rt, issuer=found.issuer, subject=found.subject)
    with rt.store.begin() as tx:
        staff = tx.staff.by_subject(subject)
        if staff is not None and staff.active:
            staff = _with_roles(tx, staff, found)
            note_login(tx, staff, way="oidc")
            return staff_sessions.begin(rt, tx, staff, way="oidc", second_factor=True)
        _note_refused(tx, f"subject:{subject}", "unknown")
    raise IdentityRefusedError("unknown")


def subject_hash(rt: StaffRuntime, *, issuer: str, subject: str) -> str:
    """How an account knows its identity at a provider (at gov.br the subject is the CPF)."""
    return rt.keyed_hash("staff-subject", f"{issuer} {subject}")


def _with_roles(tx: Transaction, staff: StaffRow, found: Identity) -> StaffRow:
    if found.roles is None:
        return staff
    roles = roles_of(found.roles)
    if roles == staff.roles:
        return staff
    new = replace(staff, roles=roles)
    if not tx.staff.save(new):
        raise IdentityRefusedError("state")
    staff_sessions.end_all(tx, staff.id, actor=staff.id)
    note(tx, staff, "staff.roles", roles=",".join(roles))
    return replace(new, version=staff.version + 1)


def _note_refused(tx: Transaction, who: str, reason: str) -> None:
    tx.audit.add(
        AuditLine(
            at=tx.now(), actor="", action="staff.oidc_refused", object=who, data={"why": reason}
        )
    )
