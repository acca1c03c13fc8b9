"""Directories that are web services, each before a local server with the people of the contract.

Nobody here exists. The servers say what the published pages say; nothing is known here about what
the real services do beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from adapters.directory.google_server import GoogleServer
from adapters.directory.graph_server import GraphServer

from ivr.adapters.directory.google_workspace import GoogleWorkspaceDirectory
from ivr.adapters.directory.microsoft365 import Microsoft365Directory
from ivr.ports.directory import Directory

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIRST = "Primeira-Senha-2026"
GRAPH_MARKER = "extension_0123456789abcdef0123456789abcdef_ivrChanges"
PEOPLE: tuple[dict[str, Any], ...] = (
    {"uid": "ana", "cpf": "12345678909", "matricula": "100013", "mobile": "+5567999990001"},
    {"uid": "clara", "cpf": "11122233396", "matricula": "100030"},
    {"uid": "davi", "cpf": "22233344405", "matricula": "100048", "disabled": True},
    {"uid": "elisa", "cpf": "33344455508", "matricula": "100056", "privileged": True},
    {"uid": "fabio", "cpf": "44455566619", "matricula": "100064", "mobile": None},
    {"uid": "gemea1", "cpf": "55566677720", "matricula": "30015"},
    {"uid": "gemea2", "cpf": "66677788830", "matricula": "30015"},
)


class FrozenClock:
    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True, kw_only=True)
class CloudHouse:
    """What the contract asks of a house, and the server behind it."""

    directory: Directory
    opens: Callable[[str, str], bool]
    lose_next_answer: Callable[[], None]
    go_down: Callable[[], None]
    server: Any
    config: dict[str, object]
    locks: bool = False
    history: bool = False

    def rebuilt(self, **changes: object) -> Any:
        """Another connector to the same server, named ``outra``, with some keys changed."""
        connector: Any = type(self.directory)
        return connector.from_config("outra", {**self.config, **changes}, clock=FrozenClock())


@pytest.fixture(params=["microsoft365", "google_workspace"])
def cloud_house(request: pytest.FixtureRequest) -> CloudHouse:
    """Each of the two in turn."""
    house: CloudHouse = request.getfixturevalue(f"{request.param}_house")
    return house


@pytest.fixture
def microsoft365_house(tmp_path: Path) -> Iterator[CloudHouse]:
    folder = tmp_path / "graph"
    folder.mkdir()
    server = GraphServer(folder, extensions=frozenset({GRAPH_MARKER}))
    server.min_length = 12
    for person in PEOPLE:
        uid = person["uid"]
        server.users[uid] = {
            "id": uid,
            "displayName": f"{uid.title()} Exemplo",
            "mail": f"{uid}@demo.ms.gov.br.invalid",
            "userPrincipalName": f"{uid}@demo.ms.gov.br.invalid",
            "mobilePhone": person.get("mobile", "+55 67 99999-0002"),
            "accountEnabled": not person.get("disabled", False),
            "employeeId": person["matricula"],
            "onPremisesExtensionAttributes": {
                "extensionAttribute1": person["cpf"],
                "extensionAttribute2": (NOW - timedelta(days=1)).isoformat(),
            },
        }
        server.passwords[uid] = [FIRST]
        kinds = ["group", "group", "administrativeUnit"]
        kinds += ["directoryRole"] if person.get("privileged") else []
        server.memberships[uid] = [
            {"@odata.type": f"#microsoft.graph.{kind}", "id": f"{kind}-{n}"}
            for n, kind in enumerate(kinds)
        ]
    secret = folder / "secret"
    secret.write_text(server.secret + "\n", "utf-8")
    config: dict[str, object] = {
        "tenant": server.tenant,
        "client_id": server.client_id,
        "password_file": str(secret),
        "marker_attribute": GRAPH_MARKER,
        "cpf_attribute": "onPremisesExtensionAttributes/extensionAttribute1",
        "mobile_changed_attribute": "onPremisesExtensionAttributes/extensionAttribute2",
        "graph_url": f"{server.origin}/v1.0",
        "authority_url": server.origin,
        "ca_file": str(server.ca_file),
    }
    yield from _house(
        server,
        Microsoft365Directory.from_config("m365", config, clock=FrozenClock()),
        config,
        enabled=lambda user: user["accountEnabled"],
    )


@pytest.fixture
def google_workspace_house(tmp_path: Path) -> Iterator[CloudHouse]:
    folder = tmp_path / "google"
    folder.mkdir()
    fields = frozenset({"Atendimento.changes", "Atendimento.mobile_since"})
    server = GoogleServer(folder, schemas=fields)
    server.min_length = 12
    for person in PEOPLE:
        uid = person["uid"]
        mobile = person.get("mobile", "+55 67 99999-0002")
        server.users[uid] = {
            "id": uid,
            "primaryEmail": f"{uid}@demo.ms.gov.br.invalid",
            "name": {"fullName": f"{uid.title()} Exemplo"},
            "suspended": person.get("disabled", False),
            "archived": False,
            "isAdmin": person.get("privileged", False),
            "isDelegatedAdmin": False,
            "externalIds": [
                {"value": person["matricula"], "type": "organization"},
                {"value": person["cpf"], "type": "custom", "customType": "cpf"},
            ],
            "phones": [{"value": "+556733183600", "type": "work", "primary": True}]
            + ([{"value": mobile, "type": "mobile"}] if mobile else []),
            "customSchemas": {
                "Atendimento": {"mobile_since": (NOW - timedelta(days=1)).isoformat()}
            },
        }
        server.passwords[uid] = [FIRST]
    config: dict[str, object] = {
        "key_file": str(server.key_file),
        "admin": server.admin,
        "marker_field": "Atendimento.changes",
        "cpf_field": "externalId:cpf",
        "mobile_changed_field": "Atendimento.mobile_since",
        "api_url": server.origin,
        "ca_file": str(server.ca_file),
    }
    yield from _house(
        server,
        GoogleWorkspaceDirectory.from_config("google", config, clock=FrozenClock()),
        config,
        enabled=lambda user: not user["suspended"],
    )


def _house(
    server: Any,
    directory: Directory,
    config: dict[str, object],
    *,
    enabled: Callable[[dict[str, Any]], bool],
) -> Iterator[CloudHouse]:
    def opens(uid: str, password: str) -> bool:
        with server.turn:
            return enabled(server.users[uid]) and server.passwords[uid][0] == password

    def lose() -> None:
        server.lose_answers = 1

    try:
        yield CloudHouse(
            directory=directory,
            opens=opens,
            lose_next_answer=lose,
            go_down=server.stop,
            server=server,
            config=config,
        )
    finally:
        server.stop()
