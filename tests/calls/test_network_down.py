"""Stories of ``network_down``, told as all others are, while the second system is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from calls_engine import tell_by_engine
from desk import DESK, OPEN, Desk, people

from ivr.carrier.script import read_script
from ivr.carrier.script_run import ScriptResult, run_script

STORIES = sorted((Path(__file__).parent / "network_down").glob("*.toml"))
NETWORK = "network"


def tell(file: Path, desk: Desk) -> ScriptResult:
    script = read_script(file)

    async def scenario(exchange: Any) -> ScriptResult:
        return await run_script(
            script,
            exchange,
            list(people().values()),
            to=DESK,
            messages=lambda number: [body for to, body in desk.sms.sent if to == number],
        )

    return desk.run(scenario, at=script.at or OPEN)


@pytest.mark.on_both_stores
@pytest.mark.parametrize("file", STORIES, ids=lambda p: p.stem)
def test_story_over_the_carrier_while_the_network_is_down(file: Path, desk: Desk) -> None:
    directory: Any = desk.rt.directories[NETWORK]
    directory.faults.down = True
    result = tell(file, desk)
    assert result.problems == [], result.heard
    ticket = desk.ticket(result.call.sid)
    expected = read_script(file).expect
    assert {name: getattr(ticket, name) for name in expected} == dict(expected)


@pytest.mark.parametrize("file", STORIES, ids=lambda p: p.stem)
def test_story_by_the_engine_while_the_network_is_down(file: Path) -> None:
    script = read_script(file)
    told = tell_by_engine(script, people()[script.person], down=frozenset({NETWORK}))
    assert told.problems == [], told.heard
    assert told.outcome == script.expect["outcome"]
