"""Somebody else's log-in that ours may rest on (OpenID Connect)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class IdentityRefusedError(Exception):
    """The provider's answer proves nobody, or not well enough. ``reason`` is one word of the
    check that failed: ``answer``, ``signature``, ``claims``, ``auth_time``, ``level``, ``amr``,
    ``roles``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who logged in at the provider. ``subject``: stable and never given to another person.

    ``roles``: ours, mapped from the provider's; None when roles are kept here.
    """

    issuer: str
    subject: str = field(repr=False)
    roles: tuple[str, ...] | None = None
    level: str = ""


class IdentityProvider(Protocol):
    """May raise :class:`ivr.ports.errors.PortError` when the provider cannot be reached."""

    def address(
        self, *, state: str, nonce: str, verifier: str, back: str, anew: bool = False
    ) -> str:
        """Where to send the browser. ``back``: our address that it returns to. ``anew``: the
        person must prove themselves again there, whatever log-in the browser still has."""

    def identity(
        self, *, code: str, nonce: str, verifier: str, back: str, anew: bool = False
    ) -> Identity:
        """Turn the code that the browser brought into an identity. ``anew``: the provider must
        tell that the person proved themselves just now. Raises IdentityRefusedError."""
