"""``flask webhooks``: other systems that are told of tickets and calls."""

from __future__ import annotations

import secrets

import click
from flask import current_app
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.domain.webhook_signature import SECRET_BYTES, spoken
from ivr.ports.errors import PortError
from ivr.ports.tickets import WEBHOOK_EVENTS, WebhookTarget
from ivr.service.effects.webhooks import send
from ivr.service.rules_in_force import in_force
from ivr.service.runtime import Runtime
from ivr.settings import read_settings
from ivr.web.factory import start
from ivr.web.startup import StartupError, check_database

webhooks = AppGroup("webhooks", help="Avisos assinados a outros sistemas.")


def runtime() -> Runtime:
    """The runtime of the current settings, over a migrated database, with the rules in force.
    Raises ClickException."""
    rt = start(current_app._get_current_object(), read_settings())  # type: ignore[attr-defined]
    try:
        check_database(rt)
    except StartupError as error:
        raise click.ClickException(str(error)) from None
    return in_force(rt)


@webhooks.command("add")
@click.argument("name")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(WEBHOOK_EVENTS),
    help="Acontecimento a avisar; pode repetir. Sem ele: todos.",
)
@tells_errors
def add(name: str, url: str, events: tuple[str, ...]) -> None:
    """Cadastra um destino e mostra o segredo da assinatura, esta única vez."""
    rt = runtime()
    assert rt.webhooks is not None
    why = rt.webhooks.check(url)
    if why:
        raise click.ClickException(f"{url}: {why}")
    secret = secrets.token_bytes(SECRET_BYTES)
    with rt.store.begin() as tx:
        target = WebhookTarget(
            id=f"wh_{secrets.token_hex(6)}",
            name=name,
            url=url,
            secret=secret,
            events=events or WEBHOOK_EVENTS,
            created_at=tx.now(),
        )
        tx.webhook_targets.add(target)
    click.echo(f"{target.id}  {name}")
    click.echo(f"segredo (guarde agora, não é mostrado de novo): {spoken(secret)}")


@webhooks.command("list")
@tells_errors
def list_() -> None:
    """Mostra os destinos."""
    with runtime().store.begin(write=False) as tx:
        targets = tx.webhook_targets.everyone()
    for target in targets:
        click.echo(f"{target.id}  {target.name}  {target.url}  {','.join(target.events)}")
    if not targets:
        click.echo("nenhum destino")


@webhooks.command("test")
@click.argument("target_id")
@tells_errors
def test(target_id: str) -> None:
    """Envia agora um aviso de teste e mostra a resposta."""
    rt = runtime()
    with rt.store.begin(write=False) as tx:
        target = tx.webhook_targets.get(target_id)
        now = tx.now()
    if target is None:
        raise click.ClickException(f"{target_id}: não há este destino")
    data = {"type": "webhook.test", "timestamp": now.isoformat(), "data": {}}
    try:
        status = send(rt, target, f"msg_{secrets.token_hex(12)}", data, now=now)
    except PortError as error:
        raise click.ClickException(f"{target.url}: {error.reason}") from None
    if not 200 <= status < 300:
        raise click.ClickException(f"{target.url}: HTTP {status}")
    click.echo(f"{target.url}: aceito (HTTP {status})")


@webhooks.command("remove")
@click.argument("target_id")
@tells_errors
def remove(target_id: str) -> None:
    """Tira um destino; o que ainda esperava por ele não é mais enviado."""
    with runtime().store.begin() as tx:
        if not tx.webhook_targets.remove(target_id):
            raise click.ClickException(f"{target_id}: não há este destino")
    click.echo(f"{target_id}: removido")
