"""The only place that picks adapters: settings into a :class:`Runtime`."""

from __future__ import annotations

import secrets
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivr.adapters.clock import SystemClock
from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.directory import connector
from ivr.adapters.directory.from_table import build_directory
from ivr.adapters.oidc_shapes import Shape, levels_from
from ivr.adapters.pin_hash import COSTS, PinHasher
from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal, HmacHash
from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.adapters.speech.studio import FolderStudio
from ivr.adapters.speech.vosk_transcriber import VoskTranscriber
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rest import TwilioApi
from ivr.adapters.twilio.sms import TwilioSms
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.adapters.webhooks import HttpWebhooks, networks_of
from ivr.domain.assurance import AssurancePolicy
from ivr.domain.calendar import Calendar
from ivr.domain.hours import ServiceHours
from ivr.domain.limits import Limits
from ivr.domain.metrics_alerts import alerts_from
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.domain.retention import RetentionPolicy
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.ports.clock import Clock
from ivr.ports.directory import Directory
from ivr.ports.identity import IdentityProvider
from ivr.ports.transcripts import Transcriber
from ivr.service.flows import FlowShelf
from ivr.service.runtime import Runtime
from ivr.settings import Settings

DATA_FILES = frozenset(
    {
        "alerts.toml",
        "calendar.toml",
        "hours.toml",
        "policy.toml",
        "queues.toml",
        "retention.toml",
        "service.toml",
    }
)
"""Files of ``callflows/`` that are no flows."""


class DataFileError(Exception):
    """A data file that cannot be read; the text names the file."""


def build(settings: Settings, **overrides: Any) -> Runtime:
    """Everything the use cases need. ``overrides`` replace fields of :class:`Runtime`; a
    ``clock`` also stands in for the database's.

    Raises FlowDefectsError, CatalogueError, DataFaultError, DataFileError.
    """
    keyed_hash = HmacHash(settings.key)
    clock: Clock | None = overrides.get("clock")
    store = overrides.pop("store", None) or open_store_of(settings, clock=clock)
    prompts = load_catalogue(settings.prompts_file)
    catalogue = ServiceCatalogue.from_data(read_toml(settings.ivr_callflows / "service.toml"))
    alerts = alerts_from(read_toml(settings.ivr_callflows / "alerts.toml"))
    calendar = Calendar.from_data(read_toml(settings.ivr_callflows / "calendar.toml"))
    api = TwilioApi(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        api_url=settings.twilio_api_url,
    )
    names = sorted({s.directory for s in catalogue.services if s.directory})
    fields: dict[str, Any] = {
        "store": store,
        "clock": SystemClock(),
        "entropy": secrets.token_bytes,
        "secret_key": settings.key,
        "keyed_hash": keyed_hash,
        "verify_pin": PinHasher(settings.ivr_pin_cost),
        "directories": directories(settings, store, names, clock or SystemClock()),
        "identity": names[0],
        "sms": TwilioSms(
            api,
            sender=settings.ivr_number,
            status_callback=Links(settings.public_url).sms_status(),
        ),
        "telephony": TwilioTelephony(
            TwilioApi(
                account_sid=settings.twilio_account_sid,
                auth_token=settings.twilio_auth_token,
                api_url=settings.twilio_api_url,
                connect_seconds=1.5,
                read_seconds=3.0,
            ),
            links=Links(settings.public_url),
            caller_id=settings.ivr_number if settings.ivr_number.startswith("+") else "",
        ),
        "flows": FlowShelf(
            read_flows(settings.ivr_callflows),
            catalogue=catalogue,
            placeholders=placeholders(prompts),
        ),
        "prompts": prompts,
        "catalogue": catalogue,
        "policy": AssurancePolicy.from_data(read_toml(settings.ivr_callflows / "policy.toml")),
        "limits": Limits(),
        "queues": QueueCatalogue.from_data(read_toml(settings.ivr_callflows / "queues.toml")),
        "retention": RetentionPolicy.from_data(
            read_toml(settings.ivr_callflows / "retention.toml")
        ),
        "alerts": alerts,
        "metric_rules": alerts.rules,
        "calendar": calendar,
        "hours": ServiceHours.from_data(read_toml(settings.ivr_callflows / "hours.toml"), calendar),
        "public_url": settings.public_url,
        "agent_phone": bool(settings.ivr_agent_number),
        "speech_by_carrier": settings.ivr_speech == "carrier",
        "own_ears": settings.ivr_speech == "vosk",
        "link_hours": settings.ivr_link_hours,
        "offline_journal": settings.ivr_var / "offline" / "calls.jsonl",
        "recordings": FolderShelf(
            settings.ivr_var / "recordings",
            seal=AesGcmSeal(settings.key, previous=settings.previous_keys),
        ),
        "transcriber": transcriber(settings),
        "studio": FolderStudio(
            prompts.pieces,
            out=settings.audio_dir,
            recorded=settings.prompts_file.parent,
            folder=settings.uploaded_dir,
            engine=settings.ivr_voice_engine,
            command=settings.ivr_voice_command,
        ),
        "stopwatch": time.perf_counter,
        "webhooks": HttpWebhooks(allowed=networks_of(settings.ivr_webhook_networks)),
    }
    return Runtime(**{**fields, **overrides})


