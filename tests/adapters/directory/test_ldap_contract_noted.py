"""The contract of every directory, on OpenLDAP accounts that have no attribute for a marker."""

from __future__ import annotations

import contract.test_directory as contract
import pytest
from fixtures_slapd import OpenLdapHouse


@pytest.fixture
def house(openldap_noted_house: OpenLdapHouse) -> OpenLdapHouse:
    return openldap_noted_house


globals().update({name: part for name, part in vars(contract).items() if name.startswith("test_")})
