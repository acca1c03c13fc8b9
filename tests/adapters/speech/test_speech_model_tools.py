"""The tools that make the test model: its vocabulary is what its lexicon says, and can grow."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from ivr.adapters.speech.recogniser import open_vosk
from ivr.adapters.speech.telephone_wav import mulaw_of
from ivr.domain.identifier import Identifier, parse_identifier
from ivr.ports.speech import Grammar, joined
from tools.speech_model.evaluate import cpfs, evaluate, in_pairs, one_by_one
from tools.speech_model.graph import LexiconError, read_lexicon, rebuild
from tools.speech_model.lexicon import sounds_of

ROOT = Path(__file__).resolve().parents[3]
SPEECH = ROOT / "tests" / "fixtures" / "speech"
MODEL = SPEECH / "model-pt-8k-test-only"
LEXICON = read_lexicon(ROOT / "tools" / "speech_model" / "lexicon.json")


def copy_of(tmp_path: Path) -> Path:
    copy = tmp_path / "model"
    shutil.copytree(MODEL, copy)
    return copy


def test_the_models_vocabulary_is_what_its_lexicon_makes(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    shutil.rmtree(copy / "graph" / "phones")
    for name in ("HCLr.fst", "Gr.fst", "words.txt"):
        (copy / "graph" / name).unlink()
    rebuild(copy, LEXICON)
    for file in sorted((MODEL / "graph").rglob("*")):
        if file.is_file():
            assert (copy / file.relative_to(MODEL)).read_bytes() == file.read_bytes(), file.name


def test_a_word_that_the_model_lacked_is_recognised_once_it_was_added(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    assert "geladeira" not in LEXICON
    rebuild(copy, LEXICON | sounds_of(["geladeira"], among=list(LEXICON), phrases=40))
    engine = open_vosk(copy, demo=True)
    session = engine.start(grammar=Grammar(kind="words", phrases=("geladeira",)), rate=8000)
    audio = mulaw_of((SPEECH / "samples" / "oov_linda.wav").read_bytes())
    first = session.feed(audio)
    parts = [first] if first and first.final else []
    assert joined([*parts, session.finish()]).text == "geladeira"
    session.close()


def test_a_word_of_sounds_that_were_not_learned_is_refused(tmp_path: Path) -> None:
    copy = copy_of(tmp_path)
    with pytest.raises(LexiconError, match="xis"):
        rebuild(copy, {**LEXICON, "xis": [(("no", "such"), 0.0)]})


def test_invented_cpfs_are_well_formed_and_said_in_two_ways() -> None:
    numbers = cpfs(200, chance=random.Random(1))
    assert all(isinstance(parse_identifier("cpf", number), Identifier) for number in numbers)
    assert one_by_one("526") == "cinco dois meia"
    assert in_pairs("52067") == "cinquenta e dois, zero meia, sete"


@pytest.mark.parametrize("pairs", [False, True])
def test_spoken_cpfs_are_right_at_the_first_try_and_never_another_persons(pairs: bool) -> None:
    """Voices that the model never heard; the budget is 93 of 100 right, none wrong."""
    numbers = cpfs(40, chance=random.Random(11))
    tally = evaluate(open_vosk(MODEL, demo=True), numbers, pairs=pairs, seed=11)
    assert tally.wrong == 0
    assert tally.right >= 0.93 * tally.said
