"""Configuration of a Microsoft 365 directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from ivr.adapters.directory.http_directory import require_https

_ATTRIBUTE = (
    r"employeeId|onPremisesExtensionAttributes/extensionAttribute([1-9]|1[0-5])"
    r"|extension_[0-9a-f]{32}_[A-Za-z0-9]{1,64}"
)
Attribute = Annotated[str, StringConstraints(pattern=rf"^({_ATTRIBUTE})$")]
MarkerAttribute = Annotated[
    str, StringConstraints(pattern=r"^extension_[0-9a-f]{32}_[A-Za-z0-9]{1,64}$")
]
Https = Annotated[str, AfterValidator(require_https)]
TenantId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$")]


class Microsoft365Config(BaseModel):
    """``tenant``: its id or a domain of it. ``password_file``: the client secret, or
    ``key_file`` and ``certificate_file``: an RSA key and its certificate, both PEM; one of the two
    ways. ``marker_attribute``: a directory extension, which is
    the service's alone and is written by the same PATCH as the password.
    ``mobile_changed_attribute``: ISO 8601 text of when the mobile last changed; without it no
    mobile of this tenant counts as fresh. ``privileged_groups``: object ids of groups whose
    members are never reset by telephone, besides everybody who holds a directory role.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    tenant: TenantId
    client_id: TenantId
    password_file: Path | None = None
    key_file: Path | None = None
    certificate_file: Path | None = None
    marker_attribute: MarkerAttribute
    cpf_attribute: Attribute
    matricula_attribute: Attribute = "employeeId"
    mobile_changed_attribute: Attribute | None = None
    privileged_groups: frozenset[str] = frozenset()
    group: str = "servidores"
    revoke_sessions: bool = True
    graph_url: Https = "https://graph.microsoft.com/v1.0"
    authority_url: Https = "https://login.microsoftonline.com"
    ca_file: Path | None = None


def read_config(name: str, config: Mapping[str, object]) -> Microsoft365Config:
    """Raises ValueError that names the directory and the keys, never a value."""
    try:
        read = Microsoft365Config.model_validate(dict(config))
    except ValidationError as error:
        keys = ", ".join(sorted({str(e["loc"][0]) for e in error.errors(include_input=False)}))
        raise ValueError(f"directory {name!r}: {keys}: not accepted or missing") from None
    by_key = read.key_file is not None and read.certificate_file is not None
    if (read.password_file is None) == (not by_key):
        raise ValueError(f"directory {name!r}: password_file, or key_file with certificate_file")
    others = (read.cpf_attribute, read.matricula_attribute, read.mobile_changed_attribute)
    if read.marker_attribute in others:
        raise ValueError(f"directory {name!r}: marker_attribute must be an attribute of its own")
    return read
