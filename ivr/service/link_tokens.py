"""One-time links: making one, the text that a message shows, and telling a true one from a guess.

The text is ``<link id>.<mac>``. The mac derives from the service's key, what the link is for and
the row's salt; only the salt is stored, and it is erased when the link is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from ivr.domain.otp import SALT_BYTES_MIN, link_token, same
from ivr.ports.clock import Entropy
from ivr.ports.directory import Directory
from ivr.ports.sealing import KeyedHash
from ivr.ports.store import LinkRow, Store, Transaction

Purpose = Literal["password", "not_me"]

PATHS: Mapping[Purpose, str] = {"password": "/senha/", "not_me": "/nao-fui-eu/"}

_SHAPE = re.compile(r"([A-Za-z0-9_:-]{1,80})\.([A-Za-z0-9]{1,64})", re.ASCII)
_ID_BYTES = 8
_DECOY_SALT = bytes(SALT_BYTES_MIN)


class LinkRuntime(Protocol):
    """What the link use cases need of the service's runtime."""

    @property
    def store(self) -> Store: ...
    @property
    def directories(self) -> Mapping[str, Directory]: ...
    @property
    def secret_key(self) -> bytes: ...
    @property
    def entropy(self) -> Entropy: ...
    @property
    def keyed_hash(self) -> KeyedHash: ...
    @property
    def link_hours(self) -> int: ...


def link_job(reset: str) -> str:
    """Key of the job that sends the link of a reset job."""
    return f"link:{reset}"


def new_link(
    rt: LinkRuntime,
    *,
    purpose: Purpose,
    call_sid: str,
    service: str,
    directory: str,
    uid: str,
    now: datetime,
    job: str = "",
    hours: int | None = None,
    link_id: str | None = None,
) -> LinkRow:
    """A row for ``Resets.add_link``, good for ``hours`` (default: the runtime's ``link_hours``)."""
    return LinkRow(
        id=rt.entropy(_ID_BYTES).hex() if link_id is None else link_id,
        purpose=purpose,
        call_sid=call_sid,
        service=service,
        directory=directory,
        uid=uid,
        salt=rt.entropy(SALT_BYTES_MIN),
        created_at=now,
        expires_at=now + timedelta(hours=rt.link_hours if hours is None else hours),
        job=job,
    )


def token_of(secret_key: bytes, link: LinkRow) -> str:
    """The text of a link that is not used yet. Raises ValueError when its salt is erased."""
    return f"{link.id}.{_mac(secret_key, link, salt=link.salt)}"


def path_of(secret_key: bytes, link: LinkRow) -> str:
    """Path of the link's page, to be put behind ``PUBLIC_URL``."""
    return PATHS[link.purpose] + token_of(secret_key, link)


def true_link(
    rt: LinkRuntime, tx: Transaction, token: str, *, purpose: Purpose, now: datetime
) -> LinkRow | None:
    """The link of a token when it is genuine, of this purpose, unused and not expired.

    A link is good before ``expires_at`` and no longer at it. Unknown, used and wrong tokens take
    the same work.
    """
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        return None
    link_id, mac = shape.groups()
    link = tx.resets.link(link_id)
    usable = link is not None and link.used_at is None and len(link.salt) >= SALT_BYTES_MIN
    judged = link if link is not None and usable else _decoy(link_id, purpose=purpose, now=now)
    genuine = same(_mac(rt.secret_key, judged, salt=judged.salt), mac.lower())
    if not (genuine and usable):
        return None
    return judged if judged.purpose == purpose and now < judged.expires_at else None


def _mac(secret_key: bytes, link: LinkRow, *, salt: bytes) -> str:
    context = "\x1f".join((link.purpose, link.id, link.directory, link.uid))
    return link_token(secret_key, context, salt)


def _decoy(link_id: str, *, purpose: Purpose, now: datetime) -> LinkRow:
    return LinkRow(
        id=link_id,
        purpose=purpose,
        call_sid="",
        service="",
        directory="",
        uid="",
        salt=_DECOY_SALT,
        created_at=now,
        expires_at=now,
    )
