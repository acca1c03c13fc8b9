"""Every story of this folder, told twice: by the carrier over the real routes, signatures and
database, and by the engine alone with a fake service. Both must hear the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from calls_engine import tell_by_engine
from desk import DESK, OPEN, Desk, people

from ivr.carrier.script import read_script
from ivr.carrier.script_run import ScriptResult, run_script

STORIES = sorted(Path(__file__).parent.glob("*.toml"))


@pytest.mark.on_both_stores
@pytest.mark.parametrize("file", STORIES, ids=lambda p: p.stem)
def test_story_over_the_carrier(file: Path, desk: Desk) -> None:
    script = read_script(file)

    async def scenario(exchange) -> ScriptResult:  # type: ignore[no-untyped-def]
        return await run_script(
            script,
            exchange,
            list(people().values()),
            to=DESK,
            messages=lambda number: [body for to, body in desk.sms.sent if to == number],
        )

    result = desk.run(scenario, at=script.at or OPEN)
    assert result.problems == [], result.heard
    _judge(dict(script.expect), desk, result.call.sid)


def _judge(expect: dict[str, object], desk: Desk, sid: str) -> None:
    ticket = desk.ticket(sid)
    kinds = desk.kinds(sid)
    for kind in expect.pop("journal", []):  # type: ignore[attr-defined]
        assert kind in kinds, f"{kind} is not in the journal: {kinds}"
    recordings = expect.pop("recordings", None)
    if recordings is not None:
        with desk.rt.store.begin(write=False) as tx:
            assert len(tx.tickets.recordings(ticket.protocol)) == recordings
    for name, wanted in expect.items():
        assert getattr(ticket, name) == wanted, name
    assert desk.call(sid).ended_at is not None
    assert "turn.answered" in kinds


@pytest.mark.parametrize("file", STORIES, ids=lambda p: p.stem)
def test_story_by_the_engine(file: Path) -> None:
    script = read_script(file)
    told = tell_by_engine(script, people().get(script.person, {}))
    assert told.problems == [], told.heard
    wanted = script.expect.get("outcome")
    assert wanted is None or told.outcome == wanted
    assert told.level == script.expect.get("identity", told.level)
