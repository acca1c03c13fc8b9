"""Everything a use case needs, picked once by ``ivr.bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ivr.domain.assurance import AssurancePolicy
from ivr.domain.calendar import Calendar
from ivr.domain.hours import ServiceHours
from ivr.domain.limits import Limits
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.ports.clock import Clock, Entropy
from ivr.ports.directory import Directory
from ivr.ports.sealing import KeyedHash
from ivr.ports.sms import Sms
from ivr.ports.store import Store
from ivr.ports.telephony import Telephony
from ivr.service.flows import FlowShelf


class PinVerifier(Protocol):
    """Comparison of a telephone PIN with its slow hash."""

    def __call__(self, pin_hash: str | None, secret: str, /) -> bool:
        """False for None, after the same work as for a hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The service's ports and data. ``identity``: name of the directory that knows people."""

    store: Store
    clock: Clock
    entropy: Entropy
    secret_key: bytes = field(repr=False)
    keyed_hash: KeyedHash
    verify_pin: PinVerifier
    directories: Mapping[str, Directory]
    identity: str
    sms: Sms
    telephony: Telephony
    flows: FlowShelf
    prompts: Catalogue
    catalogue: ServiceCatalogue
    policy: AssurancePolicy
    limits: Limits
    calendar: Calendar
    hours: ServiceHours
    public_url: str
    agent_phone: bool = False
    link_hours: int = 2
    offline_journal: Path | None = None
    stopwatch: Callable[[], float] = field(default=lambda: 0.0)
    """Monotonic seconds, for latencies in the journal."""

    def directory_of(self, service: str) -> str:
        """Name of the directory behind a service, empty when none."""
        found = next((s for s in self.catalogue.services if s.key == service), None)
        return (found.directory or "") if found else ""
