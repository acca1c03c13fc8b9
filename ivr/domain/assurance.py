"""How surely a caller is known, and which proofs a group's policy asks for.

Identifying (CPF, matrícula, caller number) never verifies; only passed factors do, and at least
two independent ones: something known (PIN) and something held (the registered mobile).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.domain.data_faults import DataFaultError

_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)


class Level(IntEnum):
    """How surely the caller is known, in order."""

    ANONYMOUS = 0
    IDENTIFIED = 1
    VERIFIED = 2

    @property
    def word(self) -> Literal["anonymous", "identified", "verified"]:
        """As flows and rows spell it."""
        return _WORDS[self]

    @classmethod
    def of(cls, word: str) -> Level:
        """The level of a word. Raises ValueError for any other text."""
        for level, known in _WORDS.items():
            if known == word:
                return level
        raise ValueError("unknown level of assurance")


_WORDS: dict[Level, Literal["anonymous", "identified", "verified"]] = {
    Level.ANONYMOUS: "anonymous",
    Level.IDENTIFIED: "identified",
    Level.VERIFIED: "verified",
}


class Factor(StrEnum):
    """A proof that a caller can give."""

    PIN = "pin"
    SMS_CODE = "sms_code"


class NeverReason(StrEnum):
    """Why no proof by telephone is enough."""

    GROUP = "group"
    UNKNOWN_GROUP = "unknown_group"
    MOBILE_CHANGED = "mobile_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Every factor of the group was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The next factor to ask for."""

    factor: Factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Self-service is closed to this account; a person may help."""

    reason: NeverReason


Assessment = Verified | Needs | Never


class GroupPolicy(BaseModel):
    """What one group must prove, in the order of asking."""

    model_config = _SHAPE

    label: str = Field(min_length=1)
    self_service: bool
    factors: tuple[Annotated[Factor, Field(strict=False)], ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _two_factors_or_none_at_all(self) -> Self:
        if len(set(self.factors)) != len(self.factors):
            raise ValueError("factors: the same factor is named twice")
        if self.self_service and len(self.factors) < 2:
            raise ValueError("factors: self-service needs at least two")
        if not self.self_service and self.factors:
            raise ValueError("factors: a group without self-service has none")
        return self


class AssurancePolicy(BaseModel):
    """What ``callflows/policy.toml`` says."""

    model_config = _SHAPE

    version: Literal[1]
    default_group: str
    privileged_group: str
    mobile_change_freeze_hours: int = Field(ge=0)
    groups: dict[str, GroupPolicy]

    @model_validator(mode="after")
    def _named_groups_exist(self) -> Self:
        default = self.groups.get(self.default_group)
        privileged = self.groups.get(self.privileged_group)
        if default is None or not default.self_service:
            raise ValueError("default_group: must be a group with self-service")
        if privileged is None or privileged.self_service:
            raise ValueError("privileged_group: must be a group without self-service")
        return self

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> AssurancePolicy:
        """From the parsed file. Raises DataFaultError, naming every key at fault."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise DataFaultError.of("policy", error) from None

    def group_of(self, group: str, *, privileged: bool) -> str:
        """The group whose policy holds for an account of the directory."""
        return self.privileged_group if privileged else group or self.default_group

    def factors_asked(self, group: str) -> tuple[Factor, ...]:
        """Factors to ask a caller for, in order.

        A group without self-service, an unknown one and a decoy ("") are asked like the default
        group, so that the questions tell nobody which account is which.
        """
        known = self.groups.get(group)
        if known is None or not known.self_service:
            known = self.groups[self.default_group]
        return known.factors


def verdict(
    policy: AssurancePolicy,
    group: str,
    passed: Collection[str],
    *,
    mobile_frozen: bool,
) -> Assessment:
    """What stands between a caller and the verified level.

    ``group``: of the account ("" for the default group). ``passed``: factors passed in this call.
    ``mobile_frozen``: see :func:`mobile_frozen`; then a code to that mobile proves nothing, even
    one that was passed.
    """
    known = policy.groups.get(group or policy.default_group)
    if known is None:
        return Never(reason=NeverReason.UNKNOWN_GROUP)
    if not known.self_service:
        return Never(reason=NeverReason.GROUP)
    if mobile_frozen and Factor.SMS_CODE in known.factors:
        return Never(reason=NeverReason.MOBILE_CHANGED)
    for factor in known.factors:
        if factor not in passed:
            return Needs(factor=factor)
    return Verified()


def mobile_frozen(policy: AssurancePolicy, *, changed_at: datetime | None, now: datetime) -> bool:
    """Whether the registered mobile is too new to prove anything (swapped or hijacked number).

    ``changed_at``: None when it never changed. A change in the future counts as fresh.
    """
    if changed_at is None:
        return False
    return now < changed_at + timedelta(hours=policy.mobile_change_freeze_hours)
