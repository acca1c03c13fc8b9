"""Secrets among words that were heard or written: which of them must not be kept.

Four digits or more in a row, however they are said ("doze, meia, três zeros"), a word that is
spelled, and what follows "a senha é". In doubt a word goes: whoever needs it can ask again. Kept
are numbers below a thousand ("cento e vinte e três") and the telephone number that a caller asks
to be called on, if it was announced and has the shape of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ivr.flow.heard_secrets_named import after_secret, spelled
from ivr.flow.heard_secrets_numbers import numbers
from ivr.flow.heard_secrets_parts import BLOT, Span, parts_of

__all__ = ["BLOT", "blotted", "secret_spans"]


def secret_spans(words: Sequence[str]) -> tuple[Span, ...]:
    """Runs of words that must not be kept, in order, none touching another."""
    parts = list(parts_of(words))
    found = [*numbers(parts), *spelled(parts), *after_secret(parts)]
    spans = sorted((parts[first].at, parts[last - 1].at + 1) for first, last in found)
    joined: list[Span] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def blotted(text: str) -> tuple[str, int]:
    """A text with its secrets blotted out, and how many were."""
    tokens = list(re.finditer(r"\S+", text))
    spans = secret_spans([token[0] for token in tokens])
    for first, last in reversed(spans):
        text = text[: tokens[first].start()] + BLOT + text[tokens[last - 1].end() :]
    return text, len(spans)
