"""Security identifiers, and those whose members a telephone never touches.

Groups are compared by SID: their names are translated (``Admins. do Domínio``) and may be changed.
"""

from __future__ import annotations

import struct
from collections.abc import Collection

DENIED_RIDS = frozenset({498, 500, 502, 512, 516, 517, 518, 519, 520, 521, 525, 526, 527})
"""Of the domain: read-only and other domain controllers, the built-in administrator, krbtgt,
domain, schema and enterprise administrators, certificate publishers, policy creators, protected
users, key administrators (MS-DTYP §2.4.2.4)."""
DENIED_BUILTIN = frozenset(
    {"S-1-5-32-544", "S-1-5-32-548", "S-1-5-32-549", "S-1-5-32-550", "S-1-5-32-551", "S-1-5-32-552"}
)
"""Administrators; account, server, print and backup operators; replicators."""


def sid_text(raw: bytes) -> str:
    """``S-1-…`` of a binary SID (MS-DTYP §2.4.2.2). Raises ValueError when it is not one."""
    if len(raw) < 8 or raw[0] != 1 or len(raw) != 8 + 4 * raw[1]:
        raise ValueError("not a SID")
    authority = int.from_bytes(raw[2:8], "big")
    parts = struct.unpack(f"<{raw[1]}I", raw[8:])
    return "-".join(["S", "1", str(authority), *map(str, parts)])


def is_denied(sid: str, *, extra: Collection[str] = ()) -> bool:
    """Whether this SID, or membership in the group that has it, makes an account privileged."""
    if sid in DENIED_BUILTIN or sid in extra:
        return True
    parts = sid.split("-")
    return parts[:4] == ["S", "1", "5", "21"] and int(parts[-1]) in DENIED_RIDS
