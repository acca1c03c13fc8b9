"""Routes whose addresses are put together by code that is compiled when one is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


class RuleBuiltLater(Rule):
    """Werkzeug compiles two functions a route when the application is made, a tenth of its start;
    most of them are never used: webhooks are matched, not built."""

    def _compile_builder(self, append_unknown: bool = True) -> Build:
        compile_now = super()._compile_builder
        name = "_build_unknown" if append_unknown else "_build"

        def first(rule: RuleBuiltLater, **values: Any) -> tuple[str, str]:
            built: Build = compile_now(append_unknown).__get__(rule, None)
            setattr(rule, name, built)
            return built(**values)

        return first
