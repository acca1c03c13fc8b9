"""Addresses of pages are the same whenever the code that makes them is compiled."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.routing import Map, Rule

from ivr.web.route_rule import RuleBuiltLater

RULES = (
    {"string": "/senha/<token>", "endpoint": "reset"},
    {"string": "/chamadas", "endpoint": "calls", "defaults": {"pagina": 1}},
    {"string": "/chamadas/<int:pagina>", "endpoint": "calls"},
    {"string": "/prompts/<path:piece>.wav", "endpoint": "audio"},
)


def addresses(rule: type[Rule]) -> Any:
    return Map([rule(**each) for each in RULES]).bind("atendimento.example")


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("reset", {"token": "a/b ç"}),
        ("reset", {"token": "t", "mais": ["1", "2"]}),
        ("calls", {}),
        ("calls", {"pagina": 1}),
        ("calls", {"pagina": 7, "q": "joão"}),
        ("audio", {"piece": "menu/um"}),
    ],
)
def test_address_is_the_one_that_the_library_makes(endpoint: str, values: dict[str, Any]) -> None:
    ours, theirs = addresses(RuleBuiltLater), addresses(Rule)
    expected = theirs.build(endpoint, dict(values))
    assert [ours.build(endpoint, dict(values)) for _ in range(2)] == [expected, expected]
    unknown = theirs.build(endpoint, dict(values), append_unknown=False)
    assert ours.build(endpoint, dict(values), append_unknown=False) == unknown


def test_nothing_is_compiled_before_an_address_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []
    real = Rule._compile_builder

    def watched(rule: Rule, append_unknown: bool = True) -> Any:
        compiled.append(rule.rule)
        return real(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", watched)
    ours = addresses(RuleBuiltLater)
    assert compiled == []
    ours.build("reset", {"token": "t"})
    ours.build("reset", {"token": "u"})
    assert compiled == ["/senha/<token>"]
