"""Rules of the words of a flow: outcomes, values, options and what the caller may say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr.flow import heard
from ivr.flow.check_subject import CALL_VALUES, SERVICES, Rule, Subject, defect, of_book
from ivr.flow.load import Defect
from ivr.flow.nodes import NODE_TYPES
from ivr.flow.nodes.branch import Branch
from ivr.flow.nodes.choose_service import ChooseService
from ivr.flow.nodes.gather import GatherValue
from ivr.flow.nodes.menu import Menu
from ivr.flow.nodes.working import WorkingNode

OTHER = "other"
OF_THE_CALL = frozenset({"level", "slow"})
"""Values that a branch reads from the call itself."""
OWN_VALUES = frozenset({"speech_failures"}) | OF_THE_CALL | CALL_VALUES


def outcomes_known(subject: Subject) -> Iterator[Defect]:
    """``outcome`` is a word that the desk knows."""
    for flow, name, node in subject.nodes():
        if node.outcome and node.outcome not in subject.outcomes:
            allowed = ", ".join(sorted(subject.outcomes))
            yield defect(flow, name, "outcome", f"{node.outcome!r} is none of: {allowed}")


def job_outcomes_covered(subject: Subject) -> Iterator[Defect]:
    """``on`` has a way out for each outcome of a job, and no other."""
    for flow, name, node in subject.nodes():
        if not isinstance(node, WorkingNode):
            continue
        for word in node.on:
            if word not in (*node.outcomes, OTHER):
                allowed = ", ".join((*node.outcomes, OTHER))
                yield defect(flow, name, f"on.{word}", f"{word!r} is none of: {allowed}")
        missing = [w for w in node.outcomes if w not in node.on]
        if missing and OTHER not in node.on:
            yield defect(flow, name, "on", f"no way out for: {', '.join(missing)}")


def usual_service_known(subject: Subject) -> Iterator[Defect]:
    """The service behind key 1 is one of the services."""
    for flow, name, node in subject.nodes():
        if isinstance(node, ChooseService) and subject.book.service(node.usual) is None:
            allowed = ", ".join(s.key for s in subject.book.services)
            yield defect(flow, name, "usual", f"{node.usual!r} is none of: {allowed}")


def values_given(subject: Subject) -> Iterator[Defect]:
    """A branch looks at a value that some node gives."""
    for flow, name, node in subject.nodes():
        if isinstance(node, Branch) and node.value not in subject.values() | OF_THE_CALL:
            yield defect(flow, name, "value", f"no node gives the value {node.value!r}")


def values_not_taken(subject: Subject) -> Iterator[Defect]:
    """What a caller keys in never takes the place of a value that the engine goes by."""
    taken = OWN_VALUES.union(*(kind.gives for kind in NODE_TYPES.values()))
    for flow, name, node in subject.nodes():
        if isinstance(node, GatherValue) and node.value in taken:
            text = f"{node.value!r} is kept by the engine or by another node type"
            yield defect(flow, name, "value", text)


def options_have_words(subject: Subject) -> Iterator[Defect]:
    """``words`` belong to options; each phrase means one option and nothing that holds
    everywhere."""
    for flow, name, node in subject.nodes():
        if isinstance(node, Menu):
            for key in node.words:
                if key not in node.keys:
                    yield defect(flow, name, f"words.{key}", f"no option keys.{key}")
        if isinstance(node, Menu | GatherValue):
            for key, text in _unheard(node.words):
                yield defect(flow, name, f"words.{key}", text)
        if isinstance(node, ChooseService) and node.words_all:
            services = {s.key: s.words for s in subject.book.services}
            for key, text in _unheard({**services, "all": node.words_all}):
                if key == "all":
                    yield defect(flow, name, "words_all", text)


def all_systems_told(subject: Subject) -> Iterator[Defect]:
    """Whoever is offered all of their systems hears so."""
    for flow, name, node in subject.nodes():
        if isinstance(node, ChooseService) and bool(node.all) != bool(node.prompt_all):
            yield defect(flow, name, "prompt_all", "belongs to all: both or neither")


def services_have_words(subject: Subject) -> Iterator[Defect]:
    """A phrase names one service and nothing that holds everywhere."""
    if any(isinstance(node, ChooseService) for _, _, node in subject.nodes()):
        for key, text in _unheard({s.key: s.words for s in subject.book.services}):
            yield of_book(SERVICES, key, text)


def _unheard(words: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """(option, why) of each phrase that cannot choose its option."""
    owners: dict[str, str] = {}
    for key, phrases in words.items():
        for phrase in phrases:
            plain = heard.plain(phrase)
            if not plain:
                yield key, f"{phrase!r} has no words"
            elif everywhere := heard.global_key(phrase):
                yield key, f"{phrase!r} means key {everywhere} everywhere"
            elif owners.setdefault(plain, key) != key:
                yield key, f"{phrase!r} stands for {owners[plain]!r} too"


RULES: tuple[Rule, ...] = (
    outcomes_known,
    job_outcomes_covered,
    usual_service_known,
    values_given,
    values_not_taken,
    options_have_words,
    all_systems_told,
    services_have_words,
)
