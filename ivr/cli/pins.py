"""``flask pins``: first telephone PINs for a list of people."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.ports.errors import PortError
from ivr.service.owner_login import OwnerRuntime
from ivr.service.pin_holders import Letter, import_holders
from ivr.settings import read_settings
from ivr.web.factory import start
from ivr.web.startup import StartupError, check_database

pins = AppGroup("pins", help="Senha do telefone: emitir as primeiras por carta.")

LETTER = """\
{name}

A sua primeira senha do telefone é:  {pin}

Ligue para {phone} e use-a quando o atendimento eletrônico pedir a senha do telefone.
Troque-a em {address}/meu-acesso. Ninguém do atendimento pergunta esta senha.
Se este papel chegou aberto, troque a senha ou ligue e avise.
"""
PAGE_BREAK = "\f"


@pins.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Só confere; não muda nada.")
@click.option(
    "--letters",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Arquivo novo que recebe as cartas, uma por página. Imprima e apague.",
)
@tells_errors
def import_pins(file: Path, dry_run: bool, letters: Path | None) -> None:
    """Dá a primeira senha do telefone a cada pessoa do CSV (coluna cpf ou matricula).

    Quem já tem senha fica com a sua. Uma linha ruim: nada é importado.
    """
    if letters is None and not dry_run:
        raise click.ClickException("diga onde gravar as cartas: --letters ARQUIVO (ou --dry-run)")
    if letters is not None and letters.exists():
        raise click.ClickException(f"{letters}: o arquivo já existe")
    settings = read_settings()
    rt = start(current_app._get_current_object(), settings)  # type: ignore[attr-defined]
    try:
        check_database(rt)
    except StartupError as error:
        raise click.ClickException(str(error)) from None

    def write(written: Sequence[Letter]) -> None:
        assert letters is not None
        pages = [
            LETTER.format(
                name=letter.name,
                pin=f"{letter.pin[:4]} {letter.pin[4:]}",
                phone=rt.catalogue.facts.phone,
                address=settings.public_url,
            )
            for letter in written
        ]
        write_secret(letters, PAGE_BREAK.join(pages))

    owner_rt: OwnerRuntime = rt  # type: ignore[assignment]
    try:
        done = import_holders(owner_rt, file.read_bytes(), write_letters=None if dry_run else write)
    except OSError as error:
        raise click.ClickException(f"{error.filename or file}: {error.strerror}") from None
    except PortError as error:
        raise click.ClickException(f"diretório: {error.reason}; nada foi importado") from None
    except BaseException:
        if letters is not None:
            letters.unlink(missing_ok=True)
        raise
    for fault in done.faults:
        click.echo(f"{file.name}: {fault}", err=True)
    if done.faults:
        raise click.ClickException(f"{len(done.faults)} defeito(s); nada foi importado")
    word = "receberiam" if dry_run else "receberam"
    click.echo(f"{done.new} {word} a primeira senha; {done.kept} já tinham e ficam com a sua")


def write_secret(file: Path, text: str) -> None:
    """Write a new file that only its owner can read, down to the disk. Raises OSError; then
    there is no file."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            file.unlink()
        raise
