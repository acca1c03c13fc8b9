"""Whether what was said answers the question, so that nobody need wait for more."""

from __future__ import annotations

from ivr.flow import heard
from ivr.flow.verbs import Gather


def is_whole(text: str, gather: Gather) -> bool:
    """Whether the words are an answer as they stand: a yes or no, an option, a number with all its
    digits, a word that holds everywhere. Else the caller may only be taking breath."""
    if not text:
        return False
    if heard.global_key(text):
        return True
    if {"sim", "não"} <= set(gather.hints):
        return heard.yes_or_no(text) is not None
    if heard.says(text, gather.hints):
        return True
    return gather.digits > 0 and len(heard.digits(text)) >= gather.digits
