"""``flask speech``: what an operator reads, and the exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from ivr.adapters.speech.vocabulary import Need, standing_needs

MODEL = Path(__file__).resolve().parents[1] / "fixtures" / "speech" / "model-pt-8k-test-only"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_DIRECTORY", "demo")
    monkeypatch.delenv("IVR_SPEECH", raising=False)


def run(*arguments: str) -> Result:
    return create_app().test_cli_runner().invoke(args=["speech", *arguments])


def test_nothing_of_ours_is_checked_while_the_carrier_recognises() -> None:
    done = run("check")
    assert (done.exit_code, "a operadora" in done.output) == (0, True)


def test_the_check_tells_model_rate_vocabulary_and_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SPEECH", "vosk")
    monkeypatch.setenv("IVR_SPEECH_MODEL", str(MODEL))
    done = run("check")
    for told in ("modelo model-pt-8k-test-only", "taxa 8000 Hz, 210 palavras", "licença: trabalho"):
        assert told in done.output


def test_unknown_words_are_named_with_who_needs_them_and_fail_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs = (
        *standing_needs(),
        Need(phrase="geladeira", where="main.menu words.4"),
        Need(phrase="consertar geladeira", where="main.menu words.4"),
    )
    monkeypatch.setattr(sys.modules["ivr.cli.speech"], "needs_of", lambda book: needs)
    done = run("check", "--model", str(MODEL))
    assert done.exit_code == 1
    assert "main.menu words.4: “consertar geladeira” (consertar, geladeira)" in done.output
    assert "erro: main.menu words.4: nada disso pode ser dito" in done.output
    assert done.output.count("erro: ") == 1


def test_a_model_that_knows_every_choice_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With flows whose words the test model has; some synonyms may lack."""
    needs = (
        *standing_needs(),
        Need(phrase="senha", where="menu"),
        Need(phrase="geladeira", where="menu"),
    )
    monkeypatch.setattr(sys.modules["ivr.cli.speech"], "needs_of", lambda book: needs)
    done = run("check", "--model", str(MODEL))
    assert done.exit_code == 0, done.output
    assert "menu: “geladeira” (geladeira)" in done.output and "sem erros" in done.output


def test_the_test_model_fails_the_check_where_people_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IVR_DIRECTORY", "file")
    done = run("check", "--model", str(MODEL))
    assert done.exit_code == 1 and "modelo de teste" in done.output


def test_no_model_is_told_with_the_command_that_brings_one(tmp_path: Path) -> None:
    done = run("check", "--model", str(tmp_path / "none"))
    assert done.exit_code == 1 and "flask speech fetch" in done.output


def test_a_fetch_without_network_says_so(tmp_path: Path) -> None:
    done = run("fetch", "--source", "http://127.0.0.1:9", "--to", str(tmp_path / "model"))
    assert done.exit_code == 1 and "sem rede" in done.output
    assert "Traceback" not in done.output
