"""``flask pins import`` as an operator meets it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from click.testing import Result
from desk import Desk, make_desk, people

HUGO = people()["hugo"]["cpf"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = make_desk(tmp_path)
    pins_command = importlib.import_module("ivr.cli.pins")
    monkeypatch.setattr(pins_command, "read_settings", lambda: made.settings)
    monkeypatch.setattr(pins_command, "start", lambda app, settings: made.rt)
    return made


def run(desk: Desk, *words: str) -> Result:
    return desk.app.test_cli_runner().invoke(args=["pins", "import", *words])


def test_import_writes_letters_that_only_the_operator_can_read(desk: Desk, tmp_path: Path) -> None:
    file, letters = tmp_path / "list.csv", tmp_path / "letters.txt"
    file.write_text(f"cpf\n{HUGO}\n", "utf-8")
    dry = run(desk, str(file), "--dry-run")
    assert (dry.exit_code, dry.output) == (
        0,
        "1 receberiam a primeira senha; 0 já tinham e ficam com a sua\n",
    )
    done = run(desk, str(file), "--letters", str(letters))
    assert done.exit_code == 0, done.output
    assert letters.stat().st_mode & 0o777 == 0o600
    assert "primeira senha do telefone" in letters.read_text("utf-8")
    assert HUGO not in letters.read_text("utf-8")
    again = run(desk, str(file), "--letters", str(letters))
    assert "já existe" in again.output
    assert again.exit_code == 1


def test_bad_row_leaves_no_letters_and_an_exit_code(desk: Desk, tmp_path: Path) -> None:
    file, letters = tmp_path / "list.csv", tmp_path / "letters.txt"
    file.write_text(f"cpf\n{HUGO}\n111\n", "utf-8")
    done = run(desk, str(file), "--letters", str(letters))
    assert done.exit_code == 1
    assert "list.csv: linha 3, campo cpf: número inválido" in done.output
    assert "nada foi importado" in done.output
    assert not letters.exists()


def test_import_without_a_place_for_the_letters_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"cpf\n{HUGO}\n", "utf-8")
    assert run(desk, str(file)).exit_code == 1


def test_letters_that_cannot_be_written_are_told_in_one_line(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"cpf\n{HUGO}\n", "utf-8")
    done = run(desk, str(file), "--letters", str(tmp_path / "nowhere" / "letters.txt"))
    assert done.exit_code == 1
    assert "No such file" in done.output
    with desk.rt.store.begin(write=False) as tx:
        assert tx.proofs.pin_hash(desk.rt.keyed_hash("cpf", HUGO)) is None
