"""Logging in to the owner's page with the password of the directory.

A try is written before the directory is asked, and a try beyond a limit is answered after the
same work with the same words. The limits close this page only: they stay below the thresholds by
which directories lock accounts, so that nobody is locked out of work from here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ivr.domain.assurance import AssurancePolicy
from ivr.domain.identifier import Identifier, parse_keyed
from ivr.ports.clock import Entropy
from ivr.ports.directory import Account, Authenticator, Directory, TellsMustChange
from ivr.ports.errors import PortError
from ivr.ports.owner import LoginTry, OwnerEvent, OwnerSession
from ivr.ports.sealing import KeyedHash
from ivr.ports.store import Store, Transaction

ACCOUNT_FAILURES = 4
ACCOUNT_WINDOW = timedelta(minutes=30)
ADDRESS_FAILURES = 50
ADDRESS_WINDOW = timedelta(minutes=15)
"""Many people share one office's address."""
IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)
LONGEST_PASSWORD = 1024
FRESH = timedelta(minutes=5)
"""After a log-in at a provider, in which changes need no further proof."""
_TOKEN_BYTES = 32
_TRY_BYTES = 16
_NOBODY = "~nobody~"
"""A key that no directory gives: asked for in the place of somebody who is unknown or limited."""


class PinKeeper(Protocol):
    """Slow hashes of telephone PINs and printed codes."""

    def hash(self, secret: str, /) -> str: ...
    def __call__(self, pin_hash: str | None, secret: str, /) -> bool: ...


