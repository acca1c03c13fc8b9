"""``flask agents``: accounts of those who work at the desk. No secret is ever an argument."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import click
from flask import current_app
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.cli.pins import write_secret
from ivr.domain.agent_line import LineError
from ivr.ports.staff import ROLES
from ivr.service import staff_accounts, staff_import
from ivr.service.staff_accounts import AccountError
from ivr.service.staff_oidc import subject_hash
from ivr.service.staff_sessions import StaffRuntime
from ivr.settings import NO_CARRIER, Settings, read_settings
from ivr.web.factory import start
from ivr.web.startup import StartupError, check_database

P = ParamSpec("P")
R = TypeVar("R")

agents = AppGroup("agents", help="Contas da equipe: atendentes, supervisão, administração.")

ACTOR = "cli"
WORDS = {
    "unknown": "não há conta com este usuário",
    "taken": "já há conta com este usuário",
    "login": "usuário: letras minúsculas, algarismos, ponto, hífen; até 64",
    "name": "nome: de 1 a 120 caracteres",
    "roles": f"papéis: {', '.join(ROLES)}",
    "skills": "filas: palavras de letras minúsculas, algarismos e _",
    "audio": "áudio: navegador, ramal ou sip",
    "password": f"a senha precisa de {staff_accounts.LEAST_PASSWORD} caracteres ou mais",
    "busy": "a conta foi mudada por outros ao mesmo tempo; tente de novo",
    "identity": "identidade só com IVR_OIDC_ISSUER",
    "number": "telefone do Brasil com DDD, por exemplo +556733183611",
    "line": "telefone do Brasil com DDD, ou endereço SIP",
    "sip": "endereço SIP, por exemplo sip:ramal@servidor.exemplo.gov.br",
}


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what an account cannot be into a message."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (AccountError, LineError) as error:
            raise click.ClickException(WORDS[error.reason]) from None

    return tells_errors(wrapped)


@agents.command("add")
@click.argument("login")
@click.option("--name", required=True, help="Nome como os outros o veem.")
@click.option("--role", "roles", multiple=True, default=("agent",), help="Papel; pode repetir.")
@click.option("--queue", "queues", multiple=True, default=("atendimento",), help="Fila; repetível.")
@click.option("--audio", default="ramal", help="navegador, ramal ou sip.")
@click.option("--line", default="", help="Telefone ou endereço SIP.")
@click.option("--no-password", is_flag=True, help="Só entra pelo emissor OpenID Connect.")
@told
def add(
    login: str,
    name: str,
    roles: tuple[str, ...],
    queues: tuple[str, ...],
    audio: str,
    line: str,
    no_password: bool,
) -> None:
    """Cria uma conta; a senha é pedida, ou lida da entrada padrão."""
    rt, _ = _runtime()
    secret = "" if no_password else _secret("Senha")
    if not secret and not no_password:
        raise AccountError("password")
    row = staff_accounts.drawn_up(
        rt,
        at=_now(rt),
        login=login,
        name=name,
        password=secret,
        roles=roles,
        skills=queues,
        audio=audio,
        line=line,
    )
    staff_accounts.add(rt, [row], actor=ACTOR)
    click.echo(f"{row.login}: conta criada")


@agents.command("list")
@told
def list_all() -> None:
    """Lista as contas."""
    rt, _ = _runtime()
    with rt.store.begin(write=False) as tx:
        rows = tx.staff.everyone()
    for row in rows:
        ways = [w for w, has in (("senha", row.password_hash), ("oidc", row.subject)) if has]
        if row.totp:
            ways.append("segundo fator")
        state = "" if row.active else " (desativada)"
        columns = (row.login, ",".join(row.roles), ",".join(row.skills) or "-", ",".join(ways))
        click.echo("{:<24} {:<20} {:<28} {}".format(*columns) + state)


@agents.command("password")
@click.argument("login")
@told
def password(login: str) -> None:
    """Dá outra senha, pedida ou lida da entrada padrão, e encerra as entradas."""
    rt, _ = _runtime()
    hashed = staff_accounts.hashed_password(rt, _secret("Senha nova"))
    _change(rt, login, "staff.password_set", password_hash=hashed)


@agents.command("roles")
@click.argument("login")
@click.argument("roles", nargs=-1, required=True)
@told
def roles(login: str, roles: tuple[str, ...]) -> None:
    """Troca os papéis por estes."""
    rt, _ = _runtime()
    _change(rt, login, "staff.roles", roles=staff_accounts.roles_of(roles))


@agents.command("queues")
@click.argument("login")
@click.argument("queues", nargs=-1)
@told
def queues(login: str, queues: tuple[str, ...]) -> None:
    """Troca as filas por estas."""
    rt, _ = _runtime()
    _change(rt, login, "staff.skills", skills=staff_accounts.skills_of(queues))


@agents.command("disable")
@click.argument("login")
@told
def disable(login: str) -> None:
    """Desativa a conta e encerra as entradas."""
    rt, _ = _runtime()
    _change(rt, login, "staff.disabled", active=False)


@agents.command("enable")
@click.argument("login")
@told
def enable(login: str) -> None:
    """Ativa a conta de novo."""
    rt, _ = _runtime()
    _change(rt, login, "staff.enabled", active=True)


@agents.command("totp-reset")
@click.argument("login")
@told
def totp_reset(login: str) -> None:
    """Apaga o segundo fator: a pessoa cadastra outro ao entrar."""
    rt, _ = _runtime()
    _change(rt, login, "staff.totp_reset", totp="")


@agents.command("identity")
@click.argument("login")
@told
def identity(login: str) -> None:
    """Liga a conta a uma identidade do emissor (o sub; no gov.br, o CPF), pedida ou lida da
    entrada padrão. Vazia: desliga."""
    rt, settings = _runtime()
    if not settings.ivr_oidc_issuer:
        raise AccountError("identity")
    text = _secret("Identidade (sub)", twice=False)
    issuer = settings.ivr_oidc_issuer
    subject = subject_hash(rt, issuer=issuer, subject=text) if text else ""
    with rt.store.begin(write=False) as tx:
        held = tx.staff.by_subject(subject)
    if held is not None and held.login != login.strip().lower():
        raise click.ClickException(f"a identidade já é de {held.login}")
    _change(rt, login, "staff.identity", subject=subject)


@agents.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Só confere; não muda nada.")
@click.option(
    "--passwords",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Arquivo novo que recebe as primeiras senhas. Entregue-as e apague-o.",
)
@told
def import_all(file: Path, dry_run: bool, passwords: Path | None) -> None:
    """Cria contas de um CSV: login, nome, papeis, filas, audio, linha, identidade.

    Sem --passwords as contas não têm senha. Uma linha ruim: nada é importado.
    """
    if passwords is not None and passwords.exists():
        raise click.ClickException(f"{passwords}: o arquivo já existe")
    rt, settings = _runtime()
    done = staff_import.read(
        rt, file.read_bytes(), issuer=settings.ivr_oidc_issuer, local=passwords is not None
    )
    for fault in done.faults:
        place, _, word = fault.partition(": ")
        click.echo(f"{file.name}: {place}: {WORDS.get(word, word)}", err=True)
    if done.faults:
        raise click.ClickException(f"{len(done.faults)} defeito(s); nada foi importado")
    if not dry_run:
        _keep(rt, done, passwords)
    word = "seriam criadas" if dry_run else "criadas"
    click.echo(f"{len(done.rows)} contas {word}")


def _keep(rt: StaffRuntime, done: staff_import.Imported, passwords: Path | None) -> None:
    """The file of passwords is there before the accounts are, and goes when they cannot be."""
    if passwords is not None:
        lines = (f"{login};{password}\n" for login, password in done.passwords.items())
        try:
            write_secret(passwords, "".join(lines))
        except OSError as error:
            raise click.ClickException(f"{passwords}: {error.strerror}") from None
    try:
        staff_accounts.add(rt, done.rows, actor=ACTOR)
    except BaseException:
        if passwords is not None:
            passwords.unlink(missing_ok=True)
        raise


def _change(rt: StaffRuntime, login: str, action: str, **fields: Any) -> None:
    row = staff_accounts.change(rt, login, action, actor=ACTOR, **fields)
    click.echo(f"{row.login}: feito")


def _secret(prompt: str, *, twice: bool = True) -> str:
    """Asked for at a terminal without showing it, else the first line of standard input."""
    stdin = sys.stdin
    if stdin.isatty():
        return str(
            click.prompt(
                prompt,
                hide_input=True,
                default="",
                show_default=False,
                confirmation_prompt="Outra vez" if twice else False,
            )
        )
    return stdin.readline().rstrip("\r\n")


def _now(rt: StaffRuntime) -> datetime:
    with rt.store.begin(write=False) as tx:
        return tx.now()


def _runtime() -> tuple[StaffRuntime, Settings]:
    settings = read_settings(without=NO_CARRIER)
    rt = start(current_app._get_current_object(), settings)  # type: ignore[attr-defined]
    try:
        check_database(rt)
    except StartupError as error:
        raise click.ClickException(str(error)) from None
    return cast(StaffRuntime, rt), settings
