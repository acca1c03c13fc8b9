"""Directories, by the name that ``IVR_DIRECTORY`` gives. A connector is imported when it is used.

A connector is one file here, one line in :data:`CONNECTORS` and one fixture in
``tests/contract/test_directory.py``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

CONNECTORS: dict[str, str] = {
    "demo": "ivr.adapters.directory.demo:DemoDirectory",
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
