"""What only the Google Workspace connector does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adapters.directory.google_server import SECURITY_SCOPE, USER_SCOPE, error
from fixtures_clouds import CloudHouse, FrozenClock

from ivr.adapters.directory.google_workspace import GoogleWorkspaceDirectory, _literal
from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"


@pytest.fixture
def house(google_workspace_house: CloudHouse) -> CloudHouse:
    return google_workspace_house


def built(house: CloudHouse, **changes: object) -> GoogleWorkspaceDirectory:
    config = {**house.config, **changes}
    return GoogleWorkspaceDirectory.from_config("google", config, clock=FrozenClock())


def reset(house: CloudHouse, uid: str = "ana", password: str = OTHER) -> None:
    house.directory.reset(uid=uid, password=password, marker="m", must_change=True)


def test_search_names_the_customer_and_quotes_the_number(house: CloudHouse) -> None:
    house.directory.find(kind="matricula", number="100013")
    search = next(r for r in house.server.requests if r.path.endswith("/users"))
    assert search.query["query"] == "externalId='100013'"
    assert search.query["customer"] == "my_customer"


def test_quotes_in_a_value_are_escaped() -> None:
    assert _literal("d'Ávila\\") == "'d\\'Ávila\\\\'"


def test_number_may_stand_in_a_custom_field(house: CloudHouse) -> None:
    house.server._schemas = house.server._schemas | {"Pessoa.cpf"}
    house.server.users["ana"]["customSchemas"]["Pessoa"] = {"cpf": "12345678909"}
    found = built(house, cpf_field="Pessoa.cpf").find(kind="cpf", number="12345678909")
    assert found is not None
    assert found.uid == "ana"


def test_same_digits_as_another_kind_of_number_do_not_make_it_ambiguous(
    house: CloudHouse,
) -> None:
    house.server.users["clara"]["externalIds"].append(
        {"value": "100013", "type": "custom", "customType": "crachá"}
    )
    found = house.directory.find(kind="matricula", number="100013")
    assert found is not None
    assert found.uid == "ana"


def test_more_rows_than_a_page_are_ambiguous(house: CloudHouse) -> None:
    for n in range(60):
        house.server.users[f"x{n}"] = {
            "id": f"x{n}",
            "primaryEmail": f"x{n}@demo.invalid",
            "externalIds": [{"value": "100013", "type": "custom", "customType": "outro"}],
        }
    with pytest.raises(PortError, match="ambiguous"):
        house.directory.find(kind="matricula", number="100013")


@pytest.mark.parametrize("must_change", [True, False])
def test_must_change_is_said_in_the_same_request(house: CloudHouse, must_change: bool) -> None:
    house.directory.reset(uid="ana", password=OTHER, marker="m", must_change=must_change)
    (write,) = house.server.writes()
    assert set(write.body) == {"password", "changePasswordAtNextLogin", "customSchemas"}
    assert house.server.users["ana"]["changePasswordAtNextLogin"] is must_change


def test_other_fields_of_the_same_schema_survive_a_reset(house: CloudHouse) -> None:
    before = house.server.users["ana"]["customSchemas"]["Atendimento"]["mobile_since"]
    reset(house)
    after = house.server.users["ana"]["customSchemas"]["Atendimento"]
    assert after["mobile_since"] == before


def test_markers_of_many_changes_stay_within_what_the_field_holds(house: CloudHouse) -> None:
    for n in range(30):
        house.directory.unlock(uid="ana", marker=f"job:{n}")
    assert len(house.server.users["ana"]["customSchemas"]["Atendimento"]["changes"]) <= 500
    kept = [n for n in range(30) if house.directory.applied(uid="ana", marker=f"job:{n}")]
    assert kept == list(range(12, 30))


@pytest.mark.parametrize("flag", ["isAdmin", "isDelegatedAdmin"])
def test_every_administrator_is_privileged_also_when_it_is_not_said(
    house: CloudHouse, flag: str
) -> None:
    for change in ({flag: True}, {flag: None}):
        house.server.users["ana"] = {**house.server.users["ana"], **change}
        account = house.directory.get("ana")
        assert account is not None
        assert account.privileged


def test_archived_account_is_disabled(house: CloudHouse) -> None:
    house.server.users["ana"]["archived"] = True
    account = house.directory.get("ana")
    assert account is not None
    assert account.disabled


def test_recovery_phone_is_used_only_when_the_configuration_says_so(house: CloudHouse) -> None:
    house.server.users["ana"]["recoveryPhone"] = "+5567999990077"
    usual, chosen = (
        house.directory.get("ana"),
        built(house, mobile_from="recovery_phone").get("ana"),
    )
    assert usual is not None
    assert chosen is not None
    assert (usual.mobile, chosen.mobile) == ("+5567999990001", "+5567999990077")


@pytest.mark.parametrize("reason", ["quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded"])
def test_quota_that_is_used_up_is_worth_another_try(house: CloudHouse, reason: str) -> None:
    house.server.next_replies = [error(403, "Quota exceeded.", reason)]
    with pytest.raises(PortError) as caught:
        house.directory.get("ana")
    assert (caught.value.reason, caught.value.permanent) == ("throttled", False)


def test_account_out_of_the_administrators_reach_is_a_permanent_error(house: CloudHouse) -> None:
    house.server.out_of_reach.add("elisa")
    with pytest.raises(PortError) as caught:
        reset(house, uid="elisa")
    assert (caught.value.reason, caught.value.permanent) == ("forbidden", True)


@pytest.mark.parametrize("password", ["curta", "Comprida-" * 12, "Capivará-Azul-Voa-77"])
def test_password_that_google_refuses_is_a_refusal_by_the_policy(
    house: CloudHouse, password: str
) -> None:
    with pytest.raises(PolicyRefusalError):
        reset(house, password=password)


def test_custom_field_that_was_never_made_is_no_refusal_by_the_policy(house: CloudHouse) -> None:
    with pytest.raises(PortError) as caught:
        built(house, marker_field="Nada.nada").unlock(uid="ana", marker="m")
    assert not isinstance(caught.value, PolicyRefusalError)
    assert caught.value.permanent


@pytest.mark.parametrize("scope", [USER_SCOPE, SECURITY_SCOPE])
def test_each_scope_must_be_delegated(house: CloudHouse, scope: str) -> None:
    house.server.granted = frozenset({USER_SCOPE, SECURITY_SCOPE}) - {scope}
    with pytest.raises(PortError) as caught:
        house.directory.get("ana")
    assert (caught.value.reason, caught.value.permanent) == ("token_refused", False)


def test_other_administrator_than_the_delegated_one_gets_no_token(house: CloudHouse) -> None:
    with pytest.raises(PortError, match="token_refused"):
        built(house, admin="outra@demo.ms.gov.br.invalid").get("ana")


def test_key_file_that_is_missing_or_sends_the_key_without_tls_is_not_used(
    house: CloudHouse, tmp_path: Path
) -> None:
    key = json.loads(Path(str(house.config["key_file"])).read_text("utf-8"))
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps({**key, "token_uri": "http://127.0.0.1:1/token"}), "utf-8")
    for path in (tmp_path / "none.json", plain):
        with pytest.raises(PortError, match="secret_missing"):
            built(house, key_file=str(path)).get("ana")


@pytest.mark.parametrize(
    "changes",
    [
        {"marker_field": "externalId:cpf"},
        {"marker_field": "Atendimento.mobile_since"},
        {"cpf_field": "externalId:cpf' isAdmin='true"},
        {"customer": "C0' x"},
        {"admin": "nobody"},
        {"mobile_from": "any"},
    ],
)
def test_configuration_that_contradicts_itself_is_refused(
    house: CloudHouse, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="google"):
        built(house, **changes)
