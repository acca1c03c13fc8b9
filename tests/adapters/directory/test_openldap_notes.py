"""Changes of accounts without an attribute for a marker: what the note and the account tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ldap
import pytest
from adapters.directory.ldap_chaos import build, times_set
from fixtures_slapd import FIRST, SERVICE, SERVICE_PASSWORD, STRICT_POLICY, Branch, FrozenClock
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.directory.change_markers import hash_of_marker
from ivr.adapters.directory.ldap_connection import Entry, LdapSession
from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.adapters.directory.openldap_notes import PREFIX, Attempt, Note, Notes
from ivr.adapters.directory.openldap_outcome import outcome_of
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"
WRONG = "Errada-Errada-123"
OLD, NEW = "20260302115500.000001Z#000000#000#000000", "20260302115509.000001Z#000000#000#000000"


@pytest.fixture
def directory(slapd_branch: Branch) -> Iterator[OpenLdapDirectory]:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", employeeType=None)
    policy = [(ldap.MOD_REPLACE, "pwdPolicySubentry", [STRICT_POLICY.encode()])]
    slapd_branch.root.modify_s(slapd_branch.dn_of("ana"), policy)
    built = build(slapd_branch, "notes_base")
    yield built
    built.pool.close()


def reset(directory: OpenLdapDirectory, password: str, marker: str) -> None:
    directory.reset(uid="ana", password=password, marker=marker, must_change=False)


class LostAnswer:
    """Makes the answer to the next Modify of an account get lost; with ``unsent`` its request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, unsent: bool = False) -> None:
        real = LdapSession.modify

        def modify(session: LdapSession, dn: str, *arguments: Any, **named: Any) -> None:
            if not dn.startswith("uid=") or self.lost:
                return real(session, dn, *arguments, **named)
            self.lost = True
            if not unsent:
                real(session, dn, *arguments, **named)
            raise PortError("directory_down", unknown_outcome=True)

        self.lost = False
        monkeypatch.setattr(LdapSession, "modify", modify)


