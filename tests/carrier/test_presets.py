from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier.faults import Faults
from ivr.carrier.presets import BadPresets, load_presets, read_presets


def test_a_file_sets_phones_faults_people_and_presets(tmp_path: Path) -> None:
    path = tmp_path / "presets.json"
    path.write_text(
        json.dumps(
            {
                "numbers": {"+5567": {"answers": {"after": 2, "talks": 60}}, "client:ana": "rings"},
                "others": "busy",
                "faults": {"slow_webhook": 2, "type_ahead": False},
                "people": [{"key": "maria", "name": "Maria"}],
                "presets": [{"id": "celular", "number": "+5567999990000"}],
            }
        )
    )
    presets = load_presets(path)
    assert presets.faults == Faults(slow_webhook=2, type_ahead=False)
    assert presets.people[0]["name"] == "Maria"
    assert presets.callers[0]["id"] == "celular"
    assert set(presets.dial_plan.table) == {"+5567", "client:ana"}
    assert presets.dial_plan.behaviour("+5599") is not None
    assert presets.dial_plan.behaviour("client:bia") is presets.dial_plan.addresses


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"colour": 1},
        {"numbers": []},
        {"numbers": {"+55": "sings"}},
        {"numbers": {"+55": {"answers": {"loudly": 1}}}},
        {"numbers": {"+55": {"answers": {"after": "soon"}}}},
        {"faults": {"on_fire": True}},
        {"people": ["Maria"]},
        {"presets": {"id": 1}},
        {"faults": {"type_ahead": 1}},
    ],
)
def test_wrong_contents_are_refused(content: Any) -> None:
    with pytest.raises(BadPresets):
        read_presets(content)


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "presets.json"
    path.write_text("{")
    with pytest.raises(BadPresets):
        load_presets(path)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["numbers", "others", "faults", "people", "presets", "x"]), values
    )
)
def test_no_content_breaks_the_reading(content: dict[str, Any]) -> None:
    try:
        read_presets(content)
    except BadPresets as refusal:
        assert str(refusal)
