"""Invented staff for ``flask demo load``. Their password hangs on the installation's key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ivr.ports.sealing import KeyedHash
from ivr.ports.staff import AuditLine, Role, StaffRow
from ivr.ports.store import Store
from ivr.service.staff_sessions import PasswordKeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStaff:
    """``line``: a number that rings as a virtual desk phone of the local carrier."""

    login: str
    name: str
    roles: tuple[Role, ...]
    skills: tuple[str, ...] = ("atendimento",)
    line: str = ""


STAFF = (
    DemoStaff(login="ana.agente", name="Ana Atendente", roles=("agent",), line="+556733183611"),
    DemoStaff(
        login="bruno.agente",
        name="Bruno Atendente",
        roles=("agent",),
        skills=("atendimento", "segundo_nivel"),
        line="+556733183612",
    ),
    DemoStaff(
        login="carla.supervisora",
        name="Carla Supervisora",
        roles=("agent", "supervisor"),
        skills=("atendimento", "segundo_nivel"),
        line="+556733183613",
    ),
    DemoStaff(
        login="davi.admin",
        name="Davi Administrador",
        roles=("manager", "admin"),
        skills=(),
        line="+556733183614",
    ),
    DemoStaff(login="elisa.auditora", name="Elisa Auditora", roles=("auditor",), skills=()),
)


def password(keyed_hash: KeyedHash) -> str:
    """The one password of all invented staff of this installation."""
    text = keyed_hash("demo-staff", "password")
    return "-".join(("demo", text[:4], text[4:8], text[8:12]))


def load(store: Store, keyed_hash: KeyedHash, hasher: PasswordKeeper) -> int:
    """Make the invented staff, and give the demo password back to whoever has another; how many
    there are."""
    word = password(keyed_hash)
    secret = hasher.hash(word)
    with store.begin() as tx:
        for one in STAFF:
            known = tx.staff.by_login(one.login)
            if known is not None and hasher(known.password_hash or None, word):
                continue
            row = StaffRow(
                id=known.id if known else one.login.replace(".", "-"),
                login=one.login,
                name=one.name,
                password_hash=secret,
                roles=one.roles,
                skills=one.skills,
                line=one.line,
                created_at=tx.now(),
            )
            if known is None:
                tx.staff.add(row)
            else:
                tx.staff.save(replace(row, version=known.version))
            action = "staff.added" if known is None else "staff.demo_again"
            tx.audit.add(
                AuditLine(at=tx.now(), actor="demo", action=action, object=f"staff:{row.id}")
            )
    return len(STAFF)


def as_json(keyed_hash: KeyedHash) -> list[dict[str, Any]]:
    """The invented staff as plain data, with the password to try them with."""
    secret = password(keyed_hash)
    return [
        {
            "login": one.login,
            "name": one.name,
            "password": secret,
            "roles": list(one.roles),
            "skills": list(one.skills),
            "audio": "ramal",
            "line": one.line or None,
        }
        for one in STAFF
    ]
