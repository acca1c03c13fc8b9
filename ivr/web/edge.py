"""What the voice webhooks need beside the runtime: signatures, addresses, voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.signature import Signatures
from ivr.adapters.twilio.twiml import Voice
from ivr.service.rules_in_force import in_force
from ivr.service.runtime import Runtime
from ivr.web.documents_kept import KeptDocuments


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """``numbers``: E.164 by the names that Dial verbs use. ``caller_id``: ours, shown to them."""

    account_sid: str
    public_url: str
    signatures: Signatures = field(repr=False)
    links: Links
    voice: Voice
    audio_dir: Path
    documents: KeptDocuments = field(default_factory=KeptDocuments, repr=False)
    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)
    caller_id: str | None = None


def edge() -> Edge:
    """The edge of the current app."""
    found: Edge = current_app.extensions["ivr.edge"]
    return found


def runtime() -> Runtime:
    """The runtime of the current app with the rules in force."""
    found: Runtime = current_app.extensions["ivr"]
    return in_force(found)
