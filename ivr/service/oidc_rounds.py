"""One way to an identity provider and back.

A log-in that was begun can be ended once: its state is a row that is settled before the provider
is asked, so that neither a copied cookie nor a copied address ends it again.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from ivr.ports.clock import Entropy
from ivr.ports.identity import Identity, IdentityProvider, IdentityRefusedError
from ivr.ports.sealing import KeyedHash
from ivr.ports.staff import StaffTry
from ivr.ports.store import Store

LASTS = timedelta(minutes=10)
"""From the button until the provider sends the browser back."""
WINDOW = timedelta(minutes=15)
STARTS = 200
"""Log-ins begun and not ended, from one network address within WINDOW."""
_BYTES = 32


class RoundRuntime(Protocol):
    """What a round needs of the service's runtime."""

    @property
    def store(self) -> Store: ...
    @property
    def entropy(self) -> Entropy: ...
    @property
    def keyed_hash(self) -> KeyedHash: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """What the browser's signed cookie keeps meanwhile."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(
    rt: RoundRuntime,
    provider: IdentityProvider,
    *,
    who: str,
    back: str,
    address: str,
    anew: bool = False,
) -> tuple[str, Parked]:
    """Where to send the browser, and what to park in it. ``who``: whose log-in it is, a word.

    Raises IdentityRefusedError (``busy``), PortError and StoreUnavailableError.
    """
    parked = Parked(
        state=_word(rt.entropy(_BYTES)),
        nonce=_word(rt.entropy(_BYTES)),
        verifier=_word(rt.entropy(_BYTES)),
    )
    url = provider.address(
        state=parked.state, nonce=parked.nonce, verifier=parked.verifier, back=back, anew=anew
    )
    place = rt.keyed_hash("oidc-address", address)
    with rt.store.begin() as tx:
        tx.proofs.lock(place)
        now = tx.now()
        if tx.staff.failures_of_address(address=place, since=now - WINDOW) >= STARTS:
            raise IdentityRefusedError("busy")
        key = _state_key(rt, who, parked.state)
        tx.staff.reserve_try(StaffTry(id=key, account=who, address=place, at=now))
    return url, parked


def end(
    rt: RoundRuntime,
    provider: IdentityProvider,
    *,
    who: str,
    state: str,
    code: str,
    parked: Parked | None,
    back: str,
    anew: bool = False,
) -> Identity:
    """Who came back; ``anew`` as it was begun.

    Raises IdentityRefusedError (also ``state``), PortError and StoreUnavailableError.
    """
    if parked is None or not hmac.compare_digest(state.encode(), parked.state.encode()):
        raise IdentityRefusedError("state")
    key = _state_key(rt, who, parked.state)
    with rt.store.begin() as tx:
        begun = tx.staff.try_of(key)
        fresh = begun is not None and tx.now() < begun.at + LASTS
        if not tx.staff.settle_try(key, passed=True) or not fresh:
            raise IdentityRefusedError("state")
    return provider.identity(
        code=code, nonce=parked.nonce, verifier=parked.verifier, back=back, anew=anew
    )


def _state_key(rt: RoundRuntime, who: str, state: str) -> str:
    return rt.keyed_hash(f"{who}-state", state)


def _word(chance: bytes) -> str:
    return base64.urlsafe_b64encode(chance).rstrip(b"=").decode()