class OwnerRuntime(Protocol):
    """What the use cases of the owner's page need of the service's runtime."""

    @property
    def store(self) -> Store: ...
    @property
    def directories(self) -> Mapping[str, Directory]: ...
    @property
    def identity(self) -> str: ...
    @property
    def entropy(self) -> Entropy: ...
    @property
    def keyed_hash(self) -> KeyedHash: ...
    @property
    def verify_pin(self) -> PinKeeper: ...
    @property
    def policy(self) -> AssurancePolicy: ...
    @property
    def secret_key(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Somebody who is logged in. ``account``: keyed hash of the person. ``fresh``: they proved
    themselves a few minutes ago."""

    session: str = field(repr=False)
    account: str
    directory: str
    uid: str = field(repr=False)
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """What became of a log-in. ``token`` is for the browser only, empty when it was refused.

    ``malformed``: the number can be neither CPF nor matrícula. ``must_change``: the password is
    right and the directory wants another one first.
    """

    token: str = field(default="", repr=False)
    malformed: bool = False
    must_change: bool = False


def log_in(rt: OwnerRuntime, *, number: str, password: str, address: str) -> LogIn:
    """Open a session for CPF or matrícula and the directory's password.

    ``address``: of the network, for the count of failures. Raises PortError and
    StoreUnavailableError.
    """
    identifier = parse_keyed("".join(char for char in number if char not in " .-/"))
    if not isinstance(identifier, Identifier):
        return LogIn(malformed=True)
    directory = rt.directories[rt.identity]
    account = directory.find(kind=identifier.kind.value, number=identifier.digits)
    key = (
        rt.keyed_hash(identifier.kind.value, identifier.digits)
        if account is None
        else person_hash(rt, account)
    )
    uid = account.uid if account else ""
    if not password_holds(rt, account=key, uid=uid, password=password, address=address):
        return LogIn()
    if isinstance(directory, TellsMustChange) and directory.must_change(uid):
        with rt.store.begin() as tx:
            tx.owner.note(OwnerEvent(account=key, at=tx.now(), kind="login_must_change"))
        return LogIn(must_change=True)
    token = open_session(rt, account=key, uid=uid)
    return LogIn(token=token)


def open_session(rt: OwnerRuntime, *, account: str, uid: str) -> str:
    """The token of a session of somebody who proved themselves. Raises StoreUnavailableError."""
    token = rt.entropy(_TOKEN_BYTES).hex()
    with rt.store.begin() as tx:
        now = tx.now()
        tx.owner.open_session(
            OwnerSession(
                id=_session_id(rt, token),
                account=account,
                directory=rt.identity,
                uid=uid,
                created_at=now,
                seen_at=now,
            )
        )
        tx.owner.note(OwnerEvent(account=account, at=now, kind="login"))
    return token


def password_holds(
    rt: OwnerRuntime, *, account: str, uid: str, password: str, address: str
) -> bool:
    """Whether the directory takes the password, within the limits of account and address.

    ``uid`` is empty for somebody unknown. Raises PortError, permanent when the directory cannot
    try passwords, and StoreUnavailableError.
    """
    directory = rt.directories[rt.identity]
    if not isinstance(directory, Authenticator):
        raise PortError("no_login", permanent=True)
    try_id = rt.entropy(_TRY_BYTES).hex()
    place = rt.keyed_hash("address", address)
    with rt.store.begin() as tx:
        tx.proofs.lock(account)
        tx.proofs.lock(place)
        now = tx.now()
        allowed = _within_limits(tx, account=account, place=place, now=now)
        if allowed:
            tx.owner.reserve_login(LoginTry(id=try_id, account=account, address=place, at=now))
    asked = uid if allowed and uid else _NOBODY
    text = unicodedata.normalize("NFC", password[:LONGEST_PASSWORD])
    try:
        passed = directory.authenticate(asked, text) and allowed and bool(uid) and bool(text)
    except PortError:
        # No answer tells nothing of the password: an outage must not use up the owner's tries.
        with rt.store.begin() as tx:
            tx.owner.release_login(try_id)
        raise
    with rt.store.begin() as tx:
        if allowed:
            tx.owner.settle_login(try_id, passed=passed)
        if allowed and not passed:
            tx.owner.note(OwnerEvent(account=account, at=tx.now(), kind="login_failed"))
    return passed


def owner_of(rt: OwnerRuntime, token: str) -> Owner | None:
    """Who holds a session's token, None when it is unknown, ended, idle or too old.

    Using a session keeps it from going idle. Raises StoreUnavailableError.
    """
    if not token:
        return None
    key = _session_id(rt, token)
    with rt.store.begin() as tx:
        now = tx.now()
        session = tx.owner.session(key)
        if session is None:
            return None
        if now >= session.seen_at + IDLE or now >= session.created_at + ABSOLUTE:
            tx.owner.end_session(key, at=now)
            tx.owner.note(OwnerEvent(account=session.account, at=now, kind="session_over"))
            return None
        tx.owner.touch_session(key, at=now)
    return Owner(
        session=key,
        account=session.account,
        directory=session.directory,
        uid=session.uid,
        fresh=now < session.created_at + FRESH,
    )


def log_out(rt: OwnerRuntime, token: str) -> None:
    """End the session of a token, wherever copies of the token are. Raises
    StoreUnavailableError."""
    with rt.store.begin() as tx:
        session = tx.owner.session(_session_id(rt, token))
        if session is not None and tx.owner.end_session(session.id, at=tx.now()):
            tx.owner.note(OwnerEvent(account=session.account, at=tx.now(), kind="logout"))


def person_hash(rt: OwnerRuntime, account: Account) -> str:
    """The keyed hash under which calls, PINs and freezes know a person."""
    return rt.keyed_hash("cpf", account.person_key)


def _within_limits(tx: Transaction, *, account: str, place: str, now: datetime) -> bool:
    of_account = tx.owner.login_failures(account=account, since=now - ACCOUNT_WINDOW)
    of_place = tx.owner.login_failures_of_address(address=place, since=now - ADDRESS_WINDOW)
    return of_account < ACCOUNT_FAILURES and of_place < ADDRESS_FAILURES


def _session_id(rt: OwnerRuntime, token: str) -> str:
    """How a session is known here; only the browser holds its token."""
    return rt.keyed_hash("owner_session", token)
