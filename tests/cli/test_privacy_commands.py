"""``flask audit``, ``flask retention`` and ``flask privacy``."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import Result
from desk import ACCOUNT, TOKEN, prepare
from sqlalchemy import create_engine, text

from app import create_app

CPF = "52998224725"
ENV = {
    "SECRET_KEY": "key-of-the-tests-" + "k" * 32,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "IVR_PIN_COST": "low",
    "IVR_LOG_LEVEL": "ERROR",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    url = f"sqlite:///{tmp_path / 'cli.db'}"
    prepare(url)
    for name, value in {**ENV, "DATABASE_URL": url, "IVR_VAR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(*words: str, stdin: str = "") -> Result:
    return create_app().test_cli_runner().invoke(args=list(words), input=stdin)


def add_hold() -> str:
    done = run("retention", "hold", "add", "--cpf", "-", "--reason", "Processo 1", stdin=f"{CPF}\n")
    assert done.exit_code == 0, done.output
    assert CPF not in done.output
    return done.output.split(":")[0]


def test_hold_is_added_listed_and_removed_once(here: Path) -> None:
    hold = add_hold()
    assert "Processo 1" in run("retention", "hold", "list").output
    assert run("retention", "hold", "remove", hold).exit_code == 0
    assert run("retention", "hold", "remove", hold).exit_code == 1
    assert "nenhuma guarda" in run("retention", "hold", "list").output


@pytest.mark.parametrize(
    "words",
    [
        ("--protocol", "123"),
        ("--cpf", CPF),
        (),
        ("--protocol", "123", "--recording", "RE1"),
    ],
)
def test_hold_on_nothing_and_a_number_among_the_arguments_are_refused(
    here: Path, words: tuple[str, ...]
) -> None:
    done = run("retention", "hold", "add", *words, "--reason", "x", stdin="11111111111\n")
    assert done.exit_code != 0
    assert "Traceback" not in done.output


def test_dry_run_shows_every_class_and_erases_nothing(here: Path) -> None:
    shown = run("retention", "run", "--dry-run").output
    assert len(shown.strip().splitlines()) == 12
    assert "Gravações" in shown and "em guarda" in shown
    assert "nada vencido" in run("retention", "run").output


def test_audit_is_verified_against_a_kept_head_and_names_the_broken_row(here: Path) -> None:
    for _ in range(3):
        add_hold()
    (here / "heads.txt").write_text(run("audit", "head").output)
    fine = run("audit", "verify", "--head", str(here / "heads.txt"))
    assert fine.exit_code == 0 and "3 linhas em ordem" in fine.output
    assert run("audit", "verify", "--head", "x").exit_code == 1
    engine = create_engine(f"sqlite:///{here / 'cli.db'}")
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text("DELETE FROM audit WHERE position = 3"))
    assert run("audit", "verify").exit_code == 0
    broken = run("audit", "verify", "--head", str(here / "heads.txt"))
    assert broken.exit_code == 1 and "linha 3" in broken.output
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE position = 2"))
    assert "linha 2: foi alterada" in run("audit", "verify").output
    engine.dispose()


def test_export_reads_the_number_from_standard_input_only(here: Path) -> None:
    done = run("privacy", "export", "--cpf", "-", stdin="529.982.247-25\n")
    assert done.exit_code == 0 and json.loads(done.output)["chamados"] == []
    assert run("privacy", "export", "--cpf", CPF).exit_code != 0
    assert run("privacy", "export", "--cpf", "-", stdin="1\n").exit_code == 1
    file = here / "out.json"
    assert run("privacy", "export", "--cpf", "-", "--out", str(file), stdin=CPF).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run("privacy", "export", "--cpf", "-", "--out", str(file), stdin=CPF)
    assert again.exit_code == 1 and "out.json" in again.output


def test_request_goes_its_way_from_the_command_line(here: Path) -> None:
    def ask(kind: str) -> str:
        done = run("privacy", "request", "--cpf", "-", "--kind", kind, stdin=CPF)
        return done.output.split(":")[0]

    first, second, third = ask("acesso"), ask("correcao"), ask("eliminacao")
    listed = run("privacy", "requests").output
    assert all(one in listed for one in (first, second, third))
    assert "atendido" in run("privacy", "done", first, "--text", "entregue").output
    assert "recusado" in run("privacy", "refuse", second, "--reason", "not_ours").output
    assert "eliminado" in run("privacy", "erase", third).output
    assert run("privacy", "erase", third).exit_code == 1
    assert run("privacy", "erase", "LGPD-0").exit_code == 1
    assert "nenhum pedido" in run("privacy", "requests").output
