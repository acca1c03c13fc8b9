"""What a web service may be asked for, and what the fields of its JSON mean.

A field of another type than the page promises reads as missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ivr.ports.errors import PortError

_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def is_uid(text: str) -> bool:
    """Whether this can be a key of the service: no mail address, no path, no blank."""
    return _UID.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether this can be a CPF or a matrícula: 1 to 20 ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) <= 20


def text_at(body: Mapping[str, Any], *path: str) -> str:
    """The text under keys inside keys, or ""."""
    found: Any = body
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def entries_at(
    body: Mapping[str, Any], key: str, *, required: bool = False
) -> list[Mapping[str, Any]]:
    """The objects of a list. Without a list: none, or PortError ``answer_unreadable``."""
    entries = body.get(key)
    if not isinstance(entries, list):
        if required:
            raise PortError("answer_unreadable")
        return []
    return [entry for entry in entries if isinstance(entry, Mapping)]


def uid_at(body: Mapping[str, Any]) -> str:
    """``id``. Raises PortError ``answer_unreadable`` when it is no key."""
    uid = text_at(body, "id")
    if not is_uid(uid):
        raise PortError("answer_unreadable")
    return uid


def moment(text: str) -> datetime | None:
    """ISO 8601 to aware UTC (no zone is UTC); None for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
