"""Nobody learns from words, steps or rows who has an account, and how it stands."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, people
from web.phone_line import (
    CALLER,
    PhoneLine,
    call,
    contents,
    counts,
    identify,
    order_reset,
    prove,
    quick_folder,
    sql,
    still_desk,
    value_words,
)

from ivr.flow.requests import Answer, FindPerson, PersonLookup
from ivr.service.requests.people import find_person
from ivr.service.requests.registry import HANDLERS, TurnContext
from ivr.service.runtime import Runtime
from ivr.service.session import Person

STATES = {
    "known": "ana",
    "unknown": "iara",
    "locked": "clara",
    "disabled": "davi",
    "privileged": "elisa",
    "no mobile": "fabio",
    "mobile changed yesterday": "gilda",
    "no PIN": "hugo",
}
WRONG = "00000001"


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """What a call sounded like, what it wrote where, and what it took to get there."""

    documents: tuple[str, ...]
    rows: tuple[tuple[str, int], ...]
    tries: tuple[Any, ...]
    journal: tuple[tuple[str, str, str, str], ...]
    messages: int


@contextmanager
def fresh(otherwise: Path) -> Iterator[Desk]:
    with quick_folder(otherwise) as folder:
        desk = still_desk(folder)
        sql(
            desk,
            "UPDATE demo_account SET mobile_changed_at = '2026-11-24 14:00:00.000000'"
            " WHERE uid = 'gilda'",
        )
        yield desk


def transcript(desk: Desk, line: PhoneLine, number: str = "") -> Transcript:
    desk.work()
    before = {"pins", "demo_account", "protocol_sequences"}
    spoken = value_words(desk, "identify.confirm_cpf", number or "0" * 11)
    return Transcript(
        documents=tuple(
            html.unescape(document.decode()).replace(spoken, "NUMBER") for document in line.heard
        ),
        rows=tuple((t, n) for t, n in sorted(counts(desk).items()) if t not in before),
        tries=tuple((row[1], row[2], row[-1]) for row in contents(desk)["proof_attempts"]),
        journal=tuple(
            (
                entry.kind,
                entry.flow,
                entry.node,
                str({k: v for k, v in entry.data.items() if k != "ms"}),
            )
            for entry in desk.journal(line.sid)
        ),
        messages=len(desk.sms.sent),
    )


def with_wrong_pins(desk: Desk, who: str) -> Transcript:
    line = identify(call(desk), people()[who]["cpf"])
    for _ in range(3):
        line.key(WRONG)
    return transcript(desk, line, people()[who]["cpf"])


def up_to_the_proof(desk: Desk, who: str) -> Transcript:
    return transcript(desk, identify(call(desk), people()[who]["cpf"]), people()[who]["cpf"])


def differing(otherwise: Path, story: Any) -> list[str]:
    """States whose transcript is not that of somebody unknown."""
    found = {}
    for state, who in STATES.items():
        with fresh(otherwise) as desk:
            found[state] = story(desk, who)
    return [state for state in STATES if found[state] != found["unknown"]]


def test_with_wrong_pins_every_account_sounds_and_writes_like_no_account(tmp_path: Path) -> None:
    assert differing(tmp_path, with_wrong_pins) == []


def test_up_to_the_question_for_the_pin_every_account_sounds_and_writes_alike(
    tmp_path: Path,
) -> None:
    assert differing(tmp_path, up_to_the_proof) == []


def test_the_transcripts_tell_apart_what_is_apart(tmp_path: Path) -> None:
    """The control: one wrong PIN less is seen."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(fresh(tmp_path)) for _ in range(2))
        line = identify(call(first), people()["ana"]["cpf"])
        line.key(WRONG)
        line.key(WRONG)
        one = transcript(first, line, people()["ana"]["cpf"])
        other = with_wrong_pins(second, "ana")
    assert len(one.documents) != len(other.documents)
    assert one.rows != other.rows


def leaks_who_exists(rt: Runtime, context: TurnContext, request: FindPerson) -> Answer:
    answer = find_person(rt, context, request)
    assert isinstance(answer, PersonLookup)
    person = context.session.person
    known = person is not None and bool(person.uid)
    return answer if known else replace(answer, factors=("sms_code",))


def leaks_by_rows(rt: Runtime, context: TurnContext, request: FindPerson) -> Answer:
    answer = find_person(rt, context, request)
    person = context.session.person
    if person is not None and person.uid:
        context.effects.append(lambda tx: tx.resets.freeze("a", until=tx.now()))
    return answer


