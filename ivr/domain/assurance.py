"""How surely a caller is known, and which proofs a group's policy asks for.

Identifying (CPF, matrícula, caller number) never verifies; only passed factors do, and at least
two independent ones: something known (PIN) and something held (the registered mobile,
or the paper with one-use codes).
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
    PRINTED_CODE = "printed_code"
    """NIST SP 800-63B-4 §3.1.2, look-up secret: from the paper made on the owner's page."""


STANDS_IN = "|"
"""Between a factor and the one that stands in for it, as flows spell it."""


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
    """What one group must prove, in the order of asking.

    ``instead``: the factor that stands in for one that cannot be had. Only the code from paper
    does, for the code by SMS: of somebody without a mobile, or whose mobile is frozen.
    """

    model_config = _SHAPE

    label: str = Field(min_length=1)
    self_service: bool
    factors: tuple[Annotated[Factor, Field(strict=False)], ...] = Field(default=(), strict=False)
    instead: dict[
        Annotated[Factor, Field(strict=False)], Annotated[Factor, Field(strict=False)]
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _two_factors_or_none_at_all(self) -> Self:
        if len(set(self.factors)) != len(self.factors):
            raise ValueError("factors: the same factor is named twice")
        if self.self_service and len(self.factors) < 2:
            raise ValueError("factors: self-service needs at least two")
        if not self.self_service and self.factors:
            raise ValueError("factors: a group without self-service has none")
        for factor, other in self.instead.items():
            if (factor, other) != (Factor.SMS_CODE, Factor.PRINTED_CODE):
                raise ValueError("instead: only printed_code for sms_code")
            if factor not in self.factors or other in self.factors:
                raise ValueError("instead: for a factor of the group, by one that is not")
        return self

    def met(self, factor: Factor, passed: Collection[str]) -> bool:
        """Whether a factor, or the one that stands in for it, was passed."""
        return factor in passed or self.instead.get(factor, factor) in passed


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
        return self._asked_like(group).factors

    def questions(self, group: str) -> tuple[str, ...]:
        """:meth:`factors_asked` as flows spell it: ``sms_code|printed_code`` with a stand-in."""
        known = self._asked_like(group)
        return tuple(
            STANDS_IN.join(f.value for f in (factor, known.instead.get(factor)) if f)
            for factor in known.factors
        )

    def _asked_like(self, group: str) -> GroupPolicy:
        known = self.groups.get(group)
        if known is None or not known.self_service:
            known = self.groups[self.default_group]
        return known


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
    one that was passed, and only what stands in for it does.
    """
    known = policy.groups.get(group or policy.default_group)
    if known is None:
        return Never(reason=NeverReason.UNKNOWN_GROUP)
    if not known.self_service:
        return Never(reason=NeverReason.GROUP)
    if mobile_frozen:
        if Factor.SMS_CODE in known.factors and Factor.SMS_CODE not in known.instead:
            return Never(reason=NeverReason.MOBILE_CHANGED)
        passed = [factor for factor in passed if factor != Factor.SMS_CODE]
    for factor in known.factors:
        if not known.met(factor, passed):
            frozen = mobile_frozen and factor is Factor.SMS_CODE
            return Needs(factor=known.instead[factor] if frozen else factor)
    return Verified()


def mobile_frozen(policy: AssurancePolicy, *, changed_at: datetime | None, now: datetime) -> bool:
    """Whether the registered mobile is too new to prove anything (swapped or hijacked number).

    ``changed_at``: None when it never changed. A change in the future counts as fresh.
    """
    if changed_at is None:
        return False
    return now < changed_at + timedelta(hours=policy.mobile_change_freeze_hours)
