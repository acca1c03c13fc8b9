"""What the two connectors over HTTPS have in common: faults, tokens, time-outs and silence.

Every test runs on both, before the local servers of ``fixtures_clouds``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from adapters.directory.local_https import Reply, certificate
from fixtures_clouds import FIRST, CloudHouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.adapters.directory import CONNECTORS, connector, http_directory
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


def token_requests(house: CloudHouse) -> int:
    return sum(
        r.method == "POST" and house.server.is_token_request(r) for r in house.server.requests
    )


def test_connectors_are_in_the_table() -> None:
    for name in ("microsoft365", "google_workspace"):
        assert name in CONNECTORS
        assert hasattr(connector(name), "from_config")


@pytest.mark.parametrize(
    ("status", "reason", "permanent", "unknown"),
    [
        (302, "answer_unexpected", True, False),
        (400, "request_refused", True, False),
        (401, "token_not_accepted", False, False),
        (403, "forbidden", True, False),
        (404, "no_account", True, False),
        (409, "overtaken", False, False),
        (412, "overtaken", False, False),
        (418, "answer_unexpected", True, False),
        (429, "throttled", False, False),
        (500, "directory_error", False, True),
        (502, "directory_error", False, True),
        (503, "directory_error", False, True),
        (504, "directory_error", False, True),
    ],
)
def test_each_status_of_a_write_says_what_may_have_happened(
    house: CloudHouse, status: int, reason: str, permanent: bool, unknown: bool
) -> None:
    user = dict(house.server.users["ana"])
    house.server.next_replies = [
        Reply(status=200, body=user),
        Reply(status=status, body={"error": {}}, headers={"Location": "https://localhost/x"}),
    ]
    fault = fault_of(lambda: reset(house))
    assert (fault.reason, fault.permanent, fault.unknown_outcome) == (reason, permanent, unknown)
    assert house.opens("ana", FIRST)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 409, 429, 500, 503])
def test_a_read_never_has_an_unknown_outcome(house: CloudHouse, status: int) -> None:
    house.server.next_replies = [Reply(status=status, body={"error": {}})]
    assert not fault_of(lambda: house.directory.get("ana")).unknown_outcome


def test_each_of_many_lost_answers_leaves_exactly_one_change(house: CloudHouse) -> None:
    for n in range(25):
        password = f"Resposta-Perdida-{n:03}"
        house.lose_next_answer()
        fault = fault_of(lambda p=password, m=n: reset(house, password=p, marker=f"job:{m}"))
        assert (fault.reason, fault.unknown_outcome) == ("answer_lost", True)
        assert house.directory.applied(uid="ana", marker=f"job:{n}")
        reset(house, password=password, marker=f"job:{n}")
        assert house.opens("ana", password)
    assert len(house.server.writes()) == 25


def test_change_that_failed_before_it_was_made_is_made_by_the_next_try(house: CloudHouse) -> None:
    user = dict(house.server.users["ana"])
    house.server.next_replies = [Reply(status=200, body=user), Reply(status=503)]
    assert fault_of(lambda: reset(house)).unknown_outcome
    assert not house.directory.applied(uid="ana", marker="job:1")
    reset(house)
    assert house.opens("ana", OTHER)


def test_password_and_marker_travel_in_one_request(house: CloudHouse) -> None:
    reset(house)
    (write,) = house.server.writes()
    assert OTHER in write.raw.decode()
    assert "ivr1:" in write.raw.decode()
    assert "job:1" not in write.raw.decode()


def test_unlock_writes_the_marker_and_neither_password_nor_state(house: CloudHouse) -> None:
    house.directory.unlock(uid="davi", marker="job:1")
    (write,) = house.server.writes()
    assert len(write.body) == 1
    for word in ("password", "accountEnabled", "suspended"):
        assert word not in write.raw.decode()
    account = house.directory.get("davi")
    assert account is not None
    assert account.disabled
    assert house.directory.applied(uid="davi", marker="job:1")


def test_server_that_answers_too_late_is_not_waited_for(
    house: CloudHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.directory.get("ana")
    monkeypatch.setattr(http_directory, "TIMEOUT", (0.3, 0.2))
    house.server.slow = 1.0
    assert fault_of(lambda: house.directory.get("ana")).reason == "directory_down"


def test_time_outs_are_two_seconds_to_connect_and_five_to_read() -> None:
    assert http_directory.TIMEOUT == (2.0, 5.0)


def test_directory_that_does_not_listen_has_no_unknown_outcome(house: CloudHouse) -> None:
    house.directory.get("ana")
    house.go_down()
    fault = fault_of(lambda: reset(house))
    assert (fault.reason, fault.permanent, fault.unknown_outcome) == (
        "directory_down",
        False,
        False,
    )


def test_certificate_of_another_authority_is_refused_before_anything_is_sent(
    house: CloudHouse, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(certificate(world=1)[0])
    refused = house.rebuilt(ca_file=str(stranger))
    assert not fault_of(lambda: refused.get("ana")).unknown_outcome
    assert house.server.requests == []
    assert house.rebuilt().get("ana") is not None


def test_public_authorities_do_not_vouch_for_the_local_server(house: CloudHouse) -> None:
    refused = house.rebuilt(ca_file=None)
    assert isinstance(fault_of(lambda: refused.get("ana")), PortError)
    assert house.server.requests == []


def test_certificate_that_turns_bad_stops_the_password_too(
    house: CloudHouse, tmp_path: Path
) -> None:
    house.directory.get("ana")
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(certificate(world=1)[0])
    service: Any = house.directory
    service._https._session.verify = str(stranger)
    before = len(house.server.requests)
    fault = fault_of(lambda: reset(house))
    assert (fault.reason, fault.unknown_outcome) == ("certificate_refused", False)
    assert len(house.server.requests) == before


def test_one_token_serves_many_calls(house: CloudHouse) -> None:
    for _ in range(5):
        house.directory.get("ana")
    assert token_requests(house) == 1


def test_token_that_is_no_longer_good_is_replaced_at_the_next_try(house: CloudHouse) -> None:
    house.directory.get("ana")
    house.server.forget_tokens()
    fault = fault_of(lambda: house.directory.get("ana"))
    assert (fault.reason, fault.permanent) == ("token_not_accepted", False)
    assert house.directory.get("ana") is not None
    assert token_requests(house) == 2


def test_environment_gives_no_other_credentials(
    house: CloudHouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert house.directory.get("ana") is not None


def test_sessions_are_ended_once_after_a_reset_and_not_after_an_unlock(house: CloudHouse) -> None:
    ended = house.server.revoked if hasattr(house.server, "revoked") else house.server.signed_out
    house.directory.unlock(uid="ana", marker="job:0")
    assert ended == []
    reset(house)
    reset(house)
    assert ended == ["ana"]


def test_sessions_that_cannot_be_ended_do_not_undo_the_reset(house: CloudHouse) -> None:
    user = dict(house.server.users["ana"])
    original = house.server.reply

    def reply(request: Any) -> Reply:
        if request.path.lower().endswith(("signout", "revokesigninsessions")):
            return Reply(status=500, body=user)
        answer: Reply = original(request)
        return answer

    house.server.reply = reply
    reset(house)
    assert house.opens("ana", OTHER)
    assert house.directory.applied(uid="ana", marker="job:1")


def test_uid_that_is_a_mail_address_or_a_path_is_never_asked_for(house: CloudHouse) -> None:
    for uid in ("ana@demo.ms.gov.br.invalid", "../users", "ana/manager", ".", "", "a?b", "a" * 65):
        assert house.directory.get(uid) is None
        assert not house.directory.applied(uid=uid, marker="m")
    assert house.server.requests == []


@pytest.mark.parametrize("number", ["1' or 1 eq 1", "12345678909 ", "١٢٣", "", "1" * 21])
def test_number_that_is_none_is_never_asked_for(house: CloudHouse, number: str) -> None:
    assert house.directory.find(kind="cpf", number=number) is None
    assert house.server.requests == []


def test_account_without_a_cpf_is_an_error_and_not_a_person(house: CloudHouse) -> None:
    user = house.server.users["ana"]
    user.pop("onPremisesExtensionAttributes", None)
    user.pop("externalIds", None)
    fault = fault_of(lambda: house.directory.get("ana"))
    assert (fault.reason, fault.permanent) == ("no_person_key", True)


def test_matricula_comes_with_the_account(house: CloudHouse) -> None:
    account = house.directory.find(kind="cpf", number=CPF)
    assert account is not None
    assert account.matricula == "100013"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["value", "users", "id", "error", "errors", "message", "externalIds", "phones"]
                + ["name", "customSchemas", "@odata.nextLink", "onPremisesExtensionAttributes"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(status=st.sampled_from([200, 200, 200, 400, 403]), body=JSON, uid=st.booleans())
def test_whatever_the_service_answers_is_an_account_or_a_fault_of_the_port(
    house: CloudHouse, status: int, body: Any, uid: bool
) -> None:
    shaped = {**body, "id": "ana"} if uid and isinstance(body, dict) else body
    for ask in (
        lambda: house.directory.find(kind="cpf", number=CPF),
        lambda: house.directory.get("ana"),
        lambda: house.directory.applied(uid="ana", marker="m"),
        lambda: house.directory.unlock(uid="ana", marker="never"),
    ):
        house.server.next_replies = [Reply(status=status, body=shaped)] * 3
        try:
            ask()
        except PortError as fault:
            assert re.fullmatch(r"[a-z_]+", fault.reason)
    house.server.next_replies = []
