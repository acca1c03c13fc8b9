"""Documents without values are the same for every caller: each is rendered once a process.

Most turns of a call are such documents (a menu, a question); the ones that say a protocol, a
number or a date are never kept, nor is one-time audio or the token of a stream.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from ivr.flow.verbs import Gather, SpeakSecret, Verb

MOST = 2_000
"""Documents kept: more than flows × turns of any sensible size."""


class KeptDocuments:
    """Safe between threads: a lost race renders the same bytes once more."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, bytes] = {}

    def get(self, verbs: tuple[Verb, ...], turn: int, render: Callable[[], bytes]) -> bytes:
        """The document of these verbs that leads to ``turn``."""
        key = key_of(verbs, turn)
        if key is None:
            return render()
        found = self._kept.get(key)
        if found is None:
            found = render()
            if len(self._kept) < MOST:
                self._kept[key] = found
        return found


def key_of(verbs: tuple[Verb, ...], turn: int) -> Hashable | None:
    """What a document depends on, None when it holds a value or a secret."""
    parts: list[Hashable] = [turn]
    for verb in verbs:
        if isinstance(verb, SpeakSecret) or any(u.values for u in verb.speech):
            return None
        if isinstance(verb, Gather) and verb.streamed:
            return None
        parts.append(type(verb))
        parts.append(tuple(u.prompt for u in verb.speech))
        parts.extend(getattr(verb, name) for name in verb.__slots__ if name != "speech")
    return tuple(parts)
