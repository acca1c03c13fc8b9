"""What goes into the journal of the call: past tense, secrets already left out.

A fact never holds typed digits, spoken words or a name: inputs are told by kind and length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the journal.

    ``kind`` is a dotted word in the past tense (``node.entered``, ``input.received``,
    ``menu.chosen``, ``person.identified``, ``proof.failed``, ``outcome.set`` …); ``data`` holds
    short words and numbers only.
    """

    kind: str
    flow: str
    node: str
    data: Mapping[str, str | int | bool] = field(default_factory=dict)
