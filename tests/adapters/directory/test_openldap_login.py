"""Trying a password on a real slapd, for the owner's page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ldap
import ldap.controls.simple
import pytest
from adapters.directory.ldap_chaos import tell
from argon2 import PasswordHasher
from certificates import Authority
from fixtures_slapd import (
    DECOY,
    FIRST,
    SERVICE_PASSWORD,
    STRICT_POLICY,
    SUFFIX,
    Branch,
    FrozenClock,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tcp_wire import TcpWire

from ivr.adapters.directory import openldap_login
from ivr.adapters.directory.ldap_connection import LdapSession
from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.ports.directory import Authenticator, TellsMustChange
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"
WRONG = "Errada-Errada-123"
LOCKED = "20260302110000Z"
SLOW = "{ARGON2}" + PasswordHasher(time_cost=1, memory_cost=32768, parallelism=1).hash(FIRST)


def build(branch: Branch, **changes: object) -> OpenLdapDirectory:
    return OpenLdapDirectory.from_config("mail", branch.config(**changes), clock=FrozenClock())


@pytest.fixture
def directory(slapd_branch: Branch) -> Iterator[OpenLdapDirectory]:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909")
    built = build(slapd_branch)
    yield built
    built.pool.close()


@pytest.fixture
def binds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that a password was tried for."""
    tried: list[str] = []
    real = openldap_login.try_bind

    def watched(pool: Any, dn: str, password: str) -> Any:
        tried.append(dn)
        return real(pool, dn, password)

    monkeypatch.setattr(openldap_login, "try_bind", watched)
    return tried


def strict(branch: Branch, uid: str = "ana") -> None:
    """Three wrong passwords lock this account."""
    policy = [(ldap.MOD_REPLACE, "pwdPolicySubentry", [STRICT_POLICY.encode()])]
    branch.root.modify_s(branch.dn_of(uid), policy)


