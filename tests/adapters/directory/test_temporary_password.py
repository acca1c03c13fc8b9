"""The temporary passwords that are spoken are taken by the policies of real directories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fixtures_samba import People
from fixtures_slapd import FIRST, Branch, FrozenClock

from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.domain.otp import temporary_password
from ivr.ports.directory import PolicyRefusalError

KEY = b"k" * 32


def spoken(count: int) -> Iterator[str]:
    for number in range(count):
        yield temporary_password(KEY, f"reset:{number}", number.to_bytes(16, "big"))


def test_slapd_takes_every_temporary_password_and_asks_for_another(slapd_branch: Branch) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909")
    directory = OpenLdapDirectory.from_config("mail", slapd_branch.config(), clock=FrozenClock())
    for number, password in enumerate(spoken(40)):
        directory.reset(uid="ana", password=password, marker=f"job:{number}", must_change=True)
        assert slapd_branch.values("ana", "pwdReset") == [b"TRUE"]
    assert slapd_branch.opens("ana", password)
    with pytest.raises(PolicyRefusalError):
        directory.reset(uid="ana", password=password[:7], marker="short", must_change=True)
    directory.pool.close()


def test_samba_takes_every_temporary_password_and_asks_for_another(samba_people: People) -> None:
    directory = samba_people.directory()
    for number, password in enumerate(spoken(20)):
        directory.reset(uid="ana", password=password, marker=f"job:{number}", must_change=True)
        assert samba_people.read("ana", "pwdLastSet") == b"0"
    assert "data 773" in samba_people.refusal("ana", password)
    with pytest.raises(PolicyRefusalError):
        directory.reset(uid="ana", password=password[:7].lower(), marker="short", must_change=True)
    directory.pool.close()
