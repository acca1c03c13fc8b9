"""``flask desk``: who is there and who waits; the routing ledger, read and replayed."""

from __future__ import annotations

from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.domain.local_time import to_local
from ivr.ports.desk import LedgerLine
from ivr.service.desk.ledger import check_ledger, lines
from ivr.service.runtime import Runtime
from ivr.settings import read_settings
from ivr.web.factory import start
from ivr.web.startup import StartupError, check_database

desk = AppGroup("desk", help="Fila e agentes: situação e registro das decisões.")

STATES = {
    "available": "disponível",
    "reserved": "reservado",
    "ringing": "chamando",
    "in_call": "em conversa",
    "wrap_up": "pós-atendimento",
    "paused": "em pausa",
    "offline": "desconectado",
}


@desk.command("status")
@tells_errors
def status() -> None:
    """Mostra as filas, os agentes que não estão desconectados e as ofertas abertas."""
    rt = _runtime()
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        sizes, agents, offers = tx.queues.sizes(), tx.desk.agents(), tx.desk.open_offers()
    if not sizes:
        click.echo("Filas vazias.")
    for queue, (waiting, since) in sorted(sizes.items()):
        click.echo(f"Fila {queue}: {waiting} na espera, a maior há {_span(since, now)}")
    if not agents:
        click.echo("Nenhum agente na operação.")
    for agent in agents:
        row = agent.presence
        state = STATES[row.state] + (f" ({row.reason})" if row.reason else "")
        sign = _span(row.seen_at, now) if row.seen_at else "nunca"
        click.echo(
            f"{agent.name}: {state} há {_span(row.since, now)}; último sinal há {sign}; "
            f"filas {', '.join(agent.skills)}"
        )
    for offer in offers:
        left = max(0, round((offer.due_at - now).total_seconds()))
        click.echo(f"Oferta {offer.id}: {offer.protocol} a {offer.agent}, {offer.state}, {left} s")


@desk.command("ledger")
@click.option("--check", is_flag=True, help="Refaz todas as decisões e confere cada uma.")
@click.option("--last", default=20, show_default=True, help="Quantas linhas mostrar.")
@tells_errors
def ledger(check: bool, last: int) -> None:
    """Mostra o registro das decisões, ou o confere (código 1 na primeira linha errada)."""
    rt = _runtime()
    if not check:
        for line in list(lines(rt))[-max(0, last) :] if last > 0 else []:
            click.echo(_line(line))
        return
    held, wrong = check_ledger(rt)
    if wrong is not None:
        raise click.ClickException(f"linha {wrong.number} ({wrong.kind}): {wrong.why}")
    click.echo(f"{held} linhas conferem.")


def _runtime() -> Runtime:
    rt = start(current_app._get_current_object(), read_settings())  # type: ignore[attr-defined]
    try:
        check_database(rt)
    except StartupError as error:
        raise click.ClickException(str(error)) from None
    return rt


def _line(line: LedgerLine) -> str:
    told = " ".join(f"{name}={value}" for name, value in line.data.items() if value not in ("", []))
    who = " ".join(word for word in (line.call_sid, line.offer, line.agent) if word)
    return f"{line.number} {to_local(line.at):%d/%m %H:%M:%S} {line.kind} {who} {told}".rstrip()


def _span(since: datetime, now: datetime) -> str:
    seconds = max(0, round((now - since).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02}" if hours else f"{minutes:02}:{seconds:02}"
