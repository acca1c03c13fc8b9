"""How long each class of data stays: the rules of ``callflows/retention.toml``.

Decreto 11.034/2022 art. 12: recordings at least 90 days, the record of the attendance at least
two years after its solution. LGPD art. 15 and 16: what has served its purpose goes, but for what
law orders to keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.domain.data_faults import DataFaultError
from ivr.domain.local_time import to_local

_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)
RetentionClass = Literal[
    "recordings",
    "attendance",
    "contacts",
    "logins",
    "sessions",
    "secrets",
    "jobs",
    "owner_events",
    "alarms",
    "changes",
    "requests",
]
CLASSES: tuple[RetentionClass, ...] = RetentionClass.__args__  # type: ignore[attr-defined]
LABELS: Mapping[RetentionClass, str] = {
    "recordings": "Gravações",
    "attendance": "Registro do atendimento",
    "contacts": "Dados lidos do diretório",
    "logins": "Tentativas de entrar e de provar",
    "sessions": "Sessões",
    "secrets": "Códigos e endereços vencidos",
    "jobs": "Trabalhos feitos",
    "owner_events": "Acontecimentos de /meu-acesso",
    "alarms": "Alarmes",
    "changes": "Avisos às telas",
    "requests": "Pedidos de titulares e guardas findas",
}
LEAST_RECORDING_DAYS = 90
LEAST_ATTENDANCE_YEARS = 2
_UNITS = ("hours", "days", "months", "years")


class ClassData(BaseModel):
    """One class. ``keep``: ``90 days``. ``since`` and ``law`` are for readers."""

    model_config = _SHAPE

    keep: str = Field(pattern=r"^[1-9][0-9]{0,3} (hours|days|months|years)$")
    since: str = Field(min_length=3, max_length=200)
    law: str = Field(min_length=3, max_length=200)

    @property
    def amount(self) -> int:
        return int(self.keep.split()[0])

    @property
    def unit(self) -> str:
        return self.keep.split()[1]

    def before(self, now: datetime) -> datetime:
        """What is of this instant or older has been kept long enough at ``now``.

        A year or month back from a day that the other month lacks is its last day.
        """
        if self.unit in ("hours", "days"):
            return now - timedelta(**{self.unit: self.amount})
        months = self.amount * (12 if self.unit == "years" else 1)
        year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
        for day in range(now.day, 27, -1):
            try:
                return now.replace(year=year, month=month + 1, day=day)
            except ValueError:
                continue
        return now.replace(year=year, month=month + 1)


class RetentionPolicy(BaseModel):
    """What ``callflows/retention.toml`` may say: every class, none shorter than law allows."""

    model_config = _SHAPE

    version: Literal[1]
    classes: dict[RetentionClass, ClassData]

    @model_validator(mode="after")
    def _whole(self) -> RetentionPolicy:
        missing = [name for name in CLASSES if name not in self.classes]
        if missing:
            raise ValueError(f"classes that are missing: {', '.join(missing)}")
        now = datetime(2026, 3, 1)
        recordings = now - self.classes["recordings"].before(now)
        if recordings < timedelta(days=LEAST_RECORDING_DAYS):
            raise ValueError(f"recordings: at least {LEAST_RECORDING_DAYS} days")
        least = now.replace(year=now.year - LEAST_ATTENDANCE_YEARS)
        if self.classes["attendance"].before(now) > least:
            raise ValueError(f"attendance: at least {LEAST_ATTENDANCE_YEARS} years")
        return self

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> RetentionPolicy:
        """Raises :class:`DataFaultError` that names each fault."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            raise DataFaultError.of("retention.toml", error) from None

    def before(self, kind: RetentionClass, now: datetime) -> datetime:
        """What is of this instant or older is to be erased at ``now``."""
        return self.classes[kind].before(now)


def erased_words(at: datetime) -> str:
    """What stands in the place of erased content."""
    return f"Conteúdo apagado em {to_local(at):%d/%m/%Y} (LGPD)"
