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
from ivr.adapters.pin_hash import COSTS, PinHasher
from ivr.adapters.sealing import AesGcmSeal, HmacHash
from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.rest import TwilioApi
from ivr.adapters.twilio.sms import TwilioSms
from ivr.adapters.twilio.telephony import TwilioTelephony
from ivr.domain.assurance import AssurancePolicy
from ivr.domain.calendar import Calendar
from ivr.domain.hours import ServiceHours
from ivr.domain.limits import Limits
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.ports.clock import Clock
from ivr.ports.directory import Directory
from ivr.service.flows import FlowShelf
from ivr.service.runtime import Runtime
from ivr.settings import Settings

DATA_FILES = frozenset({"calendar.toml", "hours.toml", "policy.toml", "service.toml"})
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
        "telephony": TwilioTelephony(api),
        "flows": FlowShelf(
            read_flows(settings.ivr_callflows),
            catalogue=catalogue,
            placeholders=placeholders(prompts),
        ),
        "prompts": prompts,
        "catalogue": catalogue,
        "policy": AssurancePolicy.from_data(read_toml(settings.ivr_callflows / "policy.toml")),
        "limits": Limits(),
        "calendar": calendar,
        "hours": ServiceHours.from_data(read_toml(settings.ivr_callflows / "hours.toml"), calendar),
        "public_url": settings.public_url,
        "agent_phone": bool(settings.ivr_agent_number),
        "link_hours": settings.ivr_link_hours,
        "offline_journal": settings.ivr_var / "offline" / "calls.jsonl",
        "stopwatch": time.perf_counter,
    }
    return Runtime(**{**fields, **overrides})


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
    """One directory a name of ``service.toml``; the demo directory stands for all of them.

    Raises :class:`DataFileError` that names the file, the directory and the key.
    """
    if settings.ivr_directory == "file":
        return {name: directory_of_file(settings, name, clock) for name in names}
    cheap = COSTS["low"] if settings.ivr_pin_cost == "low" else {}
    one = connector("demo")(store.engine, clock=clock, **cheap)
    return dict.fromkeys(names, one)


def directory_of_file(settings: Settings, name: str, clock: Clock) -> Directory:
    """The directory ``name`` of the file of directories. Raises :class:`DataFileError`."""
    file = settings.ivr_directories
    try:
        return build_directory(read_toml(file), name=name, folder=file.parent, clock=clock)
    except ValueError as error:
        raise DataFileError(f"{file.name}: {error}") from None


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
