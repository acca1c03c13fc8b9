"""Scripts as files: what is wrong in one is said once, with its place."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier.script import BadScript, parse_script, read_script

GOOD: dict[str, Any] = {
    "story": "A caller presses one and is thanked",
    "person": "ana",
    "steps": [{"hears": ["main.menu"], "press": "1"}, {"hears": ["verify.pin"], "press": "{pin}#"}],
    "ends": {"by": "system"},
}


def test_a_good_script_is_read_whole() -> None:
    script = parse_script(GOOD, name="x.toml")
    assert [step.press for step in script.steps] == ["1", "{pin}#"]
    assert script.steps[0].within == 60
    assert script.ends.by == "system"


DEFECTS: list[tuple[str, Any, str]] = [
    ("story", "short", "story: String should have at least 10"),
    ("story", None, "story: Field required"),
    ("caller", "6799", "caller: String should match"),
    ("steps", [], "steps: Tuple should have at least 1"),
    ("steps.0.press", "1x", "steps.0.press: String should match"),
    ("steps.0.press", "", "steps.0.press: String should match"),
    ("steps.0.say", "um", "steps.0: Value error, exactly one of"),
    ("steps.0.fale", "um", "steps.0: Value error, exactly one of"),
    ("steps.0.fale", "", "steps.0.fale: String should have at least 1"),
    ("steps.0.voice", "../x", "steps.0.voice: String should match"),
    ("steps.0.snr", 99, "steps.0.snr: Input should be less than"),
    ("steps.0.within", 0, "steps.0.within: Input should be greater than 0"),
    ("steps.0.wait", 4000, "steps.0.wait: Input should be less than"),
    ("steps.0.hear", ["main.menu"], "steps.0.hear: Extra inputs"),
    ("steps.1.press", None, "steps.1: Value error, exactly one of"),
    ("ends", None, "ends: Field required"),
    ("ends.by", "nobody", "ends.by: Input should be 'system' or 'caller'"),
    ("person", None, "file: Value error, person or caller is needed"),
    ("end", {}, "end: Extra inputs"),
]


@pytest.mark.parametrize(("where", "value", "said"), DEFECTS, ids=lambda each: str(each)[:30])
def test_each_defect_is_said_once_with_its_place(where: str, value: Any, said: str) -> None:
    data: Any = deepcopy(GOOD)
    place = data
    *way, last = where.split(".")
    for key in way:
        place = place[int(key) if key.isdecimal() else key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(BadScript) as caught:
        parse_script(data, name="x.toml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"x.toml: {said}")


def test_two_defects_are_two_lines() -> None:
    with pytest.raises(BadScript) as caught:
        parse_script({**GOOD, "story": "short", "caller": "6799"}, name="x.toml")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"story = ", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "broken.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadScript, match=r"broken\.toml: "):
        read_script(file)


@given(st.text(max_size=12))
def test_keys_are_of_a_keypad_or_placeholders(keys: str) -> None:
    data = {**GOOD, "steps": [{"press": keys}]}
    rest = keys
    for name in ("{cpf}", "{pin}"):
        rest = rest.replace(name, "")
    if keys and set(rest) <= set("0123456789ABCD*#"):
        assert parse_script(data, name="x").steps[0].press == keys
    else:
        with pytest.raises(BadScript):
            parse_script(data, name="x")
