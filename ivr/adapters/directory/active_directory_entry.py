"""From an entry of Active Directory to an account. What is missing or unreadable is refused."""

from __future__ import annotations

import struct
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from ivr.adapters.directory.active_directory_config import (
    REPLICATION_METADATA,
    ActiveDirectoryConfig,
)
from ivr.adapters.directory.active_directory_sid import is_denied, sid_text
from ivr.adapters.directory.ldap_connection import Entry
from ivr.domain.phone_number import normalise_phone
from ivr.ports.directory import Account
from ivr.ports.errors import PortError

ACCOUNT_DISABLED = 0x2
LOCKED_OUT = 0x10
PASSWORD_EXPIRED = 0x80_0000
"""Bits of ``userAccountControl`` and ``msDS-User-Account-Control-Computed`` (MS-ADTS §2.2.16)."""
NEVER = frozenset({0, 0x7FFF_FFFF_FFFF_FFFF})
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
MOBILE_ATTRIBUTE_ID = 0x150029
"""``mobile`` (0.9.2342.19200300.100.1.41) by the default prefix table (MS-ADTS §3.1.1.2.6)."""
LONGEST_VALUE = 4_096
"""Bytes of a text value; a longer one is no name, number or address."""


def wanted_attributes(config: ActiveDirectoryConfig) -> list[str]:
    """What one base search has to ask for. ``tokenGroups`` is answered to a base search only."""
    names = [
        config.attributes.uid,
        config.attributes.cpf,
        config.attributes.matricula,
        config.attributes.name,
        config.attributes.mail,
        config.attributes.mobile,
        config.marker_attribute,
        "userAccountControl",
        "msDS-User-Account-Control-Computed",
        "accountExpires",
        "pwdLastSet",
        "adminCount",
        "objectSid",
        "tokenGroups",
    ]
    optional = (config.attributes.mobile_changed_at, config.attributes.group)
    return [*names, *(name for name in optional if name)]


def account_of(
    entry: Entry, *, config: ActiveDirectoryConfig, denied: Collection[str], now: datetime
) -> Account:
    """``denied``: SIDs beyond the built-in ones. Raises PortError ``incomplete_entry`` or
    ``unreadable_entry``, permanent."""
    digits = "".join(c for c in _required(entry, config.attributes.cpf) if c not in ".-/ ")
    if not (len(digits) == 11 and digits.isascii() and digits.isdigit()):
        raise PortError("unreadable_entry", permanent=True)
    mobile = text_of(entry, config.attributes.mobile)
    matricula = text_of(entry, config.attributes.matricula) or ""
    group = text_of(entry, config.attributes.group) if config.attributes.group else None
    return Account(
        uid=_required(entry, config.attributes.uid),
        person_key=digits,
        name=text_of(entry, config.attributes.name) or "",
        mail=text_of(entry, config.attributes.mail) or "",
        mobile=normalise_phone(mobile),
        group=group or config.default_group,
        locked=bool(_number(entry, "msDS-User-Account-Control-Computed") & LOCKED_OUT),
        disabled=_disabled(entry, now=now),
        privileged=is_privileged(entry, denied=denied),
        mobile_changed_at=_mobile_changed_at(entry, config) if mobile else None,
        matricula="".join(c for c in matricula if c in "0123456789"),
    )


def is_privileged(entry: Entry, *, denied: Collection[str]) -> bool:
    """By membership, direct, nested or primary (``tokenGroups``), or once marked ``adminCount``."""
    raw = entry.values.get("tokengroups"), entry.values.get("objectsid")
    if not all(raw):
        raise PortError("incomplete_entry", permanent=True)
    try:
        sids = [sid_text(value) for values in raw for value in values or ()]
    except ValueError:
        raise PortError("unreadable_entry", permanent=True) from None
    if any(is_denied(sid, extra=denied) for sid in sids):
        return True
    return bool(entry.values.get("admincount")) and _number(entry, "adminCount") > 0


def must_change_password(entry: Entry) -> bool:
    """Whether the owner has to choose another password before the next log-in."""
    computed = _number(entry, "msDS-User-Account-Control-Computed")
    return bool(computed & PASSWORD_EXPIRED) or text_of(entry, "pwdLastSet") == "0"


def text_of(entry: Entry, attribute: str) -> str | None:
    """The one value of a text attribute. Raises PortError when it is several, huge or no UTF-8."""
    values = entry.values.get(attribute.lower()) or []
    if not values:
        return None
    if len(values) > 1 or len(values[0]) > LONGEST_VALUE:
        raise PortError("unreadable_entry", permanent=True)
    try:
        return values[0].decode("utf-8")
    except UnicodeDecodeError:
        raise PortError("unreadable_entry", permanent=True) from None


def _required(entry: Entry, attribute: str) -> str:
    text = text_of(entry, attribute)
    if not text:
        raise PortError("incomplete_entry", permanent=True)
    return text


def _number(entry: Entry, attribute: str) -> int:
    try:
        return int(_required(entry, attribute))
    except ValueError:
        raise PortError("unreadable_entry", permanent=True) from None


def _disabled(entry: Entry, *, now: datetime) -> bool:
    """Disabled, or past the account's last day (``accountExpires``, 100 ns since 1601)."""
    if _number(entry, "userAccountControl") & ACCOUNT_DISABLED:
        return True
    if not entry.values.get("accountexpires"):
        return False
    expires = _number(entry, "accountExpires")
    return expires not in NEVER and expires <= (now - EPOCH) // timedelta(microseconds=1) * 10


def _mobile_changed_at(entry: Entry, config: ActiveDirectoryConfig) -> datetime | None:
    name = config.attributes.mobile_changed_at
    if not name:
        return None
    if name.lower() == REPLICATION_METADATA.lower():
        blob = (entry.values.get(name.lower()) or [b""])[0]
        return _changed_by_metadata(blob)
    text = text_of(entry, name)
    if text is None:
        return None
    try:
        moment = datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y%m%d%H%M%S")
    except ValueError:
        raise PortError("unreadable_entry", permanent=True) from None
    return moment.replace(tzinfo=UTC)


def _changed_by_metadata(blob: bytes) -> datetime:
    """Time of the last originating change of ``mobile`` (MS-DRSR §5.169, seconds since 1601)."""
    if len(blob) < 16 or struct.unpack_from("<I", blob)[0] != 1:
        raise PortError("incomplete_entry", permanent=True)
    count = struct.unpack_from("<I", blob, 8)[0]
    if len(blob) < 16 + 48 * count:
        raise PortError("unreadable_entry", permanent=True)
    for row in range(count):
        attribute, _, seconds = struct.unpack_from("<IIQ", blob, 16 + 48 * row)
        if attribute == MOBILE_ATTRIBUTE_ID:
            return EPOCH + timedelta(seconds=seconds)
    raise PortError("incomplete_entry", permanent=True)
