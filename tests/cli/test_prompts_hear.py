"""``flask prompts hear`` and the engines of ``flask prompts build``: what is read, and the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from ivr.settings import ROOT

BUDGET = ROOT / "prompts" / "budget.toml"


def run(*arguments: str) -> Result:
    return create_app().test_cli_runner().invoke(args=["prompts", *arguments])


def test_seconds_and_reading_of_the_shipped_prompts_are_within_the_budget() -> None:
    done = run("hear", "--no-listening")
    assert done.exit_code == 0, done.output
    for told in ("main.menu", "do começo da ligação", "leitura de todas as falas", "dentro dos"):
        assert told in done.output


def test_broken_budget_fails_and_names_what_and_where(tmp_path: Path) -> None:
    file = tmp_path / "budget.toml"
    text = BUDGET.read_text("utf-8")
    file.write_text(text.replace("first_option = 6.0", "first_option = 0.5"), "utf-8")
    done = run("hear", "--no-listening", "--json", "--budget", str(file))
    assert done.exit_code == 1
    told = json.loads(done.output[: done.output.rindex("}") + 1])
    assert "main.menu" in {each["where"] for each in told["broken"]}
    assert "limite(s) ultrapassado(s)" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--out", "{tmp}"), "rode: flask prompts build"),
        (("--model", "{tmp}"), "--no-listening"),
        (("--budget", "{tmp}/none.toml"), "none.toml"),
    ],
)
def test_what_is_missing_is_told_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = run("hear", *(each.format(tmp=tmp_path) for each in arguments))
    assert done.exit_code == 1
    assert told in done.output and "Traceback" not in done.output


def test_engine_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_VOICE_ENGINE", "command")
    monkeypatch.setenv("IVR_VOICE_COMMAND", "no-such-engine {file}")
    done = run("build", "--out", str(tmp_path))
    assert done.exit_code == 1
    assert "no-such-engine is not installed" in done.output
    assert list(tmp_path.glob("*.wav")) == []
