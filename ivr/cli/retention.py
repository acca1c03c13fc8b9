"""``flask retention``: what is due, erase it now, legal holds."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.cli.privacy import read_cpf
from ivr.cli.webhooks import runtime
from ivr.domain.local_time import to_local
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.domain.retention import LABELS
from ivr.service.retention import Line, hold, keeper_of, release
from ivr.service.runtime import Runtime

retention = AppGroup("retention", help="Prazos de guarda: o que venceu, apagar, guarda legal.")


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Só mostra o que seria apagado.")
@tells_errors
def run(dry_run: bool) -> None:
    """Apaga agora tudo o que venceu (o worker faz isso uma vez por dia)."""
    keeper = keeper_of(runtime())
    if dry_run:
        click.echo(table_of(keeper.look()))
        return
    done = keeper.run(by="cli")
    for kind, count in done.erased.items():
        click.echo(f"{LABELS[kind]}: {count} apagados")  # type: ignore[index]
    if not done.erased:
        click.echo("nada vencido")
    if done.failed:
        raise click.ClickException(f"{done.failed} gravações não puderam ser apagadas agora")


def table_of(lines: list[Line]) -> str:
    """One row a class, for a terminal."""
    head = f"{'classe':<40} {'até':<20} {'vencidos':>9} {'mais antigo':<20} {'em guarda':>9}"
    rows = [
        f"{LABELS[line.kind]:<40} {to_local(line.before):%d/%m/%Y %H:%M:%S}  "
        f"{line.due.rows:>9} "
        f"{f'{to_local(line.due.oldest):%d/%m/%Y %H:%M:%S}' if line.due.oldest else '-':<20} "
        f"{line.due.held:>9}"
        for line in lines
    ]
    return "\n".join([head, *rows])


@retention.group("hold", help="Guarda legal: o que não pode ser apagado.")
def hold_group() -> None:
    """Legal holds."""


@hold_group.command("add")
@click.option("--protocol", default="", help="Protocolo do chamado.")
@click.option("--recording", default="", help="Identificação da gravação.")
@click.option("--cpf", default="", help="'-' lê o CPF da entrada padrão: tudo da pessoa.")
@click.option("--reason", required=True, help="Por quê: processo, ofício, pedido.")
@click.option("--by", default="cli", help="Quem pediu.")
@tells_errors
def add(protocol: str, recording: str, cpf: str, reason: str, by: str) -> None:
    """Segura um chamado, uma gravação ou tudo de uma pessoa."""
    if sum(map(bool, (protocol, recording, cpf))) != 1:
        raise click.UsageError("dê um de --protocol, --recording, --cpf")
    rt = runtime()
    if protocol:
        parsed = parse_protocol(protocol)
        if not isinstance(parsed, Protocol):
            raise click.ClickException("isto não é um protocolo")
        what = f"ticket:{parsed.digits}"
    elif recording:
        what = f"recording:{recording}"
    else:
        what = f"person:{person_of(rt, cpf)}"
    made = hold(rt.store, what, reason=reason, by=by)
    click.echo(f"{made.id}: guardado")


@hold_group.command("list")
@tells_errors
def list_() -> None:
    """Mostra as guardas que valem."""
    with runtime().store.begin(write=False) as tx:
        holds = tx.retention.holds()
    for one in holds:
        click.echo(
            f"{one.id}  {to_local(one.added_at):%d/%m/%Y}  {one.object}  "
            f"{one.reason}  ({one.added_by})"
        )
    if not holds:
        click.echo("nenhuma guarda")


@hold_group.command("remove")
@click.argument("hold_id")
@click.option("--by", default="cli", help="Quem liberou.")
@tells_errors
def remove(hold_id: str, by: str) -> None:
    """Libera uma guarda: o que venceu é apagado no próximo dia."""
    if not release(runtime().store, hold_id, by=by):
        raise click.ClickException(f"{hold_id}: não há esta guarda")
    click.echo(f"{hold_id}: liberado")


def person_of(rt: Runtime, given: str) -> str:
    """Keyed hash of a CPF that comes by standard input. Raises ClickException, UsageError."""
    return rt.keyed_hash("cpf", read_cpf(given))
