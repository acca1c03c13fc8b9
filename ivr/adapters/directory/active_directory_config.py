"""Settings of one Active Directory (docs/directories-active-directory.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ivr.adapters.directory.ldap_connection import LdapServer

Attribute = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=64)]
OptionalAttribute = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]*)?$", max_length=64)]
REPLICATION_METADATA = "replPropertyMetaData"
"""The directory's own record of when each attribute was changed."""


class ActiveDirectoryAttributes(BaseModel):
    """Which attribute holds what. ``mobile_changed_at``: one with the time of the last change of
    the mobile (RFC 4517 §3.3.13), or ``replPropertyMetaData``; empty: not known. ``group``: empty
    puts everybody into the default group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uid: Attribute = "sAMAccountName"
    cpf: Attribute = "employeeID"
    matricula: Attribute = "employeeNumber"
    name: Attribute = "displayName"
    mail: Attribute = "mail"
    mobile: Attribute = "mobile"
    mobile_changed_at: OptionalAttribute = ""
    group: OptionalAttribute = ""

    @model_validator(mode="after")
    def _metadata_is_of_mobile(self) -> Self:
        asked = self.mobile_changed_at.lower() == REPLICATION_METADATA.lower()
        if asked and self.mobile.lower() != "mobile":
            raise ValueError(f"{REPLICATION_METADATA} tells of the attribute mobile only")
        return self


class ActiveDirectoryConfig(BaseModel):
    """One ``[directories.<name>]`` of kind ``active_directory``.

    ``url``: ``ldaps://`` and the name of ONE domain controller that may write, as it stands in
    its certificate. ``bind_dn``: distinguished name or ``user@domain`` of the service account.
    ``base``: the people are below it. ``marker_attribute``: a single-valued text attribute of each
    account in which the change markers are kept. ``privileged_groups``: SIDs (``S-1-5-21-…``) or
    distinguished names of groups whose members, nested ones too, no call may touch; the built-in
    administrative groups always are among them. ``respect_history``: ask the domain to hold a
    reset to the password history (and minimum age), where it can.
    Seconds: ``connect_s``, ``read_s``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    ca_file: Path
    bind_dn: Annotated[str, Field(min_length=1)]
    password_file: Path
    base: Annotated[str, Field(min_length=1)]
    attributes: ActiveDirectoryAttributes = ActiveDirectoryAttributes()
    marker_attribute: Attribute = "info"
    default_group: str = "servidores"
    respect_history: bool = True
    privileged_groups: tuple[str, ...] = ()
    connect_s: Annotated[float, Field(gt=0, le=30)] = 2.0
    read_s: Annotated[float, Field(gt=0, le=60)] = 3.0
    pool_size: Annotated[int, Field(ge=1, le=64)] = 4

    @field_validator("privileged_groups")
    @classmethod
    def _sid_or_name(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        for group in groups:
            if not (re.fullmatch(r"S-1-\d+(-\d+)+", group) or "=" in group):
                raise ValueError("a SID (S-1-…) or a distinguished name")
        return groups

    @field_validator("password_file", "ca_file")
    @classmethod
    def _readable(cls, path: Path) -> Path:
        if not path.is_file():
            raise ValueError("no such file")
        return path

    def server(self) -> LdapServer:
        """Raises ValueError naming ``url`` or the password."""
        return LdapServer(
            url=self.url,
            bind_dn=self.bind_dn,
            password=self.password_file.read_text(encoding="utf-8").rstrip("\r\n"),
            ca_file=self.ca_file,
            connect_s=self.connect_s,
            read_s=self.read_s,
            pool_size=self.pool_size,
        )


def read_config(name: str, config: Mapping[str, object]) -> ActiveDirectoryConfig:
    """Raises ValueError with the directory's name and each wrong key, never a value."""
    try:
        return ActiveDirectoryConfig.model_validate(dict(config))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise ValueError(f"directory {name}: {faults}") from None
