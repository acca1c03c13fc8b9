"""What the service remembers of a call between two turns, beside the engine's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ivr.flow import verbs
from ivr.flow.state import CallState

Expects = Literal["start", "gather", "record", "queue", "dial", "filler", "secret", "nothing"]

_EXPECTED: Mapping[type, Expects] = {
    verbs.Gather: "gather",
    verbs.Record: "record",
    verbs.Enqueue: "queue",
    verbs.Dial: "dial",
    verbs.Filler: "filler",
    verbs.SpeakSecret: "secret",
    verbs.Hangup: "nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who was looked up. ``key``: keyed hash of the identifier; ``uid`` empty for a decoy."""

    key: str
    directory: str = ""
    uid: str = field(default="", repr=False)
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``expects``: what the last verb can bring back; ``secret``: keys only. ``job``: key of the
    job that is awaited or whose secret is being spoken.

    ``max_wait``: seconds that the flow allows in the queue. ``streamed``: the question whose
    answer our own engine listens for. Stored sealed.
    """

    engine: CallState
    expects: Expects = "start"
    job: str = ""
    person: Person | None = None
    queue: str = ""
    max_wait: int = 0
    streamed: verbs.Gather | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for storage."""
        data = {name: getattr(self, name) for name in self.__slots__}
        data["engine"] = self.engine.to_dict()
        data["person"] = asdict(self.person) if self.person else None
        data["streamed"] = _plain(self.streamed) if self.streamed else None
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Session:
        """Read what :meth:`to_dict` wrote."""
        known = {k: v for k, v in data.items() if k in cls.__slots__}
        known["engine"] = CallState.from_dict(data["engine"])
        known["person"] = Person(**data["person"]) if data.get("person") else None
        known["streamed"] = _question(data["streamed"]) if data.get("streamed") else None
        return cls(**known)

    def awaiting(self, verb: verbs.Verb) -> Session:
        """The session after a turn that ends with ``verb``."""
        streamed = verb if isinstance(verb, verbs.Gather) and verb.streamed else None
        changed = replace(self, expects=_EXPECTED[type(verb)], streamed=streamed)
        if isinstance(verb, verbs.Gather) and verb.secret:
            changed = replace(changed, expects="secret")
        if isinstance(verb, verbs.Enqueue):
            changed = replace(changed, queue=verb.queue, max_wait=verb.max_wait)
        return changed


def _plain(question: verbs.Gather) -> dict[str, Any]:
    said = [{"prompt": u.prompt, "values": dict(u.values)} for u in question.speech]
    names = (name for name in question.__slots__ if name != "speech")
    return {"speech": said, **{name: getattr(question, name) for name in names}}


def _question(data: Mapping[str, Any]) -> verbs.Gather:
    speech = tuple(verbs.Utterance(**said) for said in data["speech"])
    return verbs.Gather(**{**data, "speech": speech, "hints": tuple(data["hints"])})
