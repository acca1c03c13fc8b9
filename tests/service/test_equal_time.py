"""A wrong PIN takes the same time for somebody known and for nobody; a leak is seen.

A short run of ``tools/bench/equal_time.py``; docs/benchmarks.md has the long one.
"""

from __future__ import annotations

import pytest

from tools.bench import equal_time
from tools.bench.equal_time import BOUND, measure


@pytest.mark.parametrize("leaking", [False, True])
def test_wrong_pin_of_nobody_takes_the_time_of_one_of_somebody_and_a_leak_is_seen(
    monkeypatch: pytest.MonkeyPatch, leaking: bool
) -> None:
    monkeypatch.setattr(equal_time, "SAMPLES", 40)
    raw, cropped = measure(leaking=leaking)
    assert (abs(raw) > BOUND or abs(cropped) > BOUND) is leaking
