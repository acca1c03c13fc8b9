"""Connection overrides in a webhook URL's fragment: ``#ct=2000&rc=2&rp=all``.

Source: twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

from ivr.carrier.problem import Problem, warning

POLICIES = frozenset({"ct", "rt", "4xx", "5xx", "all"})
VOICE_CAP = 15.0
_RANGES = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Times in seconds; ``retry_on`` holds Twilio's policy words."""

    connect: float = 5.0
    read: float = 15.0
    total: float = VOICE_CAP
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, kind: str) -> bool:
        return "all" in self.retry_on or kind in self.retry_on


def read_overrides(url: str) -> tuple[str, Overrides, tuple[Problem, ...]]:
    """``url`` without its fragment, what the fragment asks for, and what was wrong with it."""
    plain, fragment = urldefrag(url)
    numbers: dict[str, int] = {}
    policy: frozenset[str] | None = None
    problems = []
    for name, value in parse_qsl(fragment, keep_blank_values=True):
        if name == "rp":
            words = frozenset(value.split(","))
            if words <= POLICIES:
                policy = words
            else:
                problems.append(warning(11243, "unknown retry policy in the webhook URL"))
        elif name in _RANGES:
            low, high = _RANGES[name]
            if value.isascii() and value.isdigit() and low <= int(value) <= high:
                numbers[name] = int(value)
            else:
                problems.append(warning(11242, f"connection override {name} is out of range"))
    return (
        plain,
        Overrides(
            connect=numbers.get("ct", 5_000) / 1000,
            read=numbers.get("rt", 15_000) / 1000,
            total=min(numbers.get("tt", 15_000) / 1000, VOICE_CAP),
            retries=numbers.get("rc", 1),
            retry_on=policy if policy is not None else frozenset({"ct"}),
        ),
        tuple(problems),
    )
