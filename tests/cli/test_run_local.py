"""What ``make run`` gives the local carrier."""

from __future__ import annotations

from ivr.adapters.directory import demo_people
from ivr.adapters.sealing import HmacHash
from ivr.carrier.presets import read_presets
from ivr.cli import demo_staff
from tools.run_local import telephones


def test_the_carrier_takes_the_demo_and_rings_every_desk_phone() -> None:
    demo = {**demo_people.as_json(), "staff": demo_staff.as_json(HmacHash(b"k" * 32))}
    given = telephones(demo)
    presets = read_presets(given)
    lines = [one["line"] for one in demo["staff"] if one["line"]]
    assert lines and set(presets.dial_plan.table) == set(lines)
    assert len(presets.people) == len(demo["people"])


def test_a_demo_without_staff_still_makes_presets() -> None:
    assert read_presets(telephones(demo_people.as_json())).dial_plan.table == {}
