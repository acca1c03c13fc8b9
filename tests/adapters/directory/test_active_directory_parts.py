"""What the Active Directory connector reads and writes, without a server."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ldap
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.directory.active_directory import ActiveDirectory
from ivr.adapters.directory.active_directory_codes import BIND_DATA, bind_verdict, win32_code
from ivr.adapters.directory.active_directory_config import (
    ActiveDirectoryAttributes,
    ActiveDirectoryConfig,
    read_config,
)
from ivr.adapters.directory.active_directory_domain import POLICY_HINTS
from ivr.adapters.directory.active_directory_entry import account_of
from ivr.adapters.directory.active_directory_ledger import KEPT, LONGEST, Ledger, NoRoomError
from ivr.adapters.directory.active_directory_refusal import refusal
from ivr.adapters.directory.active_directory_sid import is_denied, sid_text
from ivr.adapters.directory.ldap_connection import Entry
from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FrozenClock:
    def now(self) -> datetime:
        return NOW


def binary_sid(*parts: int, authority: int = 5) -> bytes:
    head = bytes([1, len(parts)]) + authority.to_bytes(6, "big")
    return head + struct.pack(f"<{len(parts)}I", *parts)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "ca.pem").write_text("x")
    (tmp_path / "password").write_text("Serv1co-Prova-2026\n")
    return {
        "url": "ldaps://dc1.ad.test",
        "ca_file": str(tmp_path / "ca.pem"),
        "bind_dn": "ivr@ad.test",
        "password_file": str(tmp_path / "password"),
        "base": "OU=Servidores,DC=ad,DC=test",
    }


@pytest.fixture
def config(keys: dict[str, object]) -> ActiveDirectoryConfig:
    return read_config("rede", keys)


def entry(**changes: list[bytes] | None) -> Entry:
    values: dict[str, list[bytes] | None] = {
        "samaccountname": [b"ana"],
        "employeeid": [b"12345678909"],
        "displayname": ["Ana Demonstração".encode()],
        "useraccountcontrol": [b"512"],
        "msds-user-account-control-computed": [b"0"],
        "objectsid": [binary_sid(21, 1, 2, 3, 1105)],
        "tokengroups": [binary_sid(21, 1, 2, 3, 513), binary_sid(32, 545)],
        **changes,
    }
    return Entry(dn="CN=ana", values={k: v for k, v in values.items() if v is not None})


@pytest.mark.parametrize(("code", "word"), BIND_DATA.items())
def test_every_data_code_of_a_refused_bind_has_a_word(code: str, word: str) -> None:
    text = (
        f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {code}, v1"
    )
    assert bind_verdict(text) == bind_verdict(text.replace(code, code.upper())) == word
    assert win32_code(text) == "80090308"


@given(text=st.text(max_size=80))
def test_any_other_text_of_a_refused_bind_is_unknown_and_no_crash(text: str) -> None:
    if "data" not in text:
        assert bind_verdict(text) == "unknown"
    win32_code(text)


RESTRICTED = {"info": "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0"}


@pytest.mark.parametrize("kind", [ldap.CONSTRAINT_VIOLATION, ldap.UNWILLING_TO_PERFORM])
def test_password_restriction_is_a_policy_refusal_from_samba_and_from_windows(kind: Any) -> None:
    long = refusal(kind(RESTRICTED), password="a" * 12, min_length=12)
    short = refusal(kind(RESTRICTED), password="a" * 11, min_length=12)
    assert isinstance(long, PolicyRefusalError)
    assert isinstance(short, PolicyRefusalError)
    assert (long.reason, short.reason) == ("policy", "too_short")


def test_other_refusals_with_the_same_result_are_no_policy_refusals() -> None:
    for kind, info in (
        (ldap.CONSTRAINT_VIOLATION, "00000057: AtrErr: DSID-0, problem 1005"),
        (ldap.UNWILLING_TO_PERFORM, "0000001F: SvcErr: DSID-0, problem 5003"),
        (ldap.INSUFFICIENT_ACCESS, "0000052D: never so"),
    ):
        error = refusal(kind({"info": info}), password="abc", min_length=12)
        assert not isinstance(error, PolicyRefusalError)
        assert error.permanent
    assert not isinstance(refusal(ldap.CONSTRAINT_VIOLATION(RESTRICTED)), PolicyRefusalError)


@given(parts=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15))
def test_sid_reads_as_it_was_written(parts: list[int]) -> None:
    assert sid_text(binary_sid(*parts)) == "S-1-5-" + "-".join(map(str, parts))


@given(raw=st.binary(max_size=80))
def test_bytes_that_are_no_sid_are_refused_with_a_value_error_only(raw: bytes) -> None:
    try:
        text = sid_text(raw)
    except ValueError:
        return
    assert text.startswith("S-1-")


def test_builtin_administrative_groups_are_denied_in_every_language_and_users_are_not() -> None:
    assert is_denied("S-1-5-21-1-2-3-512")
    assert is_denied("S-1-5-32-544")
    assert is_denied("S-1-5-21-1-2-3-1200", extra={"S-1-5-21-1-2-3-1200"})
    assert not is_denied("S-1-5-21-1-2-3-513")
    assert not is_denied("S-1-5-32-545")
    assert not is_denied("S-1-5-21-1-2-3-1200")


@given(
    notes=st.text(max_size=400), markers=st.lists(st.text(max_size=60), max_size=30, unique=True)
)
def test_newest_markers_are_remembered_and_a_persons_notes_stay(
    notes: str, markers: list[str]
) -> None:
    text: str | None = notes or None
    for marker in markers:
        text = Ledger.read(text).with_marker(marker)
    ledger = Ledger.read(text)
    assert all(marker in ledger for marker in markers[-KEPT:])
    assert (text or "").startswith(notes) or "[atendimento" in notes
    assert len(text or "") <= LONGEST


def test_full_attribute_drops_the_oldest_markers_and_then_says_that_there_is_no_room() -> None:
    text: str | None = "n" * 900
    for number in range(10):
        text = Ledger.read(text).with_marker(f"job:{number}")
    assert "job:9" in Ledger.read(text)
    assert "job:0" not in Ledger.read(text)
    with pytest.raises(NoRoomError):
        Ledger.read("n" * 1020).with_marker("job:1")


def test_entry_becomes_an_account(config: ActiveDirectoryConfig) -> None:
    account = account_of(entry(), config=config, denied=(), now=NOW)
    assert (account.uid, account.person_key, account.name) == (
        "ana",
        "12345678909",
        "Ana Demonstração",
    )
    assert not (account.locked or account.disabled or account.privileged)


@pytest.mark.parametrize(
    "changes",
    [
        {"tokengroups": None},
        {"objectsid": None},
        {"objectsid": [b"\x01\x02"]},
        {"employeeid": None},
        {"employeeid": [b"1234"]},
        {"employeeid": ["١٢٣٤٥٦٧٨٩٠٩".encode()]},
        {"samaccountname": None},
        {"useraccountcontrol": [b"abc"]},
        {"msds-user-account-control-computed": None},
        {"displayname": [b"\xff\xfe"]},
        {"displayname": [b"x" * 5_000]},
        {"mail": [b"a@x", b"b@x"]},
    ],
)
def test_entry_that_lacks_or_garbles_something_is_refused_and_never_guessed(
    config: ActiveDirectoryConfig, changes: dict[str, list[bytes] | None]
) -> None:
    with pytest.raises(PortError) as caught:
        account_of(entry(**changes), config=config, denied=(), now=NOW)
    assert caught.value.permanent
    assert caught.value.reason in ("incomplete_entry", "unreadable_entry")


def test_account_past_its_last_day_counts_as_disabled(config: ActiveDirectoryConfig) -> None:
    def disabled(at: datetime | int) -> bool:
        epoch = datetime(1601, 1, 1, tzinfo=UTC)
        ticks = at if isinstance(at, int) else int((at - epoch).total_seconds()) * 10_000_000
        found = entry(accountexpires=[str(ticks).encode()])
        return account_of(found, config=config, denied=(), now=NOW).disabled

    assert disabled(NOW - timedelta(seconds=1))
    assert not disabled(NOW + timedelta(seconds=1))
    assert not disabled(0)
    assert not disabled(0x7FFF_FFFF_FFFF_FFFF)


@given(blob=st.binary(max_size=200))
def test_garbled_change_record_of_the_mobile_is_refused(blob: bytes) -> None:
    names = ActiveDirectoryAttributes(mobile_changed_at="replPropertyMetaData")
    values: dict[str, Any] = {"attributes": names, "default_group": "servidores"}
    config = ActiveDirectoryConfig.model_construct(**values)
    found = entry(mobile=[b"67 99999-0001"], replpropertymetadata=[blob])
    with pytest.raises(PortError):
        account_of(found, config=config, denied=(), now=NOW)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"url": "ldap://dc1.ad.test"}, "url"),
        ({"url": "dc1.ad.test"}, "url"),
        ({"password": "inline"}, "password"),
        ({"password_file": "/nowhere/password"}, "password_file"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
        ({"base": ""}, "base"),
        ({"marker_attribute": "info)(uid=*"}, "marker_attribute"),
        ({"privileged_groups": ["Domain Admins"]}, "privileged_groups"),
        ({"attributes": {"cpf": "a b"}}, "attributes.cpf"),
        (
            {"attributes": {"mobile": "homePhone", "mobile_changed_at": "replPropertyMetaData"}},
            "replPropertyMetaData",
        ),
    ],
)
def test_wrong_setting_is_named_and_its_value_of_a_secret_is_not(
    keys: dict[str, object], changes: dict[str, object], key: str
) -> None:
    with pytest.raises(ValueError, match="rede") as caught:
        ActiveDirectory.from_config("rede", {**keys, **changes}, clock=FrozenClock())
    assert key in str(caught.value)
    assert "inline" not in str(caught.value)
    assert "Serv1co" not in str(caught.value)


class RecordingSession:
    """A session of a domain controller that announces ``controls``."""

    def __init__(self, controls: list[bytes]) -> None:
        self.sent: list[tuple[str, Sequence[Any], Sequence[Any]]] = []
        self._controls = controls

    def search(self, base: str, **asked: Any) -> list[Entry]:
        if base == "":
            root = {"supportedcontrol": self._controls, "defaultnamingcontext": [b"DC=ad"]}
            return [Entry(dn="", values=root)]
        if base == "DC=ad":
            return [Entry(dn=base, values={"minpwdlength": [b"12"]})]
        return [entry()]

    def modify(self, dn: str, changes: Sequence[Any], *, controls: Sequence[Any] = ()) -> None:
        self.sent.append((dn, changes, controls))


class OneSession:
    def __init__(self, session: RecordingSession) -> None:
        self._session = session

    def run(self, work: Any) -> Any:
        return work(self._session)

    @contextmanager
    def session(self) -> Iterator[RecordingSession]:
        yield self._session


@pytest.mark.parametrize(("announced", "wanted"), [(True, True), (False, True), (True, False)])
def test_reset_asks_for_the_history_where_the_server_can_and_the_owner_wants_it(
    config: ActiveDirectoryConfig, announced: bool, wanted: bool
) -> None:
    config = config.model_copy(update={"respect_history": wanted})
    session = RecordingSession([POLICY_HINTS.encode()] if announced else [b"1.2.3"])
    pool: Any = OneSession(session)
    directory = ActiveDirectory("rede", config, clock=FrozenClock(), pool=pool)
    directory.reset(uid="ana", password="Capivara-Azul-77", marker="job:1", must_change=True)
    directory.unlock(uid="ana", marker="job:2")
    (_, changes, controls), (_, unlocking, none) = session.sent
    assert [control.controlType for control in controls] == [POLICY_HINTS] * (announced and wanted)
    assert all(control.criticality for control in controls)
    assert none == []
    assert [name for _, name, _ in changes] == ["unicodePwd", "pwdLastSet", "lockoutTime", "info"]
    assert [name for _, name, _ in unlocking] == ["lockoutTime", "info"]
    assert changes[0][2] == ['"Capivara-Azul-77"'.encode("utf-16-le")]
