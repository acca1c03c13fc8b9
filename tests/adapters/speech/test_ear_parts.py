"""The parts of the ear test: the line, the words, the reading, the seconds, the budget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.speech.ear.budget import BudgetError, read_budget
from ivr.adapters.speech.ear.line import FRAME, Line, over
from ivr.adapters.speech.ear.reading import band, ease, syllables
from ivr.adapters.speech.ear.seconds import Stretch, stretches, until
from ivr.adapters.speech.ear.words import LIGHT, compare, counted
from ivr.adapters.speech.pace import spoken_words
from ivr.adapters.speech.sound import active_rms, encode_mulaw, mulaw_levels
from ivr.domain.prompts.catalogue import parse
from ivr.domain.prompts.manifest import PieceAudio
from ivr.settings import ROOT


def tone(hertz: float, seconds: float = 1.0, size: float = 0.3) -> bytes:
    return encode_mulaw(size * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 8000)) / 8000))


def level(mulaw: bytes) -> float:
    samples = mulaw_levels()[np.frombuffer(mulaw, dtype=np.uint8)][400:-400]
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9))


# The line


def test_line_carries_the_telephone_band_and_little_else() -> None:
    quiet = Line(name="clean")
    loss = {
        hertz: level(tone(hertz)) - level(over(quiet, tone(hertz), seed="a"))
        for hertz in (100, 500, 1000, 3000, 3900)
    }
    assert loss[500] < 1 and loss[1000] < 1 and loss[3000] < 1
    assert loss[100] > 15 and loss[3900] > 15


@pytest.mark.parametrize("wanted", [20.0, 10.0])
def test_noise_lies_as_far_below_the_speech_as_the_line_says(wanted: float) -> None:
    speech = tone(1000) + encode_mulaw(np.zeros(8000))
    heard = over(Line(name="noisy", noise_db=wanted), speech, seed="a")
    noise = mulaw_levels()[np.frombuffer(heard[-6000:], dtype=np.uint8)]
    voice = active_rms(mulaw_levels()[np.frombuffer(tone(1000), dtype=np.uint8)])
    assert 20 * np.log10(voice / np.sqrt(np.mean(noise**2))) == pytest.approx(wanted, abs=1.5)


def test_lost_frames_are_silence_in_the_share_that_the_line_says() -> None:
    heard = over(Line(name="lossy", loss=0.1), tone(1000, 60), seed="a")
    frames = [heard[at : at + FRAME] for at in range(0, len(heard), FRAME)]
    assert 0.06 < sum(frame == b"\xff" * FRAME for frame in frames) / len(frames) < 0.14


def test_same_seed_gives_the_same_line_and_another_seed_another() -> None:
    line = Line(name="noisy", noise_db=20, loss=0.05)
    assert over(line, tone(500), seed="a") == over(line, tone(500), seed="a")
    assert over(line, tone(500), seed="a") != over(line, tone(500), seed="b")


@given(st.binary(max_size=1000), st.sampled_from((None, 0.0, 40.0)), st.booleans())
def test_any_sound_keeps_its_length_on_any_line(
    mulaw: bytes, noise: float | None, room: bool
) -> None:
    line = Line(name="x", noise_db=noise, room=room, loss=0.2)
    assert len(over(line, mulaw, seed="a")) == len(mulaw)


# The words


def test_figures_are_heard_as_words() -> None:
    assert spoken_words("Tecle 1. Os 12 números do e-mail.") == (
        *("tecle", "um", "os", "doze", "números", "do", "e-mail"),
    )


def test_only_known_words_with_weight_are_counted() -> None:
    known = {"senha", "um", "a", "e", "mail"}

    def form(word: str) -> str | None:
        parts = word.replace("-", " ").split()
        return " ".join(parts) if set(parts) <= known else None

    assert counted("A senha um: 1, e-mail novo", form) == (
        *(None, "senha", None, "um", "e", "mail", None),
    )


@pytest.mark.parametrize(
    ("said", "heard", "wrong", "misheard"),
    [
        (("senha", "dois"), ("senha", "dois"), 0, ()),
        (("senha", "dois"), ("senha",), 1, ()),
        (("senha", "dois"), ("senha", "doze"), 1, (("dois", "doze"),)),
        (("senha", "dois"), ("senha", "nova", "dois"), 1, ()),
        ((None, "dois"), ("qualquer", "coisa", "dois"), 0, ()),
        ((None, "dois", None), (), 1, ()),
        (("senha",), ("a", "senha", "de"), 0, ()),
        ((), ("senha",), 1, ()),
        ((), (), 0, ()),
    ],
)
def test_errors_are_counted_over_the_words_that_count(
    said: tuple[str | None, ...],
    heard: tuple[str, ...],
    wrong: int,
    misheard: tuple[tuple[str, str], ...],
) -> None:
    score = compare(said, heard)
    assert (score.wrong, score.misheard) == (wrong, misheard)
    assert score.said == sum(word is not None for word in said)


_WORDS = st.lists(st.sampled_from(("senha", "dois", "doze", "não")), max_size=6)


@given(_WORDS, _WORDS)
def test_errors_are_never_more_than_all_words_nor_fewer_than_the_difference(
    said: list[str], heard: list[str]
) -> None:
    wrong = compare(said, heard).wrong
    assert abs(len(said) - len(heard)) <= wrong <= max(len(said), len(heard))
    assert wrong == compare(heard, said).wrong
    assert (wrong == 0) == (said == heard)


def test_no_option_of_a_menu_is_a_word_without_weight() -> None:
    assert not LIGHT & {"senha", "não", "sim", "dois", "zero", "pessoa", "atendente"}


# The reading


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("senha", 2), ("desbloqueio", 4), ("protocolo", 4), ("não", 1), ("é", 1), ("e-mail", 2)),
        *(("cpf", 3), ("atendimento", 5), ("reclamação", 4), ("oito", 2), ("matrícula", 4)),
    ],
)
def test_syllables_are_those_of_brazilian_portuguese(word: str, count: int) -> None:
    assert syllables(word) == count


def test_long_words_in_long_sentences_are_harder() -> None:
    easy = ease(["Fale com a gente. Tecle zero."])
    hard = ease(
        [
            "A disponibilização de informações institucionais complementares encontra-se "
            "temporariamente impossibilitada por indisponibilidade operacional."
        ]
    )
    assert easy > 75 > 0 > hard
    assert (band(easy), band(hard)) == ("muito fácil", "muito difícil")
    with pytest.raises(ValueError):
        ease(["…"])


# The seconds

TABLES = {
    "m": {"text": "Para senha, tecle 1. Outro, 2. Sempre: uma pessoa, zero; de novo, 9."},
    "c": {"text": "Entendi {n:cpf}. Se está certo, tecle 1. Para 12 coisas, tecle 2."},
    "s": {"text": "Sobre {name:prompt}: tecle 1, se quer trocar. 2, se não."},
    "e": {"text": "e-mail"},
}
CATALOGUE = parse(TABLES, file="t.toml")
AUDIO = {
    piece: PieceAudio(text=text, sha256="0" * 64, key="", seconds=len(text) or 1, source="tts")
    for piece, text in CATALOGUE.pieces().items()
}


def parts(*prompts: str) -> list[Stretch]:
    return list(stretches(prompts, CATALOGUE, AUDIO, named=("e",)))


def letters(text: str) -> float:
    return float(len(text))


def test_option_is_told_when_its_clause_ends() -> None:
    menu = parts("m")
    assert until("1", menu, letters) == len("Para senha, tecle 1.")
    assert until("2", menu, letters) == len("Para senha, tecle 1. Outro, 2.")
    assert until("0", menu, letters) == len(
        "Para senha, tecle 1. Outro, 2. Sempre: uma pessoa, zero;"
    )
    assert until("4", menu, letters) is None
    assert until("1", parts("s"), letters) == len("Sobre" + "e-mail" + "tecle 1, se quer trocar.")
    assert until("1", [*parts("e"), *menu], letters) == len("e-mail") + len("Para senha, tecle 1.")


def test_what_the_caller_gave_is_read_back_before_the_seconds_begin() -> None:
    assert until("1", parts("c"), letters) == len("Se está certo, tecle 1.")
    assert until("2", parts("c"), letters) == len(
        "Se está certo, tecle 1. Para 12 coisas, tecle 2."
    )


def test_recorded_piece_is_cut_in_proportion_to_the_synthetic_voice() -> None:
    slow = [Stretch(text=part.text, seconds=part.seconds * 2) for part in parts("m")]
    assert until("1", slow, letters) == 2 * len("Para senha, tecle 1.")


# The budget


def test_shipped_budget_holds_the_limits_of_the_service() -> None:
    budget = read_budget(ROOT / "prompts" / "budget.toml")
    seconds = budget.seconds
    assert (seconds.first_option, seconds.person, seconds.prompt) == (6.0, 12.0, 20.0)
    assert budget.lines[0].noise_db is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("first_option = 6.0", "first_option = -1"), "seconds.first_option"),
        (("person = 12.0", "persona = 12.0"), "seconds.person"),
        (("loss = 0.005", "loss = 2"), "lines.1.loss"),
        (("[reading]", "[reading"), "budget.toml"),
    ],
)
def test_budget_that_is_wrong_names_the_place(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    text = (ROOT / "prompts" / "budget.toml").read_text("utf-8")
    file = tmp_path / "budget.toml"
    file.write_text(text.replace(*change), "utf-8")
    assert change[0] in text
    with pytest.raises(BudgetError, match=told):
        read_budget(file)
    with pytest.raises(BudgetError, match="none.toml"):
        read_budget(tmp_path / "none.toml")
