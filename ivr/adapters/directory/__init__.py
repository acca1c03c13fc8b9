"""Directories, by the name that ``IVR_DIRECTORY`` gives. A connector is imported when it is used.

A connector is one file here, one line in :data:`CONNECTORS` and one fixture in
``tests/contract/test_directory.py``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

CONNECTORS: dict[str, str] = {
    "active_directory": "ivr.adapters.directory.active_directory:ActiveDirectory",
    "demo": "ivr.adapters.directory.demo:DemoDirectory",
    "openldap": "ivr.adapters.directory.openldap:OpenLdapDirectory",
    "google_workspace": "ivr.adapters.directory.google_workspace:GoogleWorkspaceDirectory",
    "microsoft365": "ivr.adapters.directory.microsoft365:Microsoft365Directory",
}
"""Name → ``module:Class``."""


def connector(name: str) -> Any:
    """The class of a connector. Raises ValueError for a name that is not in the table."""
    try:
        module, _, cls = CONNECTORS[name].partition(":")
    except KeyError:
        known = ", ".join(sorted(CONNECTORS))
        raise ValueError(f"no directory connector {name!r}; known: {known}") from None
    return getattr(import_module(module), cls)
