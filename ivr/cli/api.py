"""``flask api token``: who may use ``/api/v1``."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.cli.webhooks import runtime
from ivr.domain.local_time import to_local
from ivr.ports.tickets import SCOPES
from ivr.service.tickets_api import new_token

api = AppGroup("api", help="API para outros sistemas de chamados.")


@api.group("token", help="Fichas de acesso à API.")
def token() -> None:
    """Tokens."""


@token.command("add")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="O que a ficha permite; pode repetir. Sem ele: só ler.",
)
@tells_errors
def add(name: str, scopes: tuple[str, ...]) -> None:
    """Emite uma ficha e a mostra esta única vez."""
    made, plain = new_token(runtime(), name=name, scopes=scopes or ("tickets:read",))
    click.echo(f"{made.id}  {name}  {','.join(made.scopes)}")
    click.echo(f"ficha (guarde agora, não é mostrada de novo): {plain}")


@token.command("list")
@tells_errors
def list_() -> None:
    """Mostra as fichas, sem o seu texto."""
    with runtime().store.begin(write=False) as tx:
        tokens = tx.api_tokens.everyone()
    for one in tokens:
        used = f"usada em {to_local(one.used_at):%d/%m/%Y %H:%M}" if one.used_at else "nunca usada"
        state = "revogada" if one.revoked_at else used
        click.echo(f"{one.id}  {one.name}  {','.join(one.scopes)}  {state}")
    if not tokens:
        click.echo("nenhuma ficha")


@token.command("revoke")
@click.argument("token_id")
@tells_errors
def revoke(token_id: str) -> None:
    """Revoga uma ficha: ela não abre mais nada."""
    with runtime().store.begin() as tx:
        if not tx.api_tokens.revoke(token_id, at=tx.now()):
            raise click.ClickException(f"{token_id}: não há esta ficha, ou já foi revogada")
    click.echo(f"{token_id}: revogada")
