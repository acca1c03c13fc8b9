"""A blocked number: what its caller hears, and that nothing of it outlives its time."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from desk import DESK, OPEN, Desk
from hypothesis import given
from hypothesis import strategies as st
from web.phone_line import still_desk

from ivr.carrier.call import Call
from ivr.carrier.events import GatherStarted
from ivr.carrier.exchange import Exchange
from ivr.domain.blocked import LONGEST_NOTE, SPANS, BlockError, end_of_block, note_of
from ivr.ports.staff import StaffRow
from ivr.service.blocked import KEPT, WORDS, block, blocks, forget_ended, lift

ROOT = Path(__file__).resolve().parents[2]
ABUSER, OTHER = "+5567999990066", "+5567999990067"
BY = StaffRow(id="s1", login="s.um", name="S Um", created_at=OPEN)
DIGITS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")


@pytest.fixture
def desk(tmp_path: Path, desk_store: str) -> Desk:
    """A desk whose clock only the test moves."""
    return still_desk(tmp_path)


def barred_call(desk: Desk, caller: str = ABUSER, *, at: timedelta = timedelta(0)) -> Call:
    """A call of which nobody hears more than its first document."""

    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=caller, to=DESK)
        await call.finished()
        return call

    return desk.run(scenario, at=OPEN + at)


def greeted(desk: Desk, caller: str, *, at: timedelta = timedelta(0)) -> bool:
    """Whether a caller gets to the menu."""

    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=caller, to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted)
        call.handset.hang_up()
        await call.finished()
        return call

    sid = desk.run(scenario, at=OPEN + at).sid
    return "caller.barred" not in desk.kinds(sid)


@pytest.mark.on_both_stores
def test_blocked_caller_hears_protocol_and_other_channels_and_leaves_a_ticket(
    desk: Desk,
) -> None:
    block(desk.rt, number="(67) 99999-0066", note="Trotes", span="1d", by=BY)
    call = barred_call(desk)
    answered = next(e for e in desk.journal(call.sid) if e.kind == "turn.answered")
    assert answered.data["prompts"] == list(WORDS)
    assert answered.data["verb"] == "Hangup"
    assert "caller.barred" in desk.kinds(call.sid)
    ticket = desk.ticket(call.sid)
    assert (ticket.outcome, ticket.status) == ("refused", "open")
    assert desk.rows("queue_entries") == 0
    assert greeted(desk, OTHER), "another number is not touched"
    assert greeted(desk, "anonymous"), "a withheld number cannot be blocked"


@pytest.mark.parametrize(
    ("late", "free"),
    [
        (timedelta(seconds=-1), False),
        (timedelta(0), True),
        (timedelta(seconds=1), True),
    ],
)
def test_block_ends_at_its_very_second(desk: Desk, late: timedelta, free: bool) -> None:
    block(desk.rt, number=ABUSER, note="Trotes", span="7d", by=BY)
    at = SPANS["7d"] + late
    if free:
        assert greeted(desk, ABUSER, at=at)
    else:
        assert "caller.barred" in desk.kinds(barred_call(desk, at=at).sid)


def test_lifted_block_has_no_effect_and_the_number_may_be_blocked_again(desk: Desk) -> None:
    block(desk.rt, number=ABUSER, note="Trotes", span="30d", by=BY)
    with pytest.raises(BlockError, match="taken"):
        block(desk.rt, number=ABUSER, note="De novo", span="1d", by=BY)
    (row,), _ = blocks(desk.rt)
    assert lift(desk.rt, row.id, by=BY)
    assert not lift(desk.rt, row.id, by=BY)
    assert greeted(desk, ABUSER)
    block(desk.rt, number=ABUSER, note="De novo", span="1d", by=BY)
    now, over = blocks(desk.rt)
    assert [r.note for r in now] == ["De novo"]
    assert [(r.note, r.removed_by) for r in over] == [("Trotes", "s1")]


def test_number_whose_block_ran_out_may_be_blocked_again(desk: Desk) -> None:
    block(desk.rt, number=ABUSER, note="Trotes", span="1d", by=BY)
    desk.clock.at += timedelta(days=1)
    assert blocks(desk.rt)[0] == []
    block(desk.rt, number=ABUSER, note="Outra vez", span="1d", by=BY)
    now, over = blocks(desk.rt)
    assert [r.note for r in now] == ["Outra vez"]
    assert over[0].removed_at == over[0].expires_at


@pytest.mark.on_both_stores
def test_ended_block_is_erased_a_year_after_its_end_and_not_a_second_sooner(desk: Desk) -> None:
    block(desk.rt, number=ABUSER, note="Trotes", span="1d", by=BY)
    block(desk.rt, number=OTHER, note="Trotes", span="90d", by=BY)
    desk.clock.at += timedelta(days=1) + KEPT - timedelta(seconds=1)
    assert forget_ended(desk.rt) == 0
    desk.clock.at += timedelta(seconds=1)
    assert forget_ended(desk.rt) == 1
    assert [row.number for row in blocks(desk.rt)[1]] == [OTHER]


def test_number_and_note_are_sealed_and_the_audit_tells_neither(desk: Desk) -> None:
    block(desk.rt, number=ABUSER, note="Falou de Fulano", span="1d", by=BY)
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql("SELECT * FROM blocked_numbers").all()
        lines = connection.exec_driver_sql("SELECT * FROM audit").all()
    assert ABUSER[1:] not in repr((rows, lines))
    assert "Fulano" not in repr((rows, lines))
    assert "number.blocked" in repr(lines)


def test_look_up_of_every_call_goes_by_the_index(desk: Desk) -> None:
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        explain = "EXPLAIN QUERY PLAN"
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # it prefers it for few rows
            explain = "EXPLAIN"
        plan = connection.exec_driver_sql(
            f"{explain} SELECT row_id FROM blocked_numbers WHERE number_hash = 'x' "
            "AND removed_at IS NULL AND expires_at > '2026-01-01'"
        ).all()
    assert "uq_blocked_numbers_live" in repr(plan)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"number": "12"}, "number"),
        ({"number": "anonymous"}, "number"),
        ({"note": "  "}, "note"),
        ({"note": "x" * (LONGEST_NOTE + 1)}, "note"),
        ({"span": "sempre"}, "span"),
    ],
)
def test_block_that_cannot_be_is_refused(desk: Desk, fields: dict[str, str], reason: str) -> None:
    asked = {"number": ABUSER, "note": "Trotes", "span": "1d", **fields}
    with pytest.raises(BlockError, match=reason):
        block(desk.rt, by=BY, **asked)
    assert blocks(desk.rt) == ([], [])


@given(st.text())
def test_any_note_is_kept_in_bounds_or_refused(text: str) -> None:
    try:
        kept = note_of(text)
    except BlockError:
        return
    assert 0 < len(kept) <= LONGEST_NOTE
    assert kept.isprintable()


@given(st.text())
def test_no_text_blocks_for_ever(span: str) -> None:
    try:
        assert OPEN < end_of_block(OPEN, span) <= OPEN + timedelta(days=90)
    except BlockError:
        assert span not in SPANS


def test_spoken_channels_are_those_of_the_service() -> None:
    facts = tomllib.loads((ROOT / "callflows/service.toml").read_text("utf-8"))["facts"]
    prompts = tomllib.loads((ROOT / "prompts/pt-BR.toml").read_text("utf-8"))
    text = prompts["barred"]["channels"]["text"]
    address = text.split("para ", 1)[1].split(". Ou", 1)[0].replace(", ", " ")
    spelled = address.replace("arroba", "@").replace("ponto", ".").replace(" ", "")
    assert spelled == facts["email"]
    number = "".join(str(DIGITS.index(w)) for w in re.findall(r"\w+", text) if w in DIGITS)
    assert number == re.sub(r"\D", "", facts["chatbot_phone"])
