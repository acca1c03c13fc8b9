"""Configuration and check of the two connectors over HTTPS."""

from __future__ import annotations

from typing import Any

import pytest
from adapters.directory.local_https import Reply
from fixtures_clouds import CloudHouse

CPF = "12345678909"


@pytest.fixture
def house(cloud_house: CloudHouse) -> CloudHouse:
    return cloud_house


def grades(house: CloudHouse, directory: Any = None) -> list[str]:
    checked = directory or house.directory
    return [finding.grade for finding in checked.check()]


def test_check_of_a_directory_in_order_changes_nothing_and_names_nobody(house: CloudHouse) -> None:
    checked: Any = house.directory
    found = list(checked.check())
    assert [finding.grade for finding in found] == ["ok", "ok", "ok", "ok", "aviso"]
    assert house.server.writes() == []
    assert not any(number in repr(found) for number in (CPF, "100013", "Exemplo"))


def test_check_says_what_is_wrong_instead_of_raising(house: CloudHouse) -> None:
    key = "cpf_attribute" if "cpf_attribute" in house.config else "cpf_field"
    nowhere = {
        "cpf_attribute": "onPremisesExtensionAttributes/extensionAttribute9",
        "cpf_field": "externalId:outro",
    }[key]
    assert grades(house, house.rebuilt(**{key: nowhere}))[2] == "erro"
    house.server.next_replies = [Reply(status=403, body={})]
    assert grades(house) == ["ok", "erro"]
    house.go_down()
    assert grades(house, house.rebuilt()) == ["erro"]


def test_wrong_key_of_the_configuration_is_named_and_no_value_is(house: CloudHouse) -> None:
    for change in ({"senha": "Segredo-No-Texto"}, {"ca_file": 7, "group": ["Segredo-No-Texto"]}):
        with pytest.raises(ValueError, match="outra") as caught:
            house.rebuilt(**change)
        assert next(iter(change)) in str(caught.value)
        assert "Segredo" not in str(caught.value)
        assert "Segredo" not in repr(caught.value.__cause__)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://x", "https://u:p@x/", "", "x"])
def test_address_without_tls_is_refused_in_the_configuration(house: CloudHouse, url: str) -> None:
    key = "graph_url" if "graph_url" in house.config else "api_url"
    with pytest.raises(ValueError, match=key):
        house.rebuilt(**{key: url})
