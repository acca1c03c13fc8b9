from __future__ import annotations

import pytest

from ivr.domain.prompts.catalogue import parse
from ivr.domain.prompts.check import Problem, check
from ivr.domain.prompts.manifest import Manifest, ManifestError, PieceAudio, parse_manifest
from ivr.domain.prompts.plain_words import PlainWords

SHORT = "Olá. Informe o seu CPF."


def audio(text: str, *, seconds: float = 2.0) -> PieceAudio:
    return PieceAudio(text=text, sha256="0" * 64, key="k", seconds=seconds, source="tts")


def findings(
    text: str,
    *,
    given: frozenset[str] = frozenset(),
    manifest: Manifest | None = None,
    rules: PlainWords | None = None,
) -> list[tuple[str, str]]:
    catalogue = parse({"hello": {"text": text}}, file="f")
    found = check(catalogue, {"hello": given}, manifest, rules=rules)
    return [(problem.rule, problem.detail) for problem in found]


def test_sound_prompt_has_no_finding() -> None:
    assert findings(SHORT, manifest={"hello": audio(SHORT)}) == []


def test_prompt_that_a_flow_uses_must_exist() -> None:
    catalogue = parse({"hello": {"text": SHORT}}, file="f")
    assert check(catalogue, {"hello": set(), "bye": set()}) == [
        Problem(rule="missing-prompt", prompt="bye", detail="is used but has no text")
    ]


def test_prompt_that_nothing_uses_is_found() -> None:
    catalogue = parse({"hello": {"text": SHORT}}, file="f")
    assert [problem.rule for problem in check(catalogue, {})] == ["unused-prompt"]


def test_placeholder_without_value_is_found() -> None:
    assert findings("São {at:time}.") == [("value-missing", "at is not given")]


def test_value_without_placeholder_is_found() -> None:
    assert findings(SHORT, given=frozenset({"at"})) == [("value-unused", "at is not spoken")]


def test_unknown_kind_is_found() -> None:
    assert findings("São {at:clock}.", given=frozenset({"at"})) == [
        ("unknown-kind", "at has the kind clock")
    ]


@pytest.mark.parametrize("word", ["URA", "SLA", "login", "Token"])
def test_acronym_or_jargon_is_found(word: str) -> None:
    assert findings(f"Aguarde o {word} agora.") == [("jargon", word)]


def test_list_of_allowed_acronyms_and_jargon_can_be_changed() -> None:
    rules = PlainWords(acronyms=frozenset({"SLA"}), jargon=frozenset({"aguarde"}))
    assert findings("Aguarde o SLA, login.", rules=rules) == [("jargon", "Aguarde")]


def test_sentence_too_long_to_keep_in_mind_is_found() -> None:
    sentence = " ".join(["palavra"] * 26)
    assert findings(f"{sentence}. Olá.") == [
        ("long-sentence", "a sentence of 26 words, at most 25")
    ]
    assert findings(f"{' '.join(['palavra'] * 25)}. {' '.join(['palavra'] * 25)}.") == []


def test_piece_without_audio_is_found() -> None:
    assert findings(SHORT, manifest={}) == [("audio-missing", "no hello")]


def test_audio_of_an_earlier_text_is_found() -> None:
    assert findings(SHORT, manifest={"hello": audio("Oi.")}) == [
        ("audio-old", "hello says an earlier text")
    ]


def test_prompt_that_takes_over_twenty_seconds_is_found() -> None:
    manifest = {"hello": audio(SHORT, seconds=20.1)}
    assert findings(SHORT, manifest=manifest) == [("too-long", "20.1 seconds, at most 20")]


def test_values_count_as_part_of_the_length() -> None:
    manifest = {"hello~0": audio("São", seconds=1.0), "v.hour.22": audio("x", seconds=19.5)}
    found = findings("São {at:time}.", given=frozenset({"at"}), manifest=manifest)
    assert found == [("too-long", "20.5 seconds, at most 20")]


@pytest.mark.parametrize("text", ["", "[]", '{"a": {"text": "x"}}', "{"])
def test_manifest_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        parse_manifest(text)
