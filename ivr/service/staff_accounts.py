"""Accounts of staff: made, changed, closed. Every change leaves an audit line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ivr.domain.agent_line import number_of, sip_of
from ivr.ports.staff import ROLES, Audio, AuditLine, Role, StaffRow
from ivr.ports.store import Transaction
from ivr.service import staff_sessions, totp
from ivr.service.staff_login import (
    LOGIN,
    LONGEST_PASSWORD,
    login_of,
    note,
    note_login,
    reserve,
    settle,
)
from ivr.service.staff_sessions import StaffRuntime, Standing

LEAST_PASSWORD = 12
AUDIO: tuple[Audio, ...] = ("navegador", "ramal", "sip")
_QUEUE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID_BYTES = 8
_TRIES = 3


class AccountError(Exception):
    """What an account cannot be; ``reason`` is one word, ``login`` whose."""

    def __init__(self, reason: str, login: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.login = login


def drawn_up(
    rt: StaffRuntime,
    *,
    at: datetime,
    login: str,
    name: str,
    password: str = "",
    subject: str = "",
    roles: Iterable[str] = ("agent",),
    skills: Iterable[str] = ("atendimento",),
    audio: str = "ramal",
    line: str = "",
) -> StaffRow:
    """An account that is not kept yet. Without a password only OIDC opens it; ``subject``: hash of
    its identity there. Raises AccountError (``login``, ``name``, ``roles``, ``skills``, ``audio``,
    ``password``) and LineError."""
    key = login_of(login)
    if not LOGIN.fullmatch(key):
        raise AccountError("login")
    if not name.strip() or len(name) > 120 or not name.isprintable():
        raise AccountError("name")
    if audio not in AUDIO:
        raise AccountError("audio")
    mode: Audio = AUDIO[AUDIO.index(audio)]
    return StaffRow(
        id=rt.entropy(_ID_BYTES).hex(),
        login=key,
        name=name.strip(),
        password_hash=hashed_password(rt, password) if password else "",
        subject=subject,
        roles=roles_of(roles),
        skills=skills_of(skills),
        audio=mode,
        line=line_of(mode, line) if line else "",
        created_at=at,
    )


def add(rt: StaffRuntime, rows: Iterable[StaffRow], *, actor: str) -> None:
    """Keep new accounts, all or none. Raises AccountError (``taken`` with the login) and
    StoreUnavailableError."""
    with rt.store.begin() as tx:
        for row in rows:
            if tx.staff.by_login(row.login) is not None or not tx.staff.add(row):
                raise AccountError("taken", row.login)
            tell(tx, row, "staff.added", actor=actor, roles=list(row.roles))


def change(rt: StaffRuntime, login: str, action: str, *, actor: str, **fields: Any) -> StaffRow:
    """Change fields of an account and end its sessions. Raises AccountError (``unknown``,
    ``busy`` when others change it all the time) and StoreUnavailableError."""
    for _ in range(_TRIES):
        with rt.store.begin() as tx:
            row = tx.staff.by_login(login_of(login))
            if row is None:
                raise AccountError("unknown")
            new = replace(row, **fields)
            if tx.staff.save(new):
                staff_sessions.end_all(tx, row.id, actor=actor)
                shown = {k: v for k, v in fields.items() if k in ("roles", "skills", "active")}
                tell(tx, row, action, actor=actor, **shown)
                return replace(new, version=row.version + 1)
    raise AccountError("busy")


def set_audio(rt: StaffRuntime, staff: StaffRow, *, audio: Audio, line: str) -> StaffRow:
    """Choose where the agent's telephone is. Raises LineError, AccountError and
    StoreUnavailableError."""
    kept = line_of(audio, line) if audio != "navegador" else staff.line
    for _ in range(_TRIES):
        with rt.store.begin() as tx:
            row = tx.staff.get(staff.id)
            if row is None:
                raise AccountError("unknown")
            if (row.audio, row.line) == (audio, kept):
                return row
            if tx.staff.save(replace(row, audio=audio, line=kept)):
                note(tx, row, "staff.audio", audio=audio)
                return replace(row, audio=audio, line=kept, version=row.version + 1)
    raise AccountError("busy")


def enrol(rt: StaffRuntime, standing: Standing, *, token: str, code: str) -> str:
    """Take the second factor that was offered to a session, once its code is shown; the new
    token of the session, empty when the code is wrong. Raises StoreUnavailableError."""
    secret = totp.secret_for(rt.keyed_hash, token)
    with rt.store.begin() as tx:
        row = tx.staff.get(standing.staff.id)
        step = totp.step_of(secret, code, at=tx.now())
        if row is None or row.totp or not step:
            return ""
        if not tx.staff.save(replace(row, totp=secret)) or not tx.staff.use_totp(row.id, step):
            return ""
        if not tx.staff.end_session(standing.session.id, at=tx.now()):
            return ""
        note(tx, row, "staff.totp_enrolled")
        staff_sessions.end_all(tx, row.id, actor=row.id)
        fresh = staff_sessions.begin(
            rt,
            tx,
            row,
            way=standing.session.way,
            second_factor=True,
            since=standing.session.created_at,
        )
        note_login(tx, row, way=standing.session.way)
        return fresh


def set_own_password(
    rt: StaffRuntime, standing: Standing, *, old: str, new: str, address: str
) -> bool:
    """Change one's own password; False when the old one is wrong or a limit is reached. Other
    sessions end. Raises AccountError and StoreUnavailableError."""
    hashed = hashed_password(rt, new)
    with rt.store.begin() as tx:
        counted = rt.keyed_hash("staff-own", standing.staff.id)
        one = reserve(rt, tx, account=counted, address=address, trusted=True)
    passed = rt.verify_pin(standing.staff.password_hash or None, _normal(old))
    with rt.store.begin() as tx:
        passed = settle(tx, one, passed=passed)
    if not passed:
        return False
    with rt.store.begin() as tx:
        row = tx.staff.get(standing.staff.id)
        if row is None or not tx.staff.save(replace(row, password_hash=hashed)):
            raise AccountError("busy")
        note(tx, row, "staff.password_changed")
        staff_sessions.end_all(tx, row.id, actor=row.id, but=standing.session.id)
    return True


def hashed_password(rt: StaffRuntime, password: str) -> str:
    """The slow hash of a password that is long enough and no longer than allowed. Raises
    AccountError (``password``)."""
    text = _normal(password)
    if not LEAST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise AccountError("password")
    return rt.verify_pin.hash(text)


def roles_of(words: Iterable[str]) -> tuple[Role, ...]:
    """Roles in their order. Raises AccountError (``roles``) on none and on an unknown one."""
    asked = set(words)
    if not asked or asked - set(ROLES):
        raise AccountError("roles")
    return tuple(role for role in ROLES if role in asked)


def skills_of(words: Iterable[str]) -> tuple[str, ...]:
    """Names of queues. Raises AccountError (``skills``) on what cannot be one."""
    names = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    if any(not _QUEUE.fullmatch(name) for name in names):
        raise AccountError("skills")
    return names


def line_of(audio: Audio, text: str) -> str:
    """The line of an audio mode as it is dialled. Raises LineError."""
    if audio == "sip":
        return sip_of(text)
    return number_of(text)


def tell(tx: Transaction, row: StaffRow, action: str, *, actor: str, **data: Any) -> None:
    """An audit line of what somebody did to an account."""
    tx.audit.add(
        AuditLine(at=tx.now(), actor=actor, action=action, object=f"staff:{row.id}", data=data)
    )


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password[: LONGEST_PASSWORD + 1])
