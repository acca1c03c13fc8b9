"""A thousand calls with known answers: the report, the kept sums and a recount agree with what
was counted while the calls were made, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from corpus.known import Known, known_of
from corpus.making import CALLS, DAYS, FIRST_DAY, corpus_of, seen_at, spells_of
from corpus.rows import go_on, hide_call, write_call, write_corpus
from corpus.stories import AGENTS, QUEUE, SECOND
from corpus.told import Corpus
from desk import Desk, people
from store_rows import HandClock
from web.agent.console_world import caller_waits
from web.phone_line import call as dial
from web.phone_line import identify, reset_story

from ivr.adapters.db.store import SqlStore
from ivr.domain.metrics import FIGURES
from ivr.domain.metrics_events import bucket_of
from ivr.domain.metrics_tally import Rules, Sums
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.ports.staff import StaffRow
from ivr.service import reports_blocks, reports_people
from ivr.service.metrics import Period, recount, roll_up, series_of, sums_of
from ivr.service.reports import HEADLINES, Block, Report, report_of

WHOLE = Period(since=FIRST_DAY, until=FIRST_DAY + timedelta(days=DAYS))
AFTERWARDS = Period(since=WHOLE.until, until=WHOLE.until + timedelta(days=11))
SECOND_DAY = Period(since=WHOLE.until - timedelta(days=1), until=WHOLE.until)
FIRST, LAST = FIRST_DAY.date(), (FIRST_DAY + timedelta(days=DAYS - 1)).date()
THEN = FIRST_DAY + timedelta(days=DAYS - 1, hours=15, minutes=31)
"""The second afternoon: one call is in the menus, one waits, one is talked to, one written up."""
AT_LAST = AFTERWARDS.until
BLOCKS = (
    reports_blocks.volume, reports_blocks.heat_map, reports_blocks.dropped,
    reports_blocks.queues, reports_people.services, reports_people.proofs,
    reports_people.first_contact, reports_people.ratings, reports_people.deadlines,
    reports_people.agents,
)  # fmt: skip
CORPUS = corpus_of()
QUEUES = QueueCatalogue.from_data(
    {
        "version": 1,
        "queues": [
            {
                "name": name,
                "label": name,
                "dispositions": [{"word": "resolvido", "label": "Resolvido"}],
            }
            for name in (QUEUE, SECOND)
        ],
        "classes": [
            {"word": "contato", "label": "Contato", "counts": True},
            {"word": "trote", "label": "Trote"},
            {"word": "engano", "label": "Engano"},
            {"word": "silencio", "label": "Silêncio"},
        ],
    }
)


@dataclass
class Rt:
    store: SqlStore
    clock: HandClock
    queues: QueueCatalogue
    metric_rules: Rules = field(default_factory=Rules)
    catalogue: Any = None


class NoServices:
    """Services by their keys alone."""

    def by_key(self, key: str) -> None:
        return None


@pytest.fixture
def rt(store: SqlStore, clock: HandClock) -> Rt:
    with store.begin() as tx:
        for agent in AGENTS:
            name = agent.title()
            tx.staff.add(StaffRow(id=agent, login=agent, name=name, created_at=FIRST_DAY))
    return Rt(store=store, clock=clock, queues=QUEUES, catalogue=NoServices())


def answers(corpus: Corpus, period: Period, now: datetime) -> Known:
    """What is known of a period at an instant."""
    seen = seen_at(corpus, now)
    until = min(period.until, now)
    cut = []
    for spell, end in spells_of(seen, until):
        since, last = max(spell.since, period.since), min(end, until)
        if spell.state != "offline" and last > since:
            cut.append((spell.agent, spell.state, int((last - since).total_seconds())))
    return known_of(seen, cut, period.since, period.until)


def counted(rt: Rt, period: Period = WHOLE) -> Sums:
    with rt.store.begin(write=False) as tx:
        return recount(rt, tx, period)  # type: ignore[arg-type]


def reported(rt: Rt, first: date) -> Report:
    return report_of(
        rt, first=first, last=LAST, compare=False, personal=True, make=BLOCKS,  # type: ignore[arg-type]
    )  # fmt: skip


def block(report: Report, id: str) -> Block:
    return next(one for one in report.blocks if one.id == id)


def cells(report: Report, id: str) -> dict[str, list[Any]]:
    return {row.head: [cell.value for cell in row.cells] for row in block(report, id).rows}


def the_day_is_told(rt: Rt) -> None:
    """The corpus as far as it has come on the second afternoon."""
    rt.clock.at = THEN
    write_corpus(rt.store, seen_at(CORPUS, THEN))


def the_rest_is_told(rt: Rt) -> None:
    """What had not ended by then, what began later, and the tickets closed meanwhile."""
    before = {call.number: call for call in seen_at(CORPUS, THEN).calls}
    rt.clock.at = AT_LAST
    after = seen_at(CORPUS, AT_LAST).calls
    with rt.store.begin() as tx:
        for call in after:
            earlier = before.get(call.number)
            if earlier is not None and earlier != call:
                go_on(tx, earlier, call)
    new = [call for call in after if call.number not in before]
    late = Corpus(calls=tuple(new), spells=tuple(s for s in CORPUS.spells if s.since > THEN))
    write_corpus(rt.store, late)


def agree(known: Known, report: Report) -> None:
    """The report says what is known."""
    found = {line.figure.id: line.now for line in report.headlines}
    assert set(found) == set(HEADLINES)
    for name, reading in found.items():
        assert (reading.value, reading.n) == pytest.approx(known.figures[name]), name
    shown = block(report, "volume")
    ends = list(reports_blocks.ENDS)
    for row in shown.rows:
        there = dict.fromkeys(ends, 0)
        for at, told in known.volume.items():
            if f"{(at + timedelta(hours=-4)):%H:%M}" == row.head:
                for end, n in told.items():
                    there[end] += n
        assert [cell.value for cell in row.cells] == [*there.values(), sum(there.values())]
    for agent in AGENTS:
        talks = known.sums[("agent.talks", agent)][0]
        assert cells(report, "agentes")[agent.title()][0] == talks
        paused = known.sums.get(("agent.state", f"{agent}|paused"), (0, 0))[1]
        assert cells(report, "agentes")[agent.title()][6] == paused
    for factor, label in reports_people.FACTORS.items():
        both = [known.sums.get((f"proof.{w}", factor), (0, 0))[0] for w in ("failed", "passed")]
        assert cells(report, "provas")[label][:2] == both
    for row in block(report, "desistencias").rows:
        key = next(k for (m, k) in known.sums if m == "node.entered" and _is(k, row))
        assert row.cells[1].value == known.sums[("node.entered", key)][0]
        assert row.cells[2].value == known.sums.get(("node.dropped", key), (0, 0))[0]
    for clock, label in (("business", "3 dias úteis"), ("calendar", "7 dias corridos")):
        both = [known.sums.get((f"ticket.{clock}", w), (0, 0))[0] for w in ("met", "missed")]
        assert cells(report, "prazos")[label][:2] == both
    for service, (n, _) in ((k, v) for (m, k), v in known.sums.items() if m == "fcr.first"):
        again = known.sums.get(("fcr.again", service), (0, 0))[0]
        assert cells(report, "primeiro-contato")[service][:2] == [n, again]
    for value in "12345":
        n = known.sums.get(("rating.value", value), (0, 0))[0]
        assert cells(report, "satisfacao")[f"{value} de 5"][0] == n


def _is(key: str, row: Any) -> bool:
    revision, _, node = key.partition("|")
    return bool(row.head == node and row.cells[0].value == revision)


def test_corpus_has_a_thousand_calls_and_an_answer_for_every_figure_of_the_dictionary() -> None:
    assert len(CORPUS.calls) == CALLS == len({call.sid for call in CORPUS.calls})
    known = answers(CORPUS, WHOLE, AT_LAST)
    assert set(known.figures) == set(FIGURES)
    assert all(n >= 10 for _, n in known.figures.values()), known.figures
    values = {name: value for name, (value, _) in known.figures.items()}
    assert all(value not in (None, 0, 100) for value in values.values()), values
    assert corpus_of() == CORPUS


def test_report_kept_sums_and_recount_are_what_was_counted_while_the_calls_were_made(
    rt: Rt,
) -> None:
    the_day_is_told(rt)
    provisional = answers(CORPUS, WHOLE, THEN)
    assert counted(rt) == provisional.sums
    roll_up(rt, SECOND_DAY.buckets())  # type: ignore[arg-type]
    report = reported(rt, LAST)
    agree(answers(CORPUS, SECOND_DAY, THEN), report)
    fcr = next(line for line in report.headlines if line.figure.id == "fcr")
    assert fcr.provisional
    assert provisional.sums[("call.end", "em_curso")] == (3, 0)
    assert provisional.sums[("stay.waiting", QUEUE)] == (1, 0)
    the_rest_is_told(rt)
    final = answers(CORPUS, WHOLE, AT_LAST)
    assert counted(rt) == final.sums
    assert sum(1 for m, _ in final.sums if m == "fcr.again") > 0
    assert final.figures["fcr"] != provisional.figures["fcr"]
    assert counted(rt, AFTERWARDS) == answers(CORPUS, AFTERWARDS, AT_LAST).sums
    roll_up(rt, WHOLE.buckets())  # type: ignore[arg-type]
    with rt.store.begin(write=False) as tx:
        assert tx.metrics.sums(WHOLE.since, WHOLE.until, version=rt.metric_rules.version) == (
            final.sums
        )
        kept = sums_of(rt, tx, WHOLE)  # type: ignore[arg-type]
        ends = series_of(rt, tx, WHOLE, ("call.end",))  # type: ignore[arg-type]
    assert {
        at: {key: n for (_, key), (n, _) in sums.items()} for at, sums in ends.items()
    } == final.volume
    for name, figure in FIGURES.items():
        reading = figure.of(kept, rt.metric_rules)
        assert (reading.value, reading.n) == pytest.approx(final.figures[name]), name
    report = reported(rt, FIRST)
    agree(final, report)
    assert not next(line for line in report.headlines if line.figure.id == "fcr").provisional
    _no_call_may_be_missing_or_told_twice(rt, final)


def _no_call_may_be_missing_or_told_twice(rt: Rt, final: Known) -> None:
    """The control: one call of each kind is taken out, one is told twice, and each time the sums
    are those of the calls that are left."""
    seen, before = seen_at(CORPUS, AT_LAST), final.sums
    day = [c for c in seen.calls if c.start < WHOLE.until]
    twin = replace(day[7], number=9999)
    with rt.store.begin() as tx:
        write_call(tx, twin)
    twice = replace(seen, calls=(*seen.calls, twin))
    assert counted(rt) == answers(twice, WHOLE, AT_LAST).sums != before
    hide_call(rt.store.engine, twin)
    assert counted(rt) == before
    left = list(seen.calls)
    for call in {c.end: c for c in day}.values():
        hide_call(rt.store.engine, call)
        left.remove(call)
        now = answers(replace(seen, calls=tuple(left)), WHOLE, AT_LAST).sums
        assert counted(rt) == now != before, call
        before = now


def test_call_of_the_real_engine_leaves_the_lines_that_the_corpus_tells(still: Desk) -> None:
    """The corpus is made of the lines that calls really leave, and such calls are counted as it
    says: one who got a new password and rated it 5, one who was refused, one who left the queue."""
    start = bucket_of(still.clock.now())
    served = reset_story(still, "served")
    refused = identify(dial(still, "refused"), people()["bento"]["cpf"])
    for _ in range(3):
        refused.key("99999999")
    gone = caller_waits(still, "gone")
    still.clock.at += timedelta(seconds=45)  # type: ignore[misc]
    for line in (refused, gone):
        line.hang_up()
    with still.rt.store.begin(write=False) as tx:
        period = Period(since=start, until=start + timedelta(hours=1))
        sums = recount(still.rt, tx, period)
        real = [entry for one in (served, refused, gone) for entry in tx.journal.of(one.sid)]
    keys: dict[str, set[str]] = {}
    for entry in real:
        keys.setdefault(entry.kind, set()).update(entry.data)
    told = {line.kind: {name for name, _ in line.data} for c in CORPUS.calls for line in c.lines}
    assert {kind: told[kind] - keys[kind] for kind in set(told) & set(keys)} == dict.fromkeys(
        set(told) & set(keys), set()
    )
    assert set(told) - set(keys) <= {"rating.skipped", "system.settled"}
    known = {
        ("call.all", ""): (3, 0),
        ("call.greeted", ""): (3, 0),
        ("call.contained", ""): (1, 0),
        ("call.end", "ura"): (1, 0),
        ("call.end", "abandonada_na_fila"): (1, 0),
        ("rating.given", "email"): (1, 5),
        ("proof.passed", "pin"): (1, 0),
        ("proof.passed", "sms_code"): (1, 0),
        ("proof.failed", "pin"): (3, 0),
        ("reset", "email|done"): (1, 0),
        ("stay.offered", "atendimento"): (1, 0),
        ("stay.abandoned", "atendimento"): (1, 45),
    }
    assert {at: sums.get(at) for at in known} == known
