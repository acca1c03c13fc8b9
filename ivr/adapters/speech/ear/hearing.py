"""The ear test: from texts, audio and flows to what a caller hears."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivr.adapters.speech.ear.budget import Budget
from ivr.adapters.speech.ear.callers import CALLERS, Caller, said_by, seconds_of
from ivr.adapters.speech.ear.choices import Choice, choices, digits_alone, opening
from ivr.adapters.speech.ear.findings import ChoiceHeard, HearingReport, Opening, PromptHeard
from ivr.adapters.speech.ear.listening import Ear, Parted, Sound, hear_prompts, part_words
from ivr.adapters.speech.ear.reading import ease
from ivr.adapters.speech.ear.seconds import PERSON, Measure, stretches, until
from ivr.adapters.speech.ear.words import Score
from ivr.adapters.speech.pace import spoken_words
from ivr.adapters.speech.prompt_files import audio_file
from ivr.adapters.speech.synthesis import Voice
from ivr.adapters.speech.telephone_wav import mulaw_of
from ivr.adapters.speech.vocabulary import spoken_form, words_of
from ivr.domain.prompts.catalogue import Catalogue, Prompt
from ivr.domain.prompts.manifest import Manifest
from ivr.domain.prompts.segments import PLACEHOLDER, Static
from ivr.domain.prompts.spoken import value_pieces
from ivr.flow.book import FlowBook

DIGITS = "v.digit"
"""Stands among the prompts for the ten digits, one piece each."""
Wanted = Callable[[str], bool]
"""Whether a prompt, by id, or a choice, by its place, is listened to."""


def hear_all(
    *,
    catalogue: Catalogue,
    audio: Manifest,
    folder: Path,
    book: FlowBook,
    budget: Budget,
    ear: Ear | None,
    callers: Sequence[Caller] = CALLERS,
    wanted: Wanted = lambda name: True,
    measure: Measure | None = None,
) -> HearingReport:
    """Everything measured. Without an ``ear`` only seconds and reading are.

    Raises SynthesisError when no synthetic voice can say the callers' words, SpeechError when the
    recogniser fails, OSError and NotTelephoneAudio for audio that is not as the manifest tells.
    """
    voice = Voice()
    measure = measure or (lambda text: seconds_of(text, voice=voice.name, rate=voice.rate))
    named = tuple(service.prompt for service in book.services)
    places = tuple(choices(book))
    scores: Mapping[tuple[str, str], Score] = {}
    parted: Mapping[str, Mapping[str, Parted]] = {}
    if ear is not None:
        scores = _scores(ear, catalogue, audio, folder, places, budget, wanted)
        heard_places = [p for p in (*places, digits_alone()) if wanted(p.where)]
        parted = _parted(ear, heard_places, budget, callers)

    def heard(choice: Choice) -> ChoiceHeard:
        parts = list(stretches(choice.prompts, catalogue, audio, named=named))
        return ChoiceHeard(
            choice=choice,
            seconds={key: until(key, parts, measure) for key in choice.keys},
            person=until(PERSON, parts, measure),
            parted=parted.get(choice.where, {}),
        )

    first = list(stretches(opening(book), catalogue, audio, named=named))
    return HearingReport(
        prompts=(
            *(
                _prompt(prompt, catalogue, audio, named, budget, scores)
                for prompt in catalogue.prompts.values()
            ),
            _digits(audio, budget, scores),
        ),
        choices=tuple(heard(choice) for choice in (*places, digits_alone())),
        opening=Opening(option=until("1", first, measure), person=until(PERSON, first, measure)),
        ease=ease([PLACEHOLDER.sub("", p.text) for p in catalogue.prompts.values()]),
        listened=ear is not None,
    )


def _prompt(
    prompt: Prompt,
    catalogue: Catalogue,
    audio: Manifest,
    named: Sequence[str],
    budget: Budget,
    scores: Mapping[tuple[str, str], Score],
) -> PromptHeard:
    text = PLACEHOLDER.sub("", prompt.text)
    long = len(spoken_words(text)) >= budget.reading.words
    pieces = [part.piece_id for part in prompt.segments if isinstance(part, Static)]
    parts = stretches((prompt.prompt_id,), catalogue, audio, named=named)
    return PromptHeard(
        prompt=prompt.prompt_id,
        seconds=sum(part.seconds for part in parts),
        ease=ease([text]) if long else None,
        scores=_by_line(pieces, budget, scores),
    )


def _digits(
    audio: Manifest, budget: Budget, scores: Mapping[tuple[str, str], Score]
) -> PromptHeard:
    pieces = [piece for piece in value_pieces() if piece.startswith(f"{DIGITS}.")]
    return PromptHeard(
        prompt=DIGITS,
        seconds=sum(audio[piece].seconds for piece in pieces if piece in audio),
        ease=None,
        scores=_by_line(pieces, budget, scores),
    )


def _by_line(
    pieces: Sequence[str], budget: Budget, scores: Mapping[tuple[str, str], Score]
) -> Mapping[str, Score]:
    found: dict[str, Score] = {}
    for line in budget.lines:
        parts = [scores[piece, line.name] for piece in pieces if (piece, line.name) in scores]
        if parts:
            found[line.name] = sum(parts, Score())
    return found


def _scores(
    ear: Ear,
    catalogue: Catalogue,
    audio: Manifest,
    folder: Path,
    places: Sequence[Choice],
    budget: Budget,
    wanted: Wanted,
) -> Mapping[tuple[str, str], Score]:
    texts = {
        part.piece_id: part.text
        for prompt in catalogue.prompts.values()
        if wanted(prompt.prompt_id)
        for part in prompt.segments
        if isinstance(part, Static)
    }
    if wanted(DIGITS):
        said = {p: text for p, text in value_pieces().items() if p.startswith(f"{DIGITS}.")}
        texts |= said | {f"{DIGITS}.1": "1"}
    sounds = [
        Sound(piece=piece, text=text, mulaw=mulaw_of(audio_file(folder, piece).read_bytes()))
        for piece, text in texts.items()
        if piece in audio
    ]
    phrases = (p for place in places for told in place.words.values() for p in told)
    vocabulary = [word for phrase in phrases for word in words_of(phrase)]
    lines = [each.line for each in budget.lines]
    return hear_prompts(ear, sounds, lines, vocabulary=vocabulary)


def _parted(
    ear: Ear, places: Sequence[Choice], budget: Budget, callers: Sequence[Caller]
) -> Mapping[str, Mapping[str, Parted]]:
    known = [
        phrase
        for place in places
        for told in place.words.values()
        for phrase in told
        if place.grammar is not None and spoken_form(phrase, ear.knows)
    ]
    voices = said_by(callers, known)
    lines = [each.line for each in budget.lines]
    return {place.where: part_words(ear, place, voices, lines) for place in places}
