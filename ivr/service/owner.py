"""The owner's page: what may be seen and changed by somebody who is logged in.

Each change, its event and its notice to the registered mobile are one transaction. Whatever
would make telephone resets easier asks for the password again, or for a log-in just made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.mail_address import mask_mail
from ivr.domain.otp import SALT_BYTES_MIN, numeric_code
from ivr.domain.phone_number import mask_phone
from ivr.domain.telephone_pin import PinFault, PinOwner, check_pin
from ivr.ports.directory import Account, Authenticator
from ivr.ports.errors import PortError
from ivr.ports.owner import OwnerEvent, PrintedCode
from ivr.ports.store import Job, Transaction
from ivr.service.links import FREEZE
from ivr.service.owner_login import Owner, OwnerRuntime, password_holds, person_hash

CODES = 10
CODE_DIGITS = 8
_EVENT_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the page shows. Channels are masked already.

    ``may_have_secrets``: False for groups that never prove themselves by telephone.
    ``may_lift``: the freeze is the one that was set from this page.
    """

    mobile: str
    mail: str
    mobile_changed_at: datetime | None
    has_pin: bool
    codes_left: int
    may_have_secrets: bool
    frozen_until: datetime | None
    may_lift: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a change. ``refused``: the password was wrong, or limited; ``barred``: not
    for this account; ``faults``: of the PIN; ``codes``: the new ones, shown once."""

    ok: bool = False
    refused: bool = False
    barred: bool = False
    faults: tuple[PinFault, ...] = ()
    codes: tuple[str, ...] = field(default=(), repr=False)


_REFUSED = Change(refused=True)
_BARRED = Change(barred=True)


def overview(rt: OwnerRuntime, owner: Owner) -> Overview:
    """The state of the person's telephone access. Raises PortError, StoreUnavailableError."""
    account = account_of(rt, owner)
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        until = tx.owner.frozen_until(owner.account)
        frozen = until is not None and now < until
        return Overview(
            mobile=mask_phone(account.mobile) if account.mobile else "",
            mail=mask_mail(account.mail) if account.mail else "",
            mobile_changed_at=account.mobile_changed_at,
            has_pin=tx.proofs.pin_hash(owner.account) is not None,
            codes_left=tx.owner.codes_left(owner.account),
            may_have_secrets=may_have_secrets(rt, account),
            frozen_until=until if frozen else None,
            may_lift=frozen and _is_own_freeze(tx, owner, until),
        )


def set_pin(rt: OwnerRuntime, owner: Owner, *, pin: str, password: str, address: str) -> Change:
    """Set or change the telephone PIN. Raises PortError, StoreUnavailableError."""
    account = account_of(rt, owner)
    if not may_have_secrets(rt, account):
        return _BARRED
    if not _confirmed(rt, owner, password=password, address=address):
        return _REFUSED
    faults = check_pin(pin, owner=pin_owner(account))
    if faults:
        return Change(faults=faults)
    pin_hash = rt.verify_pin.hash(pin)
    with rt.store.begin() as tx:
        tx.proofs.set_pin(owner.account, pin_hash)
        _note(rt, tx, owner, kind="pin_set", notify=True)
    return Change(ok=True)


def revoke_pin(rt: OwnerRuntime, owner: Owner, *, password: str, address: str) -> Change:
    """Remove the telephone PIN. Raises PortError, StoreUnavailableError."""
    if not _confirmed(rt, owner, password=password, address=address):
        return _REFUSED
    with rt.store.begin() as tx:
        if tx.owner.drop_pin(owner.account):
            _note(rt, tx, owner, kind="pin_revoked", notify=True)
    return Change(ok=True)


