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
from ivr.domain.metrics_alerts import AlertsData
from ivr.domain.metrics_tally import Rules
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.domain.retention import RetentionPolicy
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.ports.clock import Clock, Entropy
from ivr.ports.directory import Directory
from ivr.ports.prompt_studio import PromptStudio
from ivr.ports.recordings import RecordingShelf
from ivr.ports.sealing import KeyedHash
from ivr.ports.sms import Sms
from ivr.ports.store import Store
from ivr.ports.telephony import Telephony
from ivr.ports.transcripts import Transcriber
from ivr.ports.webhooks import WebhookSender
from ivr.service.desk.accounts_seen import AccountsSeen
from ivr.service.flows import FlowShelf
from ivr.service.rules_kept import RulesKept


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
    queues: QueueCatalogue
    calendar: Calendar
    hours: ServiceHours
    public_url: str
    metric_rules: Rules = field(default_factory=Rules)
    alerts: AlertsData = field(default_factory=lambda: AlertsData(version=1))
    agent_phone: bool = False
    speech_by_carrier: bool = True
    """Whether a Gather may listen: then the carrier recognises. Else it takes keys only."""
    own_ears: bool = False
    """Whether our own engine listens, by media streams; never together with the carrier's."""
    link_hours: int = 2
    offline_journal: Path | None = None
    webhooks: WebhookSender | None = None
    recordings: RecordingShelf | None = None
    retention: RetentionPolicy | None = None
    """Where recordings are kept; None leaves them at the carrier."""
    transcriber: Transcriber | None = None
    """Our own engine for what callers leave recorded; None: no transcripts."""
    studio: PromptStudio | None = None
    """Voices that people record for the prompts; None: the page takes none."""
    accounts_seen: AccountsSeen = field(default_factory=AccountsSeen, repr=False)
    stopwatch: Callable[[], float] = field(default=lambda: 0.0)
    """Monotonic seconds, for latencies in the journal."""

    rules_kept: RulesKept = field(default_factory=RulesKept, repr=False, compare=False)
    standard: Runtime | None = field(default=None, repr=False, compare=False)
    """The runtime with the files' rules, of one with rules changed on a page."""

    def directory_of(self, service: str) -> str:
        """Name of the directory behind a service, empty when none."""
        found = next((s for s in self.catalogue.services if s.key == service), None)
        return (found.directory or "") if found else ""