def leaks_privilege(rt: Runtime, context: TurnContext, request: FindPerson) -> Answer:
    answer = find_person(rt, context, request)
    assert isinstance(answer, PersonLookup)
    person: Person | None = context.session.person
    privileged = person is not None and person.group == "privilegiados"
    return replace(answer, factors=()) if privileged else answer


@pytest.mark.parametrize(
    ("leak", "seen"),
    [
        (leaks_who_exists, len(STATES) - 1),
        (leaks_by_rows, len(STATES) - 1),
        (leaks_privilege, 1),
    ],
)
def test_a_service_that_leaks_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: Any, seen: int
) -> None:
    monkeypatch.setitem(HANDLERS, FindPerson, leak)
    assert len(differing(tmp_path, with_wrong_pins)) == seen


CALLERS = {
    "the owner's mobile": CALLER,
    "another number": "+5511988887777",
    "abroad": "+351912345678",
    "withheld": "+266696687",
    "restricted": "Restricted",
    "anonymous": "anonymous",
    "a SIP address": "sip:someone@example.org",
}


def whole_story(otherwise: Path, caller: str) -> tuple[str, ...]:
    with fresh(otherwise) as desk:
        line = order_reset(prove(call(desk, caller=caller)), "1")
        desk.work()
        line.go_on()
        line.key("5")
        assert line.hears("bye.thanks")
        return transcript(desk, line).documents


def test_the_number_of_the_caller_changes_no_document(tmp_path: Path) -> None:
    stories = {name: whole_story(tmp_path, caller) for name, caller in CALLERS.items()}
    own = stories["the owner's mobile"]
    assert [name for name, story in stories.items() if story != own] == []


def trusts_the_caller(rt: Runtime, context: TurnContext, request: FindPerson) -> Answer:
    answer = find_person(rt, context, request)
    assert isinstance(answer, PersonLookup)
    return replace(answer, factors=("pin",)) if context.call.caller == CALLER else answer


def test_a_service_that_trusts_the_number_of_the_caller_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up_to_the_code(caller: str) -> tuple[str, ...]:
        with fresh(tmp_path) as desk:
            line = identify(call(desk, caller=caller), people()["ana"]["cpf"])
            line.key(people()["ana"]["pin"])
            return transcript(desk, line).documents

    another = CALLERS["another number"]
    assert up_to_the_code(CALLER) == up_to_the_code(another)
    monkeypatch.setitem(HANDLERS, FindPerson, trusts_the_caller)
    assert up_to_the_code(CALLER) != up_to_the_code(another)


def test_a_privileged_account_hears_after_all_proofs_that_a_person_will_help(
    tmp_path: Path,
) -> None:
    with fresh(tmp_path) as desk:
        line = prove(call(desk), "elisa")
        for key in ("1", "1", "1"):
            line.key(key)
        assert line.hears("reset.cannot")
        assert line.hears("priority.ask")
        assert desk.rows("resets") == desk.rows("demo_change") == 0
        line.hang_up()
        assert (desk.ticket(line.sid).outcome, desk.ticket(line.sid).status) == ("refused", "open")


def test_nothing_of_the_person_is_spoken_before_the_proof(tmp_path: Path) -> None:
    """Only the number that was keyed is read back."""
    with fresh(tmp_path) as desk:
        ana = people()["ana"]
        line = identify(call(desk), ana["matricula"])
        spoken = html.unescape(" ".join(document.decode() for document in line.heard)).casefold()
        cpf = value_words(desk, "identify.confirm_cpf", ana["cpf"])
        for private in (ana["cpf"], cpf, ana["mobile"], ana["mail"], "Ana ", ana["mobile"][-4:]):
            assert private.casefold() not in spoken


def test_a_mobile_that_changed_yesterday_gets_no_code(tmp_path: Path) -> None:
    for changed, sent in (
        ("2026-11-22 14:00:00.000000", 1),
        ("2026-11-22 14:00:01.000000", 0),
        ("2026-11-24 14:00:00.000000", 0),
    ):
        with fresh(tmp_path) as desk:
            sql(
                desk,
                f"UPDATE demo_account SET mobile_changed_at = '{changed}' WHERE uid = 'gilda'",
            )
            line = identify(call(desk), people()["gilda"]["cpf"])
            line.key(people()["gilda"]["pin"])
            desk.work()
            assert len(desk.sms.sent) == sent, changed
