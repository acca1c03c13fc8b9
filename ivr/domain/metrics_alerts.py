"""Thresholds that tell a supervisor, with hysteresis; ``callflows/alerts.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.domain.data_faults import DataFaultError
from ivr.domain.metrics_tally import Rules

_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)
Kind = Literal[
    "longest_wait", "waiting", "nobody_there", "abandonment", "failed_proofs", "faults", "resets"
]
Level = Literal["attention", "critical"]


class AlertRule(BaseModel):
    """A value that reaches ``attention`` or ``critical`` is told; below ``clear`` it is over."""

    model_config = _SHAPE

    kind: Kind
    label: str = Field(min_length=3, max_length=80)
    unit: Literal["count", "seconds", "percent"]
    attention: int = Field(ge=1)
    critical: int = Field(ge=1)
    clear: int = Field(ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> AlertRule:
        if not self.clear <= self.attention <= self.critical:
            raise ValueError("clear <= attention <= critical")
        return self

    def level(self, value: float, before: Level | None) -> Level | None:
        """The level now, given the one before. It falls only by being over: a value that moves
        between two limits neither goes out nor comes on again."""
        if value >= self.critical:
            return "critical"
        if before is None:
            return "attention" if value >= self.attention else None
        return None if value < self.clear else before


class ServiceLevelData(BaseModel):
    """The rules of the figures."""

    model_config = _SHAPE

    formula: Literal["F1", "F2", "F3", "F4", "F5"] = "F4"
    within: int = Field(default=20, ge=1, le=600)
    short: int = Field(default=5, ge=0, le=60)
    target: int = Field(default=80, ge=1, le=100)


class AlertsData(BaseModel):
    """What the file may say."""

    model_config = _SHAPE

    version: Literal[1]
    service_level: ServiceLevelData = ServiceLevelData()
    alerts: list[AlertRule] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_once(self) -> AlertsData:
        kinds = [rule.kind for rule in self.alerts]
        if len(set(kinds)) < len(kinds):
            raise ValueError("a kind of alert twice")
        return self

    @property
    def rules(self) -> Rules:
        """For the figures."""
        level = self.service_level
        return Rules(
            within=level.within, short=level.short, formula=level.formula, target=level.target
        )


def alerts_from(data: Mapping[str, Any]) -> AlertsData:
    """Raises :class:`DataFaultError` with every fault, by its key."""
    try:
        return AlertsData.model_validate(data)
    except ValidationError as error:
        raise DataFaultError.of("alerts", error) from None
