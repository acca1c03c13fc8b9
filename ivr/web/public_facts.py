"""The public facts of the service, for pages: read once from ``callflows/service.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from flask import current_app

from ivr.domain.service_catalogue import ServiceCatalogue

CONFIG_KEY = "SERVICE_CATALOGUE"
"""An app that has the catalogue already puts it into its configuration under this name."""

_FILE = Path(__file__).parents[2] / "callflows" / "service.toml"


def service_catalogue() -> ServiceCatalogue:
    """The catalogue of the current app. Raises DataFaultError on a file with mistakes."""
    configured = current_app.config.get(CONFIG_KEY)
    return configured if isinstance(configured, ServiceCatalogue) else _from_file()


def service_name(key: str) -> str:
    """Name of a service by its key or code; empty when there is none."""
    catalogue = service_catalogue()
    service = catalogue.by_key(key) or catalogue.by_code(key)
    return service.name if service else ""


@cache
def _from_file() -> ServiceCatalogue:
    return ServiceCatalogue.from_data(tomllib.loads(_FILE.read_text(encoding="utf-8")))