def make_codes(rt: OwnerRuntime, owner: Owner, *, password: str, address: str) -> Change:
    """Ten one-time telephone codes in the place of all older ones.

    Only their slow hashes are kept. Raises PortError, StoreUnavailableError.
    """
    if not may_have_secrets(rt, account_of(rt, owner)):
        return _BARRED
    if not _confirmed(rt, owner, password=password, address=address):
        return _REFUSED
    codes = tuple(
        numeric_code(rt.secret_key, "printed", rt.entropy(SALT_BYTES_MIN), digits=CODE_DIGITS)
        for _ in range(CODES)
    )
    rows = [
        PrintedCode(number=number, code_hash=rt.verify_pin.hash(code))
        for number, code in enumerate(codes, start=1)
    ]
    with rt.store.begin() as tx:
        tx.owner.put_codes(owner.account, rows, at=tx.now())
        _note(rt, tx, owner, kind="codes_made", notify=True, count=CODES)
    return Change(ok=True, codes=codes)


def freeze(rt: OwnerRuntime, owner: Owner) -> None:
    """Keep telephone resets off the account: "não fui eu". Raises StoreUnavailableError."""
    with rt.store.begin() as tx:
        now = tx.now()
        until = tx.owner.frozen_until(owner.account)
        own = until is None or until <= now or _is_own_freeze(tx, owner, until)
        tx.resets.freeze(owner.account, until=now + FREEZE)
        _note(rt, tx, owner, kind="frozen", until=(now + FREEZE).isoformat() if own else "not own")


def lift_freeze(rt: OwnerRuntime, owner: Owner, *, password: str, address: str) -> Change:
    """Lift the freeze that was set from this page, and no other: one that came of a notice may
    be about the very password that is given here. Raises PortError, StoreUnavailableError."""
    if not _confirmed(rt, owner, password=password, address=address):
        return _REFUSED
    with rt.store.begin() as tx:
        if not _is_own_freeze(tx, owner, tx.owner.frozen_until(owner.account)):
            return _BARRED
        tx.owner.lift_freeze(owner.account)
        _note(rt, tx, owner, kind="unfrozen", notify=True)
    return Change(ok=True)


def account_of(rt: OwnerRuntime, owner: Owner) -> Account:
    """The directory's account now. Raises PortError, permanent when it is gone, disabled or has
    become somebody else's."""
    account = rt.directories[owner.directory].get(owner.uid)
    if account is None or account.disabled or person_hash(rt, account) != owner.account:
        raise PortError("no_account", permanent=True)
    return account


def may_have_secrets(rt: OwnerRuntime, account: Account) -> bool:
    """Whether the account's group ever proves itself by telephone."""
    group = rt.policy.group_of(account.group, privileged=account.privileged)
    known = rt.policy.groups.get(group)
    return known is not None and known.self_service


def pin_owner(account: Account) -> PinOwner:
    """Numbers of the person that must not make up a PIN."""
    return PinOwner(
        cpf=account.person_key, matricula=account.matricula, mobile=account.mobile or ""
    )


def _confirmed(rt: OwnerRuntime, owner: Owner, *, password: str, address: str) -> bool:
    """Proven again: by the password, or, where the directory tries none, by a fresh log-in."""
    if not isinstance(rt.directories[rt.identity], Authenticator):
        return owner.fresh
    return password_holds(
        rt, account=owner.account, uid=owner.uid, password=password, address=address
    )


def _is_own_freeze(tx: Transaction, owner: Owner, until: datetime | None) -> bool:
    """Whether the freeze ends when the newest one set from this page says."""
    event = tx.owner.last_event(owner.account, "frozen")
    return event is not None and until is not None and event.data["until"] == until.isoformat()


def _note(
    rt: OwnerRuntime,
    tx: Transaction,
    owner: Owner,
    *,
    kind: str,
    notify: bool = False,
    **data: str | int,
) -> None:
    now = tx.now()
    tx.owner.note(OwnerEvent(account=owner.account, at=now, kind=kind, data=data))
    if not notify:
        return
    journal = journal_of(owner.account)
    tx.outbox.add(
        Job(
            key=f"notice:owner:{rt.entropy(_EVENT_BYTES).hex()}",
            kind="sms.notice",
            call_sid=journal,
            payload={
                "directory": owner.directory,
                "uid": owner.uid,
                "event": "phone_access_changed",
                "call_sid": journal,
            },
            run_at=now,
            created_at=now,
        )
    )


def journal_of(account: str) -> str:
    """The name under which the journal keeps what was sent for a person outside of calls."""
    return f"owner:{account}"
