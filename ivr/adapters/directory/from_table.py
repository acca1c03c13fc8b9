"""One directory out of the file of directories: ``[directories.<name>]`` with its ``kind``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ivr.adapters.directory import CONNECTORS, connector
from ivr.ports.clock import Clock
from ivr.ports.directory import Directory


def build_directory(data: Mapping[str, Any], *, name: str, folder: Path, clock: Clock) -> Directory:
    """``folder``: from where a relative path of a ``…_file`` key counts. Nothing connects yet.

    Raises ValueError that names the table and the key.
    """
    unknown = ", ".join(sorted(set(data) - {"directories"}))
    if unknown:
        raise ValueError(f"unknown key {unknown}; every table is [directories.<name>]")
    tables = data.get("directories", {})
    table = tables.get(name) if isinstance(tables, Mapping) else None
    if not isinstance(table, Mapping):
        there = ", ".join(sorted(tables)) if isinstance(tables, Mapping) else ""
        raise ValueError(
            f"[directories.{name}] is missing; service.toml needs it; in the file: {there or '-'}"
        )
    kinds = sorted(set(CONNECTORS) - {"demo"})
    kind = table.get("kind")
    if kind not in kinds:
        raise ValueError(f"directories.{name}.kind: one of {', '.join(kinds)}")
    config = {key: _placed(key, value, folder) for key, value in table.items() if key != "kind"}
    built = connector(str(kind)).from_config(name, config, clock=clock)
    return cast(Directory, built)


def _placed(key: str, value: object, folder: Path) -> object:
    if key.endswith("_file") and isinstance(value, str) and value:
        return str(folder / value)
    return value
