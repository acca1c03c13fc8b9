"""Logging in to the desk with an account of the identity provider.

A log-in that was begun can be ended once: its state is a row that is settled before the provider
is asked, so that neither a copied cookie nor a copied address ends it again.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ivr.ports.identity import Identity, IdentityProvider, IdentityRefusedError
from ivr.ports.staff import AuditLine, StaffRow, StaffTry
from ivr.ports.store import Transaction
from ivr.service import staff_sessions
from ivr.service.staff_accounts import roles_of
from ivr.service.staff_login import WINDOW, note, note_login
from ivr.service.staff_sessions import StaffRuntime

LASTS = timedelta(minutes=10)
"""From the button until the provider sends the browser back."""
STARTS = 200
"""Log-ins begun and not ended, from one network address within WINDOW."""
_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """What the browser's signed cookie keeps meanwhile."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def start(
    rt: StaffRuntime, provider: IdentityProvider, *, back: str, address: str
) -> tuple[str, Parked]:
    """Where to send the browser, and what to park in it. Raises IdentityRefusedError (``busy``),
    PortError and StoreUnavailableError."""
    parked = Parked(
        state=_word(rt.entropy(_BYTES)),
        nonce=_word(rt.entropy(_BYTES)),
        verifier=_word(rt.entropy(_BYTES)),
    )
    url = provider.address(
        state=parked.state, nonce=parked.nonce, verifier=parked.verifier, back=back
    )
    place = rt.keyed_hash("oidc-address", address)
    with rt.store.begin() as tx:
        tx.proofs.lock(place)
        now = tx.now()
        if tx.staff.failures_of_address(address=place, since=now - WINDOW) >= STARTS:
            raise IdentityRefusedError("busy")
        key = _state_key(rt, parked.state)
        tx.staff.reserve_try(StaffTry(id=key, account="oidc", address=place, at=now))
    return url, parked


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
    if parked is None or not hmac.compare_digest(state.encode(), parked.state.encode()):
        raise IdentityRefusedError("state")
    key = _state_key(rt, parked.state)
    with rt.store.begin() as tx:
        begun = tx.staff.try_of(key)
        fresh = begun is not None and tx.now() < begun.at + LASTS
        if not tx.staff.settle_try(key, passed=True) or not fresh:
            raise IdentityRefusedError("state")
    try:
        found = provider.identity(
            code=code, nonce=parked.nonce, verifier=parked.verifier, back=back
        )
    except IdentityRefusedError as error:
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


def _state_key(rt: StaffRuntime, state: str) -> str:
    return rt.keyed_hash("staff-oidc", state)


def _word(chance: bytes) -> str:
    return base64.urlsafe_b64encode(chance).rstrip(b"=").decode()
