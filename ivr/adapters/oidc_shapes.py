"""What a provider's claims say beyond the standard: how sure the person is, which roles they have.

``govbr``: Login Único of the federal government: ``reliability_info.level`` is bronze, silver or
gold. ``keycloak``: ``acr`` is the level,
``realm_access.roles`` are the realm's roles. ``amr`` (RFC 8176) is the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ivr.ports.identity import IdentityRefusedError

GOVBR_LEVELS = ("bronze", "silver", "gold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``levels``: those that are enough, none asked when empty. ``amr``: one of these is needed,
    none asked when empty. ``roles``: ours by the provider's; empty keeps roles on our side."""

    kind: Literal["govbr", "keycloak"]
    levels: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)

    def judge(self, claims: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, str]:
        """Our roles, None when they are kept here, and the level. Raises IdentityRefusedError."""
        level = self._level(claims)
        if self.levels and level not in self.levels:
            raise IdentityRefusedError("level")
        given = claims.get("amr")
        ways = {way for way in given if isinstance(way, str)} if isinstance(given, list) else set()
        if self.amr and not ways & set(self.amr):
            raise IdentityRefusedError("amr")
        return self._roles(claims), level

    def _level(self, claims: Mapping[str, Any]) -> str:
        if self.kind == "keycloak":
            level = claims.get("acr")
        else:
            told = claims.get("reliability_info")
            level = told.get("level") if isinstance(told, Mapping) else None
        return level if isinstance(level, str) else ""

    def _roles(self, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
        if not self.roles:
            return None
        realm = claims.get("realm_access")
        names = realm.get("roles") if isinstance(realm, Mapping) else None
        held = {n for n in names if isinstance(n, str)} if isinstance(names, list) else set()
        mine = tuple(dict.fromkeys(ours for theirs, ours in self.roles.items() if theirs in held))
        if not mine:
            raise IdentityRefusedError("roles")
        return mine


def levels_from(kind: str, text: str) -> tuple[str, ...]:
    """Levels that are enough. gov.br: the named one (``silver`` when empty) and those above.
    Keycloak: a list of ``acr`` values. Raises ValueError."""
    if kind == "keycloak":
        return tuple(word.strip() for word in text.split(",") if word.strip())
    least = text.strip() or "silver"
    if least not in GOVBR_LEVELS:
        raise ValueError(f"one of {', '.join(GOVBR_LEVELS)}")
    return GOVBR_LEVELS[GOVBR_LEVELS.index(least) :]