def test_only_the_right_password_of_an_open_account_is_let_in(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    assert isinstance(directory, Authenticator)
    assert isinstance(directory, TellsMustChange)
    slapd_branch.add("clara", FIRST, demoCpf="11122233396", pwdAccountLockedTime=LOCKED)
    slapd_branch.add("davi", FIRST, demoCpf="22233344405", demoSituacao="desativado")
    slapd_branch.add("eva", FIRST, demoCpf="33344455508", pwdAccountLockedTime="000001010000Z")
    assert directory.authenticate("ana", FIRST)
    for uid, password in (
        ("ana", WRONG),
        ("ana", FIRST + " "),
        ("ana", FIRST.lower()),
        ("ana", FIRST + "\x00"),
        ("ana", "\ud800"),
        ("clara", FIRST),
        ("davi", FIRST),
        ("eva", FIRST),
        ("ninguem", FIRST),
        ("~nobody~", SERVICE_PASSWORD),
        ("*", FIRST),
        ("", FIRST),
    ):
        assert not directory.authenticate(uid, password), (uid, password)


def test_account_that_the_directory_lets_in_but_the_configuration_calls_disabled_stays_out(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    slapd_branch.add("davi", FIRST, demoCpf="22233344405", title="afastado")
    assert slapd_branch.opens("davi", FIRST)
    assert not build(slapd_branch, disabled_filter="(title=afastado)").authenticate("davi", FIRST)
    assert directory.authenticate("davi", FIRST)


def test_bind_without_a_password_succeeds_at_the_server_and_is_never_made(
    directory: OpenLdapDirectory, slapd_branch: Branch, binds: list[str]
) -> None:
    connection = ldap.initialize(f"ldaps://127.0.0.1:{slapd_branch.server.port}")
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(slapd_branch.server.authority.file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s("", "")
    assert connection.whoami_s() == "", "anonymous, with the result success"
    connection.unbind_s()
    for uid in ("ana", "ninguem", ""):
        assert not directory.authenticate(uid, "")
    assert binds == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(uid=st.text(max_size=20), password=st.text(max_size=20))
def test_no_text_but_the_password_opens_anything(
    directory: OpenLdapDirectory, uid: str, password: str
) -> None:
    assert not directory.authenticate(uid, password)
    assert not directory.authenticate("ana", password)


def test_password_that_must_be_changed_first_is_right_and_is_told(
    directory: OpenLdapDirectory,
) -> None:
    assert not directory.must_change("ana")
    directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=True)
    assert directory.authenticate("ana", OTHER)
    assert directory.must_change("ana")
    assert not directory.authenticate("ana", WRONG)


def with_old_password(branch: Branch) -> None:
    """Of 2000, under a policy by which passwords are good for a day."""
    policy = f"cn=curta,ou=policies,{branch.dn}"
    branch.root.add_s(f"ou=policies,{branch.dn}", [("objectClass", [b"organizationalUnit"])])
    values = {
        "objectClass": [b"device", b"pwdPolicy"],
        "pwdAttribute": [b"userPassword"],
        "pwdMaxAge": [b"86400"],
    }
    branch.root.add_s(policy, list(values.items()))
    relax = ldap.controls.simple.RelaxRulesControl(criticality=True)
    changes = [
        (ldap.MOD_REPLACE, "pwdPolicySubentry", [policy.encode()]),
        (ldap.MOD_REPLACE, "pwdChangedTime", [b"20000101000000Z"]),
    ]
    branch.root.modify_ext_s(branch.dn_of("ana"), changes, serverctrls=[relax])


def test_expired_password_is_right_must_be_changed_and_a_wrong_one_stays_wrong(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    with_old_password(slapd_branch)
    assert not slapd_branch.opens("ana", FIRST)
    assert directory.authenticate("ana", FIRST)
    assert directory.must_change("ana")
    assert not directory.authenticate("ana", WRONG)


def test_wrong_passwords_from_here_never_lock_the_account(
    directory: OpenLdapDirectory, slapd_branch: Branch, binds: list[str]
) -> None:
    strict(slapd_branch)
    assert [directory.authenticate("ana", WRONG) for _ in range(8)] == [False] * 8
    assert binds.count(slapd_branch.dn_of("ana")) == 2
    assert slapd_branch.values("ana", "pwdAccountLockedTime") == []
    assert not directory.authenticate("ana", FIRST), "one failure more would lock: not tried here"
    assert slapd_branch.opens("ana", FIRST), "the owner's own log-in at work goes on"
    assert directory.authenticate("ana", FIRST), "which takes the failures away"


def test_wrong_passwords_all_at_once_do_not_lock_the_account_either(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    strict(slapd_branch)
    threads = [
        threading.Thread(target=directory.authenticate, args=("ana", WRONG)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slapd_branch.values("ana", "pwdFailureTime")) == 2
    assert slapd_branch.values("ana", "pwdAccountLockedTime") == []


def test_the_same_tries_straight_at_the_directory_lock_it(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    strict(slapd_branch)
    assert not any(slapd_branch.opens("ana", WRONG) for _ in range(8))
    assert slapd_branch.values("ana", "pwdAccountLockedTime") != []


def test_somebody_unknown_locked_or_disabled_is_tried_as_the_decoy(
    directory: OpenLdapDirectory, slapd_branch: Branch, binds: list[str]
) -> None:
    slapd_branch.add("clara", FIRST, demoCpf="11122233396", pwdAccountLockedTime=LOCKED)
    slapd_branch.add("davi", FIRST, demoCpf="22233344405", demoSituacao="desativado")
    for uid in ("ninguem", "clara", "davi", "~nobody~", ""):
        assert not directory.authenticate(uid, FIRST)
    assert binds == [DECOY] * 5


def test_without_a_decoy_the_service_account_stands_in_and_is_never_failed(
    slapd_branch: Branch, binds: list[str]
) -> None:
    own = build(slapd_branch, decoy_dn="")
    for _ in range(5):
        assert not own.authenticate("ninguem", WRONG)
    assert binds == [own.config.bind_dn] * 5
    assert own.get("ninguem") is None, "the service's account is not locked"


def test_unknown_locked_and_known_take_the_same_number_of_steps_on_the_wire(
    slapd_branch: Branch,
    directory: OpenLdapDirectory,
    binds: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slapd_branch.add("clara", FIRST, demoCpf="11122233396", pwdAccountLockedTime=LOCKED)
    searches: list[str] = []
    real = LdapSession.search

    def counted(session: LdapSession, base: str, **named: Any) -> Any:
        searches.append(base)
        return real(session, base, **named)

    monkeypatch.setattr(LdapSession, "search", counted)
    wire = TcpWire(slapd_branch.server.port)
    over = build(slapd_branch, url=f"ldaps://127.0.0.1:{wire.port}")
    assert over.get("ana") is not None
    steps = set()
    for uid in ("ana", "ninguem", "clara", "ana", "~nobody~"):
        before = (wire.accepted, len(searches), len(binds))
        assert not over.authenticate(uid, WRONG)
        after = (wire.accepted, len(searches), len(binds))
        steps.add(tuple(new - old for new, old in zip(after, before, strict=True)))
    assert steps == {(1, 6, 1)}
    assert FIRST.encode() not in wire.sent
    assert WRONG.encode() not in wire.sent
    over.pool.close()
    wire.close()


def least_ms(works: Sequence[Callable[[], object]], *, times: int = 8) -> list[float]:
    """The shortest time of each, done in turns: other load on the machine only adds."""
    least = [float("inf")] * len(works)
    for _ in range(times):
        for number, work in enumerate(works):
            begun = time.perf_counter()
            work()
            least[number] = min(least[number], (time.perf_counter() - begun) * 1000)
    return least


def test_unknown_takes_the_time_of_a_wrong_password_and_a_plain_bind_would_not(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    """The password hash is as dear as real ones, so that its absence would show."""
    slow_decoy = f"cn=lento,{slapd_branch.dn}"
    values = {
        "objectClass": [b"applicationProcess", b"simpleSecurityObject"],
        "userPassword": [SLOW.encode()],
    }
    slapd_branch.root.add_s(slow_decoy, list(values.items()))
    slapd_branch.add("dora", FIRST, demoCpf="44455566619")
    raw = [(ldap.MOD_REPLACE, "userPassword", [SLOW.encode()])]
    slapd_branch.root.modify_s(slapd_branch.dn_of("dora"), raw)
    timed = build(slapd_branch, decoy_dn=slow_decoy)
    assert timed.authenticate("dora", FIRST)
    leaking = build(slapd_branch, decoy_dn=f"cn=nada,{SUFFIX}")
    known, unknown, leak = least_ms(
        [
            lambda: timed.authenticate("dora", WRONG),
            lambda: timed.authenticate("ninguem", WRONG),
            lambda: leaking.authenticate("ninguem", WRONG),
        ]
    )
    tell(f"known {known:.1f} ms, unknown {unknown:.1f} ms, without the decoy {leak:.1f} ms")
    hashing = known - leak
    assert hashing > 8, "the control must show"
    assert abs(known - unknown) < hashing / 2


def test_server_that_is_away_is_an_error_and_not_a_wrong_password(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    wire = TcpWire(slapd_branch.server.port)
    over = build(slapd_branch, url=f"ldaps://127.0.0.1:{wire.port}")
    assert over.authenticate("ana", FIRST)
    wire.close()
    for uid in ("ana", "ninguem"):
        with pytest.raises(PortError) as caught:
            over.authenticate(uid, FIRST)
        assert not caught.value.permanent
        assert FIRST not in repr(caught.value)


def test_password_is_sent_to_nobody_whose_certificate_is_not_good(
    slapd_branch: Branch, directory: OpenLdapDirectory, tmp_path: Any
) -> None:
    wire = TcpWire(slapd_branch.server.port)
    stranger = Authority(tmp_path / "stranger").file
    over = build(slapd_branch, url=f"ldaps://127.0.0.1:{wire.port}", ca_file=str(stranger))
    with pytest.raises(PortError, match="certificate_refused"):
        over.authenticate("ana", FIRST)
    assert FIRST.encode() not in wire.sent
    wire.close()
