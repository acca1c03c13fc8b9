"""Which documents may be shared by all callers."""

from __future__ import annotations

from ivr.flow.verbs import Filler, Gather, Hangup, Say, SpeakSecret, Utterance, Verb
from ivr.web.documents_kept import KeptDocuments, key_of

MENU = Gather(speech=(Utterance(prompt="main.menu"),), digits=1)


class Counting:
    """Renders a number, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return str(self.count).encode()


def test_document_without_values_is_rendered_once() -> None:
    kept, render = KeptDocuments(), Counting()
    assert [kept.get((MENU,), 3, render) for _ in range(3)] == [b"1", b"1", b"1"]


def test_another_turn_is_another_document() -> None:
    kept, render = KeptDocuments(), Counting()
    assert kept.get((MENU,), 3, render) != kept.get((MENU,), 4, render)


def test_every_field_of_a_verb_counts() -> None:
    others: list[tuple[Verb, ...]] = [
        (MENU,),
        (Gather(speech=MENU.speech, digits=2),),
        (Gather(speech=MENU.speech, digits=1, timeout=12),),
        (Gather(speech=MENU.speech, digits=1, hints=("sim",)),),
        (Gather(speech=(Utterance(prompt="other"),), digits=1),),
        (Say(speech=MENU.speech), MENU),
        (Filler(speech=MENU.speech),),
        (Hangup(speech=MENU.speech),),
    ]
    assert len({key_of(verbs, 1) for verbs in others}) == len(others)


def test_document_with_a_value_or_a_secret_is_never_kept() -> None:
    told = Hangup(speech=(Utterance(prompt="bye.protocol", values={"protocol": "2"}),))
    assert key_of((told,), 1) is None
    assert key_of((Say(speech=told.speech), MENU), 1) is None
    assert key_of((SpeakSecret(speech=(), job="reset:x"),), 1) is None
