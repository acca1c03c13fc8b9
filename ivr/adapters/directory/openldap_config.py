"""What an owner writes about an OpenLDAP directory, checked before anything connects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from ldap.filter import filter_format  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.adapters.directory.ldap_connection import LdapServer

AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9;-]*$")]
OptionalAttribute = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9;-]*)?$")]
FilterText = Annotated[str, Field(pattern=r"^(\(.*\))?$")]
OPERATIONAL = (
    "entryCSN",
    "modifiersName",
    "pwdAccountLockedTime",
    "pwdChangedTime",
    "pwdFailureTime",
    "pwdPolicySubentry",
    "pwdReset",
)


class AttributeNames(BaseModel):
    """Which attribute holds what; empty: the directory does not keep it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uid: AttributeName = "uid"
    cpf: AttributeName
    matricula: OptionalAttribute = ""
    name: AttributeName = "cn"
    mail: AttributeName = "mail"
    mobile: OptionalAttribute = "mobile"
    mobile_changed_at: OptionalAttribute = ""
    group: OptionalAttribute = ""


class OpenLdapConfig(BaseModel):
    """One ``[directories.<name>]`` of kind ``openldap``.

    ``marker_attribute``: a free attribute of each account in which the change markers are kept.
    ``notes_base``: in its place, where accounts have no such attribute, a branch in which the
    service keeps an entry of its own for each account that it changes.
    ``lockout_seconds``: the policy's pwdLockoutDuration; 0 when a lock never ends by itself.
    ``disabled_filter`` and ``privileged_filter``: LDAP filters (RFC 4515) that such accounts match.
    ``privileged_groups``: DNs of groups whose members no call may touch.
    ``decoy_dn``: an account of nobody, whose wrong password is tried in the place of somebody
    unknown, so that both take the same time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    start_tls: bool = False
    ca_file: Path
    bind_dn: str = Field(min_length=1)
    password_file: Path
    base: str = Field(min_length=1)
    account_filter: FilterText = "(objectClass=inetOrgPerson)"
    attributes: AttributeNames
    marker_attribute: OptionalAttribute = ""
    notes_base: str = ""
    markers_kept: int = Field(default=8, ge=2, le=32)
    default_group: str = "servidores"
    lockout_seconds: int = Field(default=0, ge=0)
    disabled_filter: FilterText = ""
    privileged_filter: FilterText = ""
    privileged_groups: tuple[str, ...] = ()
    policy_dn: str = ""
    decoy_dn: str = ""
    pool_size: int = Field(default=4, ge=1, le=32)

    @model_validator(mode="after")
    def _one_way_of_changing(self) -> Self:
        if bool(self.marker_attribute) == bool(self.notes_base):
            raise ValueError("marker_attribute or notes_base: give one of the two")
        return self

    @model_validator(mode="after")
    def _reachable_safely(self) -> Self:
        if not self.ca_file.is_file():
            raise ValueError(f"ca_file: no such file: {self.ca_file}")
        self.server()
        return self

    def server(self) -> LdapServer:
        """Where and as whom to connect. Raises ValueError for the key that is wrong."""
        try:
            password = self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not text"
            raise ValueError(f"password_file: {self.password_file}: {why}") from None
        if not password:
            raise ValueError(f"password_file: {self.password_file} is empty")
        return LdapServer(
            url=self.url,
            start_tls=self.start_tls,
            ca_file=self.ca_file,
            bind_dn=self.bind_dn,
            password=password,
            pool_size=self.pool_size,
        )

    def filter_for(self, attribute: str, *values: str) -> str:
        """Accounts whose ``attribute`` is one of ``values``, which are escaped (RFC 4515)."""
        choices = "".join(filter_format("(%s=%s)", [attribute, value]) for value in values)
        return f"(&{self.account_filter}(|{choices}))"

    def read_attributes(self) -> list[str]:
        """Attributes that are read of each account, operational ones by name."""
        mapped = [name for name in self.attributes.model_dump().values() if name]
        marker = [self.marker_attribute] if self.marker_attribute else []
        return [*mapped, *marker, *OPERATIONAL]


def read_config(name: str, config: Mapping[str, object]) -> OpenLdapConfig:
    """Raises ValueError with the directory's name and each wrong key, never a value."""
    try:
        return OpenLdapConfig.model_validate(dict(config))
    except ValidationError as error:
        faults = "; ".join(
            ": ".join([".".join(map(str, e["loc"])), e["msg"]]).removeprefix(": ")
            for e in error.errors(include_input=False, include_url=False)
        )
        raise ValueError(f"directory {name}: {faults.replace('Value error, ', '')}") from None
