"""What the two connectors over HTTPS never tell a log or an error."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from adapters.directory.local_https import Reply
from fixtures_clouds import CloudHouse

from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"
CPF = "12345678909"


@pytest.fixture
def house(cloud_house: CloudHouse) -> CloudHouse:
    return cloud_house


def reset(house: CloudHouse, *, password: str = OTHER, marker: str = "job:1") -> None:
    house.directory.reset(uid="ana", password=password, marker=marker, must_change=True)


def fault_of(work: Callable[[], object]) -> PortError:
    with pytest.raises(PortError) as caught:
        work()
    return caught.value


def test_nothing_personal_or_secret_is_logged_even_at_the_lowest_level(
    house: CloudHouse, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    house.directory.find(kind="cpf", number=CPF)
    reset(house)
    with pytest.raises(PolicyRefusalError):
        reset(house, password="Curta-1", marker="job:2")
    house.server.next_replies = [Reply(status=500, body={})]
    fault_of(lambda: house.directory.find(kind="cpf", number=CPF))
    house.go_down()
    fault_of(lambda: house.directory.find(kind="cpf", number=CPF))
    out = capfd.readouterr()
    written = (
        out.out
        + out.err
        + "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    )
    bearers = {r.bearer for r in house.server.requests if r.bearer}
    secret = getattr(house.server, "secret", "PRIVATE KEY")
    for word in (CPF, OTHER, "Curta-1", secret, *bearers):
        assert word not in written


def test_the_log_of_addresses_would_hold_the_cpf_without_the_filter(
    house: CloudHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("urllib3.connectionpool")
    house.directory.get("ana")
    kept = list(logger.filters)
    for silencer in kept:
        logger.removeFilter(silencer)
    try:
        house.directory.find(kind="cpf", number=CPF)
    finally:
        for silencer in kept:
            logger.addFilter(silencer)
    assert CPF in caplog.text


def test_a_fault_carries_no_other_error_with_it(house: CloudHouse) -> None:
    house.directory.get("ana")
    house.go_down()
    fault = fault_of(lambda: house.directory.find(kind="cpf", number=CPF))
    assert fault.__cause__ is None
    assert fault.__context__ is None
