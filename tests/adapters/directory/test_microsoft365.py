"""What only the Microsoft 365 connector does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from adapters.directory.graph_server import ALL_ROLES, client_certificate, error
from adapters.directory.local_https import Reply
from fixtures_clouds import GRAPH_MARKER, CloudHouse, FrozenClock

from ivr.adapters.directory.microsoft365 import Microsoft365Directory, _accepted, _literal
from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"


@pytest.fixture
def house(microsoft365_house: CloudHouse) -> CloudHouse:
    return microsoft365_house


def built(house: CloudHouse, **changes: object) -> Microsoft365Directory:
    config = {**house.config, **changes}
    return Microsoft365Directory.from_config("m365", config, clock=FrozenClock())


def test_search_is_an_advanced_query_with_the_number_in_quotes(house: CloudHouse) -> None:
    house.directory.find(kind="matricula", number="100013")
    search = next(r for r in house.server.requests if r.path == "/v1.0/users")
    assert search.query["$filter"] == "employeeId eq '100013'"
    assert search.query["$count"] == "true"
    assert search.headers["consistencylevel"] == "eventual"


def test_quotes_in_a_value_are_doubled() -> None:
    assert _literal("d'Ávila") == "'d''Ávila'"


def test_index_that_still_shows_an_old_number_finds_nobody(house: CloudHouse) -> None:
    house.server.next_replies = [Reply(status=200, body={"value": [{"id": "clara"}]})]
    assert house.directory.find(kind="matricula", number="100013") is None


@pytest.mark.parametrize("must_change", [True, False])
def test_must_change_is_said_in_the_same_profile(house: CloudHouse, must_change: bool) -> None:
    house.directory.reset(uid="ana", password=OTHER, marker="m", must_change=must_change)
    (write,) = house.server.writes()
    assert set(write.body) == {"passwordProfile", GRAPH_MARKER}
    assert house.server.users["ana"]["must_change"] is must_change


def test_markers_of_many_changes_stay_within_what_the_extension_holds(house: CloudHouse) -> None:
    for n in range(30):
        house.directory.unlock(uid="ana", marker=f"job:{n}")
    assert len(house.server.users["ana"][GRAPH_MARKER]) <= 256
    kept = [n for n in range(30) if house.directory.applied(uid="ana", marker=f"job:{n}")]
    assert kept == list(range(20, 30))


def test_member_of_a_named_group_is_privileged(house: CloudHouse) -> None:
    account = house.directory.get("ana")
    assert account is not None
    assert not account.privileged
    named = built(house, privileged_groups=["group-1"]).get("ana")
    assert named is not None
    assert named.privileged


def test_role_on_a_later_page_is_seen(house: CloudHouse) -> None:
    group = {"@odata.type": "#microsoft.graph.group", "id": "g"}
    role = {"@odata.type": "#microsoft.graph.directoryRole", "id": "r"}
    house.server.memberships["ana"] = [group] * 7 + [role]
    account = house.directory.get("ana")
    assert account is not None
    assert account.privileged
    pages = [r for r in house.server.requests if r.path.endswith("transitiveMemberOf")]
    assert len(pages) == 4


def test_next_page_on_another_host_is_not_asked_and_gets_no_token(house: CloudHouse) -> None:
    house.server.next_replies = [
        Reply(status=200, body=house.server.users["ana"]),
        Reply(status=200, body={"value": [], "@odata.nextLink": "https://localhost/steal"}),
    ]
    with pytest.raises(PortError) as caught:
        house.directory.get("ana")
    assert (caught.value.reason, caught.value.permanent) == ("answer_unexpected", True)
    assert house.server.requests[-1].path.endswith("/ana/transitiveMemberOf")


def test_memberships_without_an_end_are_given_up(house: CloudHouse) -> None:
    group = {"@odata.type": "#microsoft.graph.group", "id": "g"}
    house.server.memberships["ana"] = [group] * 100
    with pytest.raises(PortError, match="too_many_groups"):
        house.directory.get("ana")


def test_memberships_that_cannot_be_read_are_not_taken_for_none(house: CloudHouse) -> None:
    house.server.next_replies = [
        Reply(status=200, body=house.server.users["ana"]),
        Reply(status=200, body={}),
    ]
    with pytest.raises(PortError, match="answer_unreadable"):
        house.directory.get("ana")


def test_graph_itself_refuses_a_privileged_account(house: CloudHouse) -> None:
    with pytest.raises(PortError) as caught:
        house.directory.reset(uid="elisa", password=OTHER, marker="m", must_change=True)
    assert (caught.value.reason, caught.value.permanent) == ("forbidden", True)


def test_account_that_another_directory_masters_is_left_to_that_directory(
    house: CloudHouse,
) -> None:
    house.server.users["ana"]["onPremisesSyncEnabled"] = True
    with pytest.raises(PortError) as caught:
        house.directory.reset(uid="ana", password=OTHER, marker="m", must_change=True)
    assert (caught.value.reason, caught.value.permanent) == ("mastered_on_premises", True)
    assert house.server.writes() == []
    assert house.directory.find(kind="matricula", number="100013") is not None


@pytest.mark.parametrize("right", ["User.ReadWrite.All", "User-PasswordProfile.ReadWrite.All"])
def test_each_right_of_the_page_is_needed(house: CloudHouse, right: str) -> None:
    house.server.roles = ALL_ROLES - {right}
    with pytest.raises(PortError, match="forbidden"):
        house.directory.reset(uid="ana", password=OTHER, marker="m", must_change=True)
    assert not house.directory.applied(uid="ana", marker="m")


@pytest.mark.parametrize(
    "message",
    [
        "The specified password does not comply with password complexity requirements. Please "
        "provide a different password.",
        "The password is in the history of this user.",
        "The specified password has been banned.",
    ],
)
def test_words_about_the_password_are_a_refusal_by_the_policy(message: str) -> None:
    reply = error(400, "Request_BadRequest", message)
    with pytest.raises(PolicyRefusalError):
        _accepted(reply)  # type: ignore[arg-type]


def test_other_bad_request_is_no_refusal_by_the_policy(house: CloudHouse) -> None:
    missing = "extension_ffffffffffffffffffffffffffffffff_none"
    with pytest.raises(PortError) as caught:
        built(house, marker_attribute=missing).unlock(uid="ana", marker="m")
    assert not isinstance(caught.value, PolicyRefusalError)
    assert (caught.value.reason, caught.value.permanent) == ("request_refused", True)


def test_wrong_secret_is_told_without_it_and_the_right_one_is_read_again(
    house: CloudHouse,
) -> None:
    secret = Path(str(house.config["password_file"]))
    secret.write_text("Segredo-Errado\n", "utf-8")
    with pytest.raises(PortError) as caught:
        house.directory.get("ana")
    assert (caught.value.reason, caught.value.permanent) == ("token_refused", False)
    assert caught.value.__context__ is None
    secret.unlink()
    with pytest.raises(PortError, match="secret_missing"):
        house.directory.get("ana")
    secret.write_text(house.server.secret + "\n", "utf-8")
    assert house.directory.get("ana") is not None


def test_certificate_serves_instead_of_a_secret_and_another_key_does_not(
    house: CloudHouse, tmp_path: Path
) -> None:
    key, certificate = client_certificate()
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "certificate.pem").write_bytes(certificate)
    house.server.certificate = certificate
    files = {
        "password_file": None,
        "key_file": str(tmp_path / "key.pem"),
        "certificate_file": str(tmp_path / "certificate.pem"),
    }
    assert built(house, **files).get("ana") is not None
    (tmp_path / "key.pem").write_bytes(client_certificate()[0])
    with pytest.raises(PortError, match="token_refused"):
        built(house, **files).get("ana")


@pytest.mark.parametrize(
    "changes",
    [
        {"password_file": None},
        {"key_file": "k", "certificate_file": "c"},
        {"password_file": None, "key_file": "k"},
        {"marker_attribute": "employeeId"},
        {"cpf_attribute": "employeeId eq '' or id"},
        {"cpf_attribute": GRAPH_MARKER},
        {"tenant": "a/b"},
    ],
)
def test_configuration_that_contradicts_itself_is_refused(
    house: CloudHouse, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="m365"):
        built(house, **changes)
