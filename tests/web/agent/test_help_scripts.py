"""The scripts of the Ajuda tab tell only what the page can do."""

from __future__ import annotations

import re

from desk import Desk

from ivr.web import agent_words as words

NAMED = re.compile("“([^”]+)”")


def test_every_button_that_a_script_names_is_a_button_of_the_page() -> None:
    told = {
        name for steps in words.SCRIPTS.values() for line in steps for name in NAMED.findall(line)
    }
    told |= {name for line in words.SCRIPT_ANY for name in NAMED.findall(line)}
    assert told == set(words.ACTIONS.values())


def test_script_names_an_action_only_for_a_service_that_allows_it(desk: Desk) -> None:
    for key, steps in words.SCRIPTS.items():
        service = desk.rt.catalogue.by_key(key)
        assert service is not None, key
        named = {name for line in steps for name in NAMED.findall(line)}
        for kind in ("reset", "unlock"):
            if words.ACTIONS[kind] in named:
                assert kind in service.actions, (key, kind)
