"""``flask db`` and ``flask demo``."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from ivr import bootstrap
from ivr.adapters.db import migrate
from ivr.adapters.directory import demo_people
from ivr.adapters.pin_hash import PinHasher
from ivr.adapters.sealing import HmacHash
from ivr.cli import demo_staff
from ivr.cli.failing import tells_errors
from ivr.settings import FILES_ONLY, NO_CARRIER, read_settings

db = AppGroup("db", help="Banco de dados: criar, atualizar, voltar.")
demo = AppGroup("demo", help="Pessoas inventadas para experimentar.")


@db.command("upgrade")
@click.argument("revision", default="head")
@tells_errors
def upgrade(revision: str) -> None:
    """Leva o banco até a revisão (padrão: a mais nova)."""
    url = read_settings(without=FILES_ONLY).database_url
    migrate.upgrade(url, revision)
    click.echo(f"banco na revisão {migrate.current(url)}")


@db.command("downgrade")
@click.argument("revision")
@tells_errors
def downgrade(revision: str) -> None:
    """Volta o banco até a revisão."""
    url = read_settings(without=FILES_ONLY).database_url
    migrate.downgrade(url, revision)
    click.echo(f"banco na revisão {migrate.current(url) or 'vazio'}")


@db.command("current")
@tells_errors
def current() -> None:
    """Diz em que revisão o banco está."""
    click.echo(migrate.current(read_settings(without=FILES_ONLY).database_url) or "vazio")


@demo.command("load")
@click.option("--json", "as_json", is_flag=True, help="Escreve as pessoas em JSON.")
@tells_errors
def load(as_json: bool) -> None:
    """Carrega as pessoas inventadas; repetir não muda nada."""
    settings = read_settings(without=NO_CARRIER)
    store = bootstrap.open_store_of(settings)
    keyed_hash = HmacHash(settings.key)
    hasher = PinHasher(settings.ivr_pin_cost)
    count = demo_people.load(store.engine, store, keyed_hash, hasher)
    staff = demo_staff.load(store, keyed_hash, hasher)
    if as_json:
        data = {**demo_people.as_json(), "staff": demo_staff.as_json(keyed_hash)}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{count} pessoas inventadas e {staff} da equipe prontas")
