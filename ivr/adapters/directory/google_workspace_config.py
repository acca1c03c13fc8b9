"""Configuration of a Google Workspace directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from ivr.adapters.directory.http_directory import require_https

_FIELD = r"[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}"
CustomField = Annotated[str, StringConstraints(pattern=rf"^{_FIELD}$")]
NumberField = Annotated[
    str, StringConstraints(pattern=rf"^(externalId:[A-Za-z0-9_-]{{1,64}}|{_FIELD})$")
]
Https = Annotated[str, AfterValidator(require_https)]


class GoogleWorkspaceConfig(BaseModel):
    """``key_file``: the JSON key of a service account with domain-wide delegation.
    ``admin``: the administrator in whose name it acts. ``cpf_field``, ``matricula_field``:
    ``externalId:<type>`` (``organization`` is the "employee ID" of the console; any other word is
    a custom type) or ``Schema.field``. ``marker_field``: a text field of a custom schema.
    ``mobile_changed_field``: ISO 8601 text of when the mobile last changed; without it no mobile
    of this customer counts as fresh. ``mobile_from``: where the registered mobile stands; a person
    may change the recovery phone without asking anybody.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key_file: Path
    admin: Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[A-Za-z0-9.-]{1,253}$")]
    customer: Annotated[str, StringConstraints(pattern=r"^(my_customer|C[0-9A-Za-z]{4,32})$")] = (
        "my_customer"
    )
    marker_field: CustomField
    cpf_field: NumberField
    matricula_field: NumberField = "externalId:organization"
    mobile_changed_field: CustomField | None = None
    mobile_from: Literal["phones", "recovery_phone"] = "phones"
    group: str = "servidores"
    revoke_sessions: bool = True
    api_url: Https = "https://admin.googleapis.com"
    ca_file: Path | None = None


def read_config(name: str, config: Mapping[str, object]) -> GoogleWorkspaceConfig:
    """Raises ValueError that names the directory and the keys, never a value."""
    try:
        read = GoogleWorkspaceConfig.model_validate(dict(config))
    except ValidationError as error:
        keys = ", ".join(sorted({str(e["loc"][0]) for e in error.errors(include_input=False)}))
        raise ValueError(f"directory {name!r}: {keys}: not accepted or missing") from None
    if read.marker_field in (read.cpf_field, read.matricula_field, read.mobile_changed_field):
        raise ValueError(f"directory {name!r}: marker_field must be a field of its own")
    return read
