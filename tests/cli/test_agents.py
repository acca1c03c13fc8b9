"""``flask agents`` as an operator meets it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from click.testing import Result
from desk import Desk, make_desk
from web.staff_browser import ANA, StaffBrowser, audit_of, staff_inside, staff_row, with_staff

SECRET = "capivara lilás toca violoncelo"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = with_staff(make_desk(tmp_path, changes={"IVR_PROMPT_MODE": "say"}))
    command = importlib.import_module("ivr.cli.agents")
    monkeypatch.setattr(command, "read_settings", lambda **_: made.settings)
    monkeypatch.setattr(command, "start", lambda app, settings: made.rt)
    return made


def run(desk: Desk, *words: str, typed: str = "") -> Result:
    return desk.app.test_cli_runner().invoke(args=["agents", *words], input=typed)


def test_account_is_made_with_a_password_from_standard_input_and_opens(desk: Desk) -> None:
    words = ("add", "Nova.Pessoa", "--name", "Nova Pessoa", "--role", "agent", "--role", "auditor")
    done = run(desk, *words, "--line", "(67) 3318-3650", typed=f"{SECRET}\n")
    assert (done.exit_code, done.output) == (0, "nova.pessoa: conta criada\n")
    row = staff_row(desk, "nova.pessoa")
    assert row.roles == ("agent", "auditor")
    assert row.line == "+556733183650"
    assert row.password_hash.startswith("$argon2id$")
    assert StaffBrowser(desk).log_in("nova.pessoa", password=SECRET).status_code == 303
    assert audit_of(desk, "nova.pessoa")[-1].actor == "cli"


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("add", ANA, "--name", "Outra"), SECRET, "já há conta"),
        (("add", "tem espaço", "--name", "Outra"), SECRET, "usuário:"),
        (("add", "nova", "--name", "Nova"), "curta", "12 caracteres"),
        (("add", "nova", "--name", "Nova"), "", "12 caracteres"),
        (("add", "nova", "--name", "Nova", "--role", "deus"), SECRET, "papéis:"),
        (("add", "nova", "--name", "Nova", "--queue", "Fila X"), SECRET, "filas:"),
        (("add", "nova", "--name", "Nova", "--line", "190"), SECRET, "DDD"),
        (("password", "ninguem"), SECRET, "não há conta"),
        (("roles", ANA, "deus"), "", "papéis:"),
        (("disable", "ninguem"), "", "não há conta"),
        (("identity", ANA), "sub-1", "IVR_OIDC_ISSUER"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    desk: Desk, words: tuple[str, ...], typed: str, told: str
) -> None:
    done = run(desk, *words, typed=f"{typed}\n")
    assert done.exit_code == 1
    assert told in done.output
    assert "Traceback" not in done.output
    assert SECRET not in done.output


def test_password_is_no_argument(desk: Desk) -> None:
    assert run(desk, "password", ANA, SECRET).exit_code == 2


def test_each_change_ends_the_log_ins_and_leaves_an_audit_line(desk: Desk) -> None:
    changes = {
        "staff.password_set": (("password", ANA), f"{SECRET}\n"),
        "staff.roles": (("roles", ANA, "agent", "supervisor"), ""),
        "staff.skills": (("queues", ANA, "segundo_nivel"), ""),
        "staff.totp_reset": (("totp-reset", ANA), ""),
        "staff.disabled": (("disable", ANA), ""),
        "staff.enabled": (("enable", ANA), ""),
    }
    password = ""
    for action, (words, typed) in changes.items():
        browser = StaffBrowser(desk)
        browser.log_in(password=password)
        done = run(desk, *words, typed=typed)
        assert (done.exit_code, done.output) == (0, f"{ANA}: feito\n")
        assert not browser.inside
        assert audit_of(desk)[0].action == action
        password = SECRET
    row = staff_row(desk)
    assert (row.roles, row.skills) == (("agent", "supervisor"), ("segundo_nivel",))
    assert SECRET not in str(audit_of(desk))


def test_list_tells_accounts_without_secrets(desk: Desk) -> None:
    staff_inside(desk)
    run(desk, "disable", ANA)
    done = run(desk, "list")
    assert "ana.agente" in done.output
    assert "(desativada)" in done.output
    assert "argon2" not in done.output
    assert "+5567" not in done.output


def test_import_makes_accounts_and_writes_first_passwords_for_the_operator_only(
    desk: Desk, tmp_path: Path
) -> None:
    file, passwords = tmp_path / "equipe.csv", tmp_path / "senhas.txt"
    file.write_text(
        "login;nome;papeis;filas;audio;linha\n"
        "um.a;Um A;agent;atendimento segundo_nivel;ramal;(67) 3318-3651\n"
        "dois.b;Dois B;agent supervisor;;navegador;\n",
        "utf-8-sig",
    )
    dry = run(desk, "import", str(file), "--dry-run")
    assert (dry.exit_code, dry.output) == (0, "2 contas seriam criadas\n")
    done = run(desk, "import", str(file), "--passwords", str(passwords))
    assert (done.exit_code, done.output) == (0, "2 contas criadas\n")
    assert passwords.stat().st_mode & 0o777 == 0o600
    first = dict(line.split(";") for line in passwords.read_text("utf-8").splitlines())
    assert StaffBrowser(desk).log_in("um.a", password=first["um.a"]).status_code == 303
    assert staff_row(desk, "um.a").skills == ("atendimento", "segundo_nivel")
    assert run(desk, "import", str(file), "--passwords", str(passwords)).exit_code == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("login,nome\nbom,Bom\nana.agente,Outra Ana\n", "linha 3: já há conta"),
        ("login,nome\nbom,Bom\nbom,Outro\n", "linha 3: já há conta"),
        ("login,nome,papeis\nbom,Bom,agent\nmau,Mau,deus\n", "linha 3: papéis"),
        ("login,nome,linha\nmau,Mau,190\n", "linha 2: telefone"),
        ("login,nome,audio\nmau,Mau,fax\n", "linha 2: áudio"),
        ("login,nome,identidade\nmau,Mau,x\n", "linha 2: identidade"),
        ("login,senha\nmau,x\n", "colunas"),
        ("\xff", "colunas"),
    ],
)
def test_bad_line_imports_nobody(desk: Desk, tmp_path: Path, text: str, told: str) -> None:
    file, passwords = tmp_path / "equipe.csv", tmp_path / "senhas.txt"
    file.write_text(text, "utf-8")
    before = desk.rows("staff")
    done = run(desk, "import", str(file), "--passwords", str(passwords))
    assert done.exit_code == 1
    assert told in done.output
    assert desk.rows("staff") == before
    assert not passwords.exists()