def test_account_itself_gets_no_attribute_of_ours(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    reset(directory, OTHER, "job:of-the-call-CA123")
    rows = slapd_branch.root.search_s(slapd_branch.dn_of("ana"), ldap.SCOPE_BASE)
    assert PREFIX.encode() not in b" ".join(
        value for values in rows[0][1].values() for value in values
    )
    notes = slapd_branch.root.search_s(slapd_branch.notes, ldap.SCOPE_ONELEVEL)
    assert len(notes) == 1
    told = notes[0][0].encode() + b" ".join(notes[0][1]["description"])
    for secret in (b"ana", b"CA123", OTHER.encode()):
        assert secret not in told


def test_change_whose_answer_was_lost_is_known_by_another_process(
    directory: OpenLdapDirectory, slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    LostAnswer(monkeypatch)
    with pytest.raises(PortError) as caught:
        reset(directory, OTHER, "job:1")
    assert caught.value.unknown_outcome
    other = build(slapd_branch, "notes_base")
    assert other.applied(uid="ana", marker="job:1")
    reset(other, "Segunda-Vez-Nao-99", "job:1")
    assert times_set(slapd_branch, "ana") == 1
    assert slapd_branch.opens("ana", OTHER)


def test_change_whose_request_was_lost_is_not_told_as_made_and_is_made_once(
    directory: OpenLdapDirectory, slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    LostAnswer(monkeypatch, unsent=True)
    with pytest.raises(PortError):
        reset(directory, OTHER, "job:1")
    assert not directory.applied(uid="ana", marker="job:1")
    reset(directory, OTHER, "job:1")
    assert times_set(slapd_branch, "ana") == 1


def test_wrong_password_tried_by_somebody_after_a_lost_answer_does_not_hide_the_change(
    directory: OpenLdapDirectory, slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    LostAnswer(monkeypatch)
    with pytest.raises(PortError):
        reset(directory, OTHER, "job:1")
    assert not slapd_branch.opens("ana", WRONG)
    with pytest.raises(PortError, match="outcome_unclear"):
        directory.applied(uid="ana", marker="job:1")
    reset(directory, OTHER, "job:1")
    assert directory.applied(uid="ana", marker="job:1")
    assert times_set(slapd_branch, "ana") == 1


def test_wrong_password_tried_by_somebody_after_a_lost_request_does_not_look_like_the_change(
    directory: OpenLdapDirectory, slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    LostAnswer(monkeypatch, unsent=True)
    with pytest.raises(PortError):
        reset(directory, OTHER, "job:1")
    assert not slapd_branch.opens("ana", WRONG)
    assert not directory.applied(uid="ana", marker="job:1")
    reset(directory, OTHER, "job:1")
    assert slapd_branch.opens("ana", OTHER)
    assert times_set(slapd_branch, "ana") == 1


@pytest.mark.parametrize("unsent", [True, False])
def test_outcome_that_cannot_be_told_goes_to_a_person_and_is_not_guessed(
    directory: OpenLdapDirectory,
    slapd_branch: Branch,
    monkeypatch: pytest.MonkeyPatch,
    unsent: bool,
) -> None:
    LostAnswer(monkeypatch, unsent=unsent)
    with pytest.raises(PortError):
        reset(directory, OTHER, "job:1")
    changes = [(ldap.MOD_REPLACE, "userPassword", [b"Do-Administrador-55"])]
    slapd_branch.root.modify_s(slapd_branch.dn_of("ana"), changes)
    before = slapd_branch.versions()
    for _ in range(2):
        with pytest.raises(PortError, match="outcome_unclear") as caught:
            reset(directory, OTHER, "job:1")
        assert caught.value.permanent
        with pytest.raises(PortError, match="outcome_unclear") as asked:
            directory.applied(uid="ana", marker="job:1")
        assert asked.value.unknown_outcome
    assert slapd_branch.opens("ana", "Do-Administrador-55")
    assert len(slapd_branch.versions() ^ before) <= 2, "at most the failure of the trial bind"
    reset(directory, "Da-Segunda-Ordem-22", "job:2")
    assert directory.applied(uid="ana", marker="job:2")


def test_other_order_that_comes_while_an_answer_is_lost_settles_the_first(
    directory: OpenLdapDirectory, slapd_branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    LostAnswer(monkeypatch)
    with pytest.raises(PortError):
        reset(directory, OTHER, "job:1")
    reset(directory, "Da-Segunda-Ordem-22", "job:2")
    assert directory.applied(uid="ana", marker="job:1")
    assert directory.applied(uid="ana", marker="job:2")
    reset(directory, OTHER, "job:1")
    assert slapd_branch.opens("ana", "Da-Segunda-Ordem-22")
    assert times_set(slapd_branch, "ana") == 2


@pytest.mark.parametrize("statement", [1, 2, 3])
def test_order_that_is_overtaken_by_another_at_any_statement_is_not_taken_for_made(
    directory: OpenLdapDirectory,
    slapd_branch: Branch,
    monkeypatch: pytest.MonkeyPatch,
    statement: int,
) -> None:
    """The other order begins and ends between two statements of the first."""
    real, rival, passed = LdapSession.search, build(slapd_branch, "notes_base"), [0]

    def search(session: LdapSession, *arguments: Any, **named: Any) -> Any:
        passed[0] += 1
        if passed[0] == statement:
            reset(rival, "Da-Outra-Ordem-22", "job:2")
        return real(session, *arguments, **named)

    monkeypatch.setattr(LdapSession, "search", search)
    reset(directory, OTHER, "job:1")
    assert times_set(slapd_branch, "ana") == 2
    assert directory.applied(uid="ana", marker="job:1")
    assert slapd_branch.opens("ana", OTHER) is (statement < 3), "the later of the two stays"


@pytest.mark.parametrize("unsent", [True, False])
def test_unlock_whose_answer_was_lost_is_made_and_known(
    directory: OpenLdapDirectory,
    slapd_branch: Branch,
    monkeypatch: pytest.MonkeyPatch,
    unsent: bool,
) -> None:
    for _ in range(3):
        slapd_branch.opens("ana", WRONG)
    LostAnswer(monkeypatch, unsent=unsent)
    with pytest.raises(PortError):
        directory.unlock(uid="ana", marker="job:1")
    assert directory.applied(uid="ana", marker="job:1") is not unsent
    directory.unlock(uid="ana", marker="job:1")
    assert directory.applied(uid="ana", marker="job:1")
    assert slapd_branch.opens("ana", FIRST)


@pytest.mark.parametrize("text", ["", "ivr2 x", "ivr1 abc:half", "ivr1 a:open:other:b:c", "x"])
def test_note_that_is_not_ours_stops_the_change(
    directory: OpenLdapDirectory, slapd_branch: Branch, text: str
) -> None:
    note = Notes(slapd_branch.notes, keep=8).dn_of("ana")
    values = {"objectClass": [b"applicationProcess"]}
    if text:
        values["description"] = [text.encode()]
    slapd_branch.root.add_s(note, list(values.items()))
    with pytest.raises(PortError, match="note_unreadable") as caught:
        reset(directory, OTHER, "job:1")
    assert caught.value.permanent
    assert times_set(slapd_branch, "ana") == 0


def test_without_its_branch_nothing_is_changed(slapd_branch: Branch) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909")
    config = slapd_branch.config(marker_attribute="", notes_base=f"ou=lua,{slapd_branch.notes}")
    lost = OpenLdapDirectory.from_config("mail", config, clock=FrozenClock())
    with pytest.raises(PortError, match="notes_base_missing") as caught:
        reset(lost, OTHER, "job:1")
    assert caught.value.permanent
    assert times_set(slapd_branch, "ana") == 0


def test_notes_are_for_the_service_alone(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    reset(directory, OTHER, "job:1")
    ana = slapd_branch.server.connect(slapd_branch.dn_of("ana"), OTHER)
    with pytest.raises((ldap.NO_SUCH_OBJECT, ldap.INSUFFICIENT_ACCESS)):
        ana.search_s(slapd_branch.notes, ldap.SCOPE_SUBTREE)
    service = slapd_branch.server.connect(SERVICE, SERVICE_PASSWORD)
    assert len(service.search_s(slapd_branch.notes, ldap.SCOPE_ONELEVEL)) == 1


words = st.text("0123456789abcdef", min_size=1, max_size=24)
attempts = st.builds(
    Attempt,
    mark=words,
    state=st.just("open"),
    sets_password=st.booleans(),
    seen=st.sampled_from([OLD, NEW]),
    password_at=st.sampled_from(["", "20260101000000Z"]),
) | st.builds(Attempt, mark=words, state=st.sampled_from(["done", "unclear"]))


@given(st.lists(attempts, max_size=12, unique_by=lambda one: one.mark), st.integers(2, 8))
def test_note_is_read_as_it_was_written_and_open_attempts_are_never_forgotten(
    written: list[Attempt], keep: int
) -> None:
    text = Note(attempts=tuple(written)).text(keep=keep)
    read = [Attempt.read(word) for word in text.split()[1:]]
    assert [one for one in read if one.state == "open"] == [
        one for one in written if one.state == "open"
    ]
    over = [one for one in written if one.state != "open"]
    assert [one for one in read if one.state != "open"] == over[:keep]


@given(st.text(max_size=40))
def test_any_word_is_read_or_refused(word: str) -> None:
    try:
        assert Attempt.read(word).mark == word.split(":")[0]
    except PortError as error:
        assert error.reason == "note_unreadable"


def entry(csn: str, changed: str) -> Entry:
    values = {"entrycsn": [csn.encode()], "pwdchangedtime": [changed.encode()]}
    return Entry(dn="uid=ana", values=values)


def attempt(mark: str = "a", *, at: str = "20260101000000Z", sets: bool = True) -> Attempt:
    return Attempt(mark=mark, state="open", seen=OLD, password_at=at, sets_password=sets)


BEFORE, AFTER, SAME = "20260101000000Z", "20260302115508Z", "20260302115500Z"


@pytest.mark.parametrize(
    ("csn", "changed", "ours", "verdict"),
    [
        (OLD, BEFORE, True, "not made"),
        (OLD, BEFORE, False, "not made"),
        (NEW, AFTER, True, "made"),
        (NEW, AFTER, False, "unclear"),
        (NEW, BEFORE, False, "not made"),
        (NEW, BEFORE, True, "not made"),
    ],
)
def test_account_tells_what_became_of_one_reset(
    csn: str, changed: str, ours: bool, verdict: str
) -> None:
    assert outcome_of([attempt()], entry(csn, changed), ours=ours) == {"a": verdict}


def test_two_changes_of_a_password_in_one_second_are_not_taken_for_none() -> None:
    began = attempt(at=SAME)
    assert outcome_of([began], entry(NEW, SAME), ours=False) == {"a": "unclear"}
    assert outcome_of([began], entry(NEW, SAME), ours=True) == {"a": "made"}


def test_of_two_attempts_the_kind_of_change_tells_which_was_made() -> None:
    both = [attempt("a"), attempt("b", sets=False)]
    assert outcome_of(both, entry(NEW, AFTER), ours=True) == {"a": "made", "b": "not made"}
    assert outcome_of(both, entry(NEW, BEFORE), ours=True) == {"a": "not made", "b": "made"}
    twins = [attempt("a"), attempt("b")]
    assert outcome_of(twins, entry(NEW, AFTER), ours=True) == {"a": "unclear", "b": "unclear"}


def test_hash_of_a_marker_is_a_word_of_a_note() -> None:
    assert Attempt.read(f"{hash_of_marker('link:1')}:done").state == "done"
