"""The catalogue: every prompt by id, and how an utterance becomes pieces or plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from ivr.domain.prompts import errors
from ivr.domain.prompts.segments import PLACEHOLDER, Segment, Slot, Static, split
from ivr.domain.prompts.spoken import (
    KINDS,
    PROMPT_KIND,
    SPELLED_KIND,
    pieces_of,
    value_pieces,
    words_of,
)

RESERVED = "v"
"""First word of the built-in value pieces."""

_WORD = re.compile(r"[a-z0-9][a-z0-9_-]*")


class UtteranceLike(Protocol):
    """A prompt id and the values of its placeholders."""

    @property
    def prompt(self) -> str: ...

    @property
    def values(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One audio file to play. ``text`` is what it says, for a voice that must stand in for a
    missing file; the pause says ""."""

    piece_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A text of the catalogue. ``note`` is for whoever records the voice."""

    prompt_id: str
    text: str
    segments: tuple[Segment, ...]
    note: str = ""

    @property
    def placeholders(self) -> dict[str, str]:
        """Kind by name."""
        return {slot.name: slot.kind for slot in self.segments if isinstance(slot, Slot)}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All prompts of one language. ``file`` is named in findings."""

    file: str
    prompts: Mapping[str, Prompt]

    def placeholders(self, prompt_id: str) -> dict[str, str]:
        """Kind by placeholder name. Raises UnknownPrompt."""
        return self._prompt(prompt_id).placeholders

    def static_pieces(self) -> dict[str, str]:
        """Text by piece id of all that stands in the file."""
        return {
            part.piece_id: part.text
            for prompt in self.prompts.values()
            for part in prompt.segments
            if isinstance(part, Static)
        }

    def pieces(self) -> dict[str, str]:
        """Text by piece id of everything that must be rendered, the value pieces included."""
        return self.static_pieces() | dict(value_pieces())

    def speak(self, utterance: UtteranceLike) -> list[Piece]:
        """Pieces to play in order.

        Raises UnknownPrompt, MissingValue, UnknownKind, ValueDoesNotFit, SpelledInTheOpen.
        """
        prompt = self._prompt(utterance.prompt)
        spoken: list[Piece] = []
        for part in prompt.segments:
            if isinstance(part, Static):
                spoken.append(Piece(piece_id=part.piece_id, text=part.text))
            else:
                spoken.extend(self._slot_pieces(prompt, part, utterance.values))
        return spoken

    def words(self, utterance: UtteranceLike) -> str:
        """Plain text for a voice that reads by itself. Raises as :meth:`speak`."""
        prompt = self._prompt(utterance.prompt)
        values = utterance.values

        def said(match: re.Match[str]) -> str:
            return self._slot_words(prompt, Slot(name=match[1], kind=match[2]), values)

        return PLACEHOLDER.sub(said, prompt.text)

    def _prompt(self, prompt_id: str) -> Prompt:
        try:
            return self.prompts[prompt_id]
        except KeyError:
            raise errors.UnknownPrompt(prompt_id) from None

    def _slot_pieces(self, prompt: Prompt, slot: Slot, values: Mapping[str, str]) -> list[Piece]:
        value = _value(prompt, slot, values)
        if slot.kind == PROMPT_KIND:
            inner = self._inner(prompt, slot, value)
            return [Piece(piece_id=inner.prompt_id, text=inner.text)]
        try:
            ids = pieces_of(slot.kind, value)
        except errors.Unspeakable:
            raise _misfit(prompt, slot) from None
        table = value_pieces()
        return [Piece(piece_id=piece_id, text=table[piece_id]) for piece_id in ids]

    def _slot_words(self, prompt: Prompt, slot: Slot, values: Mapping[str, str]) -> str:
        value = _value(prompt, slot, values)
        if slot.kind == PROMPT_KIND:
            return self._inner(prompt, slot, value).text.rstrip(" .")
        try:
            return words_of(slot.kind, value)
        except errors.Unspeakable:
            raise _misfit(prompt, slot) from None

    def _inner(self, prompt: Prompt, slot: Slot, value: str) -> Prompt:
        inner = self.prompts.get(value)
        if inner is None or inner.placeholders:
            raise _misfit(prompt, slot)
        return inner


def _value(prompt: Prompt, slot: Slot, values: Mapping[str, str]) -> str:
    if slot.kind == SPELLED_KIND:
        raise errors.SpelledInTheOpen(prompt.prompt_id, slot.name)
    if slot.kind != PROMPT_KIND and slot.kind not in KINDS:
        raise errors.UnknownKind(prompt.prompt_id, slot.name, slot.kind)
    if slot.name not in values:
        raise errors.MissingValue(prompt.prompt_id, slot.name)
    return values[slot.name]


def _misfit(prompt: Prompt, slot: Slot) -> errors.ValueDoesNotFit:
    return errors.ValueDoesNotFit(prompt.prompt_id, slot.name, slot.kind)


def parse(tables: Mapping[str, object], *, file: str) -> Catalogue:
    """Catalogue of the tables of a text file. Raises CatalogueError with every problem.

    An unknown kind of placeholder is accepted here, so that :func:`ivr.domain.prompts.check.check`
    can list it beside the other findings.
    """
    prompts: dict[str, Prompt] = {}
    problems: list[str] = []
    for prompt_id, fields in _entries(tables, path=()):
        where = f"{file}: {prompt_id or 'top level'}"
        problems.extend(f"{where}: {key}: {what}" for key, what in _id_problems(prompt_id))
        try:
            entry = _Entry.model_validate(fields)
            text = " ".join(entry.text.split())
            segments = split(prompt_id, text)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                key = ".".join(str(part) for part in item["loc"])
                problems.append(f"{where}: {key}: {item['msg']}")
        except ValueError as error:
            problems.append(f"{where}: text: {error}")
        else:
            prompts[prompt_id] = Prompt(
                prompt_id=prompt_id, text=text, segments=segments, note=entry.note
            )
    if problems:
        raise errors.CatalogueError(tuple(problems))
    return Catalogue(file=file, prompts=prompts)


def _entries(
    table: Mapping[str, object], *, path: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Prompts of nested tables: what is no table is a field of the prompt it stands in."""
    fields = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    children = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    if fields or (path and not children):
        yield ".".join(path), fields
    for key, value in children.items():
        yield from _entries(value, path=(*path, key))


def _id_problems(prompt_id: str) -> Iterator[tuple[str, str]]:
    words = prompt_id.split(".")
    if not all(_WORD.fullmatch(word) for word in words):
        yield "id", "is dotted words of small letters, digits, dash and underscore"
    if words[0] == RESERVED:
        yield "id", f"{RESERVED}.* belongs to the built-in pieces"
