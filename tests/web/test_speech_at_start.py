"""The recogniser's model is examined before the first call; without it no call's audio leaves."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivr.cli.flows import shipped_book
from ivr.settings import NOT_NEEDED, Settings
from ivr.web.logs import configure_logs
from ivr.web.startup import StartupError, check_speech

MODEL = Path(__file__).resolve().parents[1] / "fixtures" / "speech" / "model-pt-8k-test-only"


def runtime(book: Any) -> Any:
    return SimpleNamespace(flows=SimpleNamespace(current=book))


def settings(**changes: Any) -> Settings:
    return Settings.model_validate({**NOT_NEEDED, "ivr_speech_model": MODEL, **changes})


@pytest.mark.parametrize("engine", ["carrier", "none"])
def test_other_engines_need_no_model(engine: str) -> None:
    check_speech(runtime(None), settings(ivr_speech=engine, ivr_speech_model=Path("/nowhere")))


def test_the_test_model_refuses_to_serve_people() -> None:
    with pytest.raises(StartupError, match="modelo de teste"):
        check_speech(runtime(None), settings(ivr_speech="vosk", ivr_directory="file"))


def test_no_model_at_all_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="flask speech fetch"):
        check_speech(runtime(None), settings(ivr_speech="vosk", ivr_speech_model=tmp_path / "none"))


def test_unknown_words_are_named_with_the_menu_that_needs_them() -> None:
    book, _ = shipped_book()
    menu = book.flows["main"].nodes["menu"]
    odd = menu.model_copy(update={"words": {"1": ("consertar geladeira",)}})
    flow = SimpleNamespace(id="main", nodes={"menu": odd})
    changed = SimpleNamespace(flows={"main": flow}, services=())
    configure_logs("INFO")
    with capture_logs() as told:
        check_speech(runtime(changed), settings(ivr_speech="vosk"))
    assert [(line["where"], line["words"]) for line in told] == [
        ("main.menu words.1", ["consertar", "geladeira"])
    ]
