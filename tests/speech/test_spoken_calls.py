"""Stories of this folder: a synthetic caller → media stream → recogniser → flow → ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from spoken_desk import SpokenDesk, spoken_desk

from ivr.carrier.call import Call
from ivr.carrier.events import MarkReached, PlayFinished
from ivr.carrier.media.voice import can_speak
from ivr.carrier.script import read_script
from ivr.carrier.script_words import piece_of, prompt_of

STORIES = sorted(Path(__file__).parent.glob("*.toml"))

pytestmark = pytest.mark.skipif(not can_speak(), reason="espeak-ng is not installed")


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpokenDesk]:
    with spoken_desk(tmp_path_factory.mktemp("spoken")) as running:
        yield running


@pytest.mark.parametrize("file", STORIES, ids=lambda p: p.stem)
def test_story(file: Path, spoken: SpokenDesk) -> None:
    script = read_script(file)
    result = spoken.tell(script)
    assert result.problems == [], result.heard
    expect = dict(script.expect)
    sid = result.call.sid
    kinds = spoken.desk.kinds(sid)
    assert [kind for kind in expect.pop("journal", []) if kind not in kinds] == []
    assert set(expect.pop("cut", [])) <= cut_short(result.call)
    ticket = spoken.desk.ticket(sid)
    assert {name: getattr(ticket, name) for name in expect} == expect
    assert not any(code in shown(result.call) for code in codes(spoken))


def cut_short(call: Call) -> set[str]:
    """Prompts of media streams that a key or a word interrupted."""
    ended = (event for event in call.line.events if isinstance(event, PlayFinished))
    return {prompt_of(piece_of(e.url)) for e in ended if e.kind == "stream" and e.stopped}


def shown(call: Call) -> str:
    """All that the test telephone was told to show."""
    return "\n".join(event.name for event in call.line.events if isinstance(event, MarkReached))


def codes(spoken: SpokenDesk) -> list[str]:
    """The one-time codes that were sent, in digits and as they are spoken."""
    words = ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"]
    found = re.findall(r"codigo (\d{6})", "\n".join(body for _, body in spoken.desk.sms.sent))
    return [form for code in found for form in (code, " ".join(words[int(d)] for d in code))]