def transcriber(settings: Settings) -> Transcriber | None:
    """The engine for recordings, None where speech is not recognised here."""
    if settings.ivr_speech != "vosk":
        return None
    return VoskTranscriber(settings.ivr_speech_model, demo=settings.ivr_directory == "demo")


def open_store_of(settings: Settings, *, clock: Clock | None = None) -> SqlStore:
    """The store of the settings, not migrated."""
    return open_store(
        settings.database_url,
        seal=AesGcmSeal(settings.key, previous=settings.previous_keys),
        keyed_hash=HmacHash(settings.key),
        clock=clock,
    )


def directories(
    settings: Settings, store: SqlStore, names: list[str], clock: Clock
) -> dict[str, Directory]:
    """One directory a name of ``service.toml``, those of the demo included.

    Raises :class:`DataFileError` that names the file, the directory and the key.
    """
    if settings.ivr_directory == "file":
        return {name: directory_of_file(settings, name, clock) for name in names}
    cheap = COSTS["low"] if settings.ivr_pin_cost == "low" else {}
    demo = connector("demo")
    return {name: demo(store.engine, clock=clock, name=name, **cheap) for name in names}


def directory_of_file(settings: Settings, name: str, clock: Clock) -> Directory:
    """The directory ``name`` of the file of directories. Raises :class:`DataFileError`."""
    file = settings.ivr_directories
    try:
        return build_directory(read_toml(file), name=name, folder=file.parent, clock=clock)
    except ValueError as error:
        raise DataFileError(f"{file.name}: {error}") from None


def identity_provider(settings: Settings, clock: Clock) -> IdentityProvider | None:
    """The OpenID Connect provider of the settings, None when there is none."""
    if not settings.ivr_oidc_issuer:
        return None
    pairs = (pair.partition("=") for pair in settings.ivr_oidc_roles.split(",") if pair.strip())
    shape = Shape(
        kind=settings.ivr_oidc_shape,
        levels=levels_from(settings.ivr_oidc_shape, settings.ivr_oidc_level),
        amr=tuple(word.strip() for word in settings.ivr_oidc_amr.split(",") if word.strip()),
        roles={theirs.strip(): ours.strip() for theirs, _, ours in pairs},
    )
    from ivr.adapters.oidc import OidcProvider

    return OidcProvider(
        issuer=settings.ivr_oidc_issuer,
        client_id=settings.ivr_oidc_client_id,
        client_secret=settings.ivr_oidc_client_secret,
        scope=settings.ivr_oidc_scope,
        shape=shape,
        clock=clock,
        levels_url=settings.ivr_oidc_levels_url if settings.ivr_oidc_shape == "govbr" else "",
    )


def owner_identity_provider(settings: Settings, clock: Clock) -> IdentityProvider | None:
    """The provider of the accounts of ``/meu-acesso``, None when there is none."""
    if not settings.ivr_owner_oidc_issuer:
        return None
    from ivr.adapters.oidc import OidcProvider

    return OidcProvider(
        issuer=settings.ivr_owner_oidc_issuer,
        client_id=settings.ivr_owner_oidc_client_id,
        client_secret=settings.ivr_owner_oidc_client_secret,
        scope="openid",
        shape=Shape(kind="keycloak"),
        clock=clock,
        subject=settings.ivr_owner_oidc_claim,
    )


def read_toml(file: Path) -> dict[str, Any]:
    """A TOML file. Raises :class:`DataFileError`."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataFileError(f"{file.name}: {error}") from error


def read_flows(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """The flow files of a folder, by file name. Raises :class:`DataFileError`."""
    return {
        file.name: read_toml(file)
        for file in sorted(folder.glob("*.toml"))
        if file.name not in DATA_FILES
    }


def placeholders(prompts: Catalogue) -> dict[str, tuple[str, ...]]:
    """Names of the values that each prompt needs."""
    return {name: tuple(p.placeholders) for name, p in prompts.prompts.items()}
