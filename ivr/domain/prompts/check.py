"""Findings about a catalogue: against the flows that use it, against its audio, against plain
words. One rule, one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from ivr.domain.prompts.catalogue import Catalogue, Prompt
from ivr.domain.prompts.manifest import Manifest
from ivr.domain.prompts.plain_words import PlainWords, jargon_in, long_sentences
from ivr.domain.prompts.segments import PLACEHOLDER, Static
from ivr.domain.prompts.spoken import ALL_KINDS, KINDS, pieces_of

Rule = Literal[
    "missing-prompt",
    "unused-prompt",
    "value-missing",
    "value-unused",
    "unknown-kind",
    "audio-missing",
    "audio-old",
    "too-long",
    "jargon",
    "long-sentence",
]
Used = Mapping[str, AbstractSet[str]]
"""Names of the values given, by prompt id, as the flows use them."""

LONGEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. ``detail`` is for the writer of the texts."""

    rule: Rule
    prompt: str
    detail: str


def check(
    catalogue: Catalogue,
    used: Used,
    manifest: Manifest | None = None,
    *,
    rules: PlainWords | None = None,
    longest: float = LONGEST_SECONDS,
) -> list[Problem]:
    """All findings, by prompt id. Without a manifest the audio is not looked at. ``longest`` is
    in seconds, with values about as long as their kinds get; a prompt given as a value is not
    counted."""
    rules = rules or PlainWords()
    problems = [*_missing(catalogue, used)]
    for prompt in catalogue.prompts.values():
        problems += _usage(prompt, used)
        problems += _kinds(prompt)
        problems += _plain(prompt, rules)
        if manifest is not None:
            problems += _audio(prompt, manifest, longest)
    return sorted(problems, key=lambda found: (found.prompt, found.rule, found.detail))


def _missing(catalogue: Catalogue, used: Used) -> Iterator[Problem]:
    for prompt_id in used.keys() - catalogue.prompts.keys():
        yield Problem(rule="missing-prompt", prompt=prompt_id, detail="is used but has no text")


def _usage(prompt: Prompt, used: Used) -> Iterator[Problem]:
    if prompt.prompt_id not in used:
        yield Problem(rule="unused-prompt", prompt=prompt.prompt_id, detail="nothing uses it")
        return
    given, wanted = used[prompt.prompt_id], prompt.placeholders.keys()
    for name in wanted - given:
        yield Problem(rule="value-missing", prompt=prompt.prompt_id, detail=f"{name} is not given")
    for name in given - wanted:
        yield Problem(rule="value-unused", prompt=prompt.prompt_id, detail=f"{name} is not spoken")


def _kinds(prompt: Prompt) -> Iterator[Problem]:
    for name, kind in prompt.placeholders.items():
        if kind not in ALL_KINDS:
            yield Problem(
                rule="unknown-kind", prompt=prompt.prompt_id, detail=f"{name} has the kind {kind}"
            )


def _plain(prompt: Prompt, rules: PlainWords) -> Iterator[Problem]:
    text = PLACEHOLDER.sub("…", prompt.text)
    for word in jargon_in(text, rules):
        yield Problem(rule="jargon", prompt=prompt.prompt_id, detail=word)
    for count in long_sentences(PLACEHOLDER.sub("X", prompt.text), rules):
        yield Problem(
            rule="long-sentence",
            prompt=prompt.prompt_id,
            detail=f"a sentence of {count} words, at most {rules.words_a_sentence}",
        )


def _audio(prompt: Prompt, manifest: Manifest, longest: float) -> Iterator[Problem]:
    seconds = 0.0
    for part in prompt.segments:
        if isinstance(part, Static):
            audio = manifest.get(part.piece_id)
            if audio is None:
                yield Problem(
                    rule="audio-missing", prompt=prompt.prompt_id, detail=f"no {part.piece_id}"
                )
            elif audio.text != part.text:
                yield Problem(
                    rule="audio-old",
                    prompt=prompt.prompt_id,
                    detail=f"{part.piece_id} says an earlier text",
                )
            if audio is not None:
                seconds += audio.seconds
        elif part.kind in KINDS:
            pieces = pieces_of(part.kind, KINDS[part.kind].longest)
            seconds += sum(manifest[piece].seconds for piece in pieces if piece in manifest)
    if seconds > longest:
        yield Problem(
            rule="too-long",
            prompt=prompt.prompt_id,
            detail=f"{seconds:.1f} seconds, at most {longest:g}",
        )
