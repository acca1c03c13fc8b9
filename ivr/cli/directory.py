"""``flask directory``."""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask.cli import AppGroup

from ivr import bootstrap
from ivr.adapters.clock import SystemClock
from ivr.adapters.directory.findings import Checkable, Finding, of_reason
from ivr.cli.failing import tells_errors
from ivr.ports.directory import Directory
from ivr.ports.errors import PortError
from ivr.settings import FILES_ONLY, Settings, read_settings

directory = AppGroup("directory", help="Diretórios reais das contas: conferir.")
NOBODY = "00000000000"
"""A CPF that nobody has."""


@directory.command("check")
@click.argument("name", required=False)
@tells_errors
def check(name: str | None) -> None:
    """Confere um diretório de IVR_DIRECTORIES, ou todos: conexão, direitos, atributos."""
    settings = read_settings(without=FILES_ONLY)
    names = [name] if name else sorted(_names(settings))
    faults = 0
    for each in names:
        click.echo(f"[{each}]")
        for finding in _findings(settings, each):
            faults += finding.grade == "erro"
            click.echo(f"  {finding.grade:5}  {finding.what}")
            if finding.mend:
                click.echo(f"         → {finding.mend}")
    if faults:
        raise click.ClickException(f"{faults} erro(s)")
    click.echo("sem erros")


def _names(settings: Settings) -> list[str]:
    tables = bootstrap.read_toml(settings.ivr_directories).get("directories", {})
    if not tables:
        raise bootstrap.DataFileError(f"{settings.ivr_directories.name}: no [directories.<name>]")
    return list(tables)


def _findings(settings: Settings, name: str) -> Iterator[Finding]:
    try:
        found = bootstrap.directory_of_file(settings, name, SystemClock())
    except bootstrap.DataFileError as error:
        yield Finding(grade="erro", what=str(error), mend="corrija o arquivo")
        return
    if isinstance(found, Checkable):
        yield from found.check()
    else:
        yield from _looks_up_nobody(found)


def _looks_up_nobody(found: Directory) -> Iterator[Finding]:
    """For a directory that cannot examine itself: one look-up shows that it answers."""
    try:
        found.find(kind="cpf", number=NOBODY)
    except PortError as error:
        yield of_reason(error.reason)
        return
    yield Finding(grade="ok", what="conexão, credenciais e leitura")
