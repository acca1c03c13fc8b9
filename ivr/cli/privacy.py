"""``flask privacy``: a citizen's whole history, their requests, deletion. The CPF comes by standard
input only, so that it stands in no history of a shell and no list of processes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from ivr.cli.failing import tells_errors
from ivr.cli.webhooks import runtime
from ivr.domain.identifier import Identifier, IdentifierKind, parse_identifier
from ivr.domain.local_time import to_local
from ivr.ports.privacy import DataRequest
from ivr.service.privacy import (
    REFUSALS,
    PrivacyError,
    ask,
    erase,
    fulfil,
    history_of,
    refuse,
)

KINDS = {"acesso": "access", "correcao": "correction", "eliminacao": "deletion"}
STATES = {"open": "em aberto", "done": "atendido", "refused": "recusado"}

privacy = AppGroup("privacy", help="Titulares de dados: histórico, pedidos, eliminação (LGPD).")
_cpf = click.option("--cpf", required=True, help="Só '-': o CPF vem da entrada padrão.")
_by = click.option("--by", default="cli", help="Quem responde pelo pedido.")


@privacy.command("export")
@_cpf
@click.option("--out", type=click.Path(dir_okay=False), help="Arquivo novo; sem ele, na tela.")
@click.option("--reason", default="pedido do titular", help="Por quê; fica na auditoria.")
@_by
@tells_errors
def export(cpf: str, out: str | None, reason: str, by: str) -> None:
    """Escreve em JSON tudo o que se guarda de uma pessoa, sem os dados de outras."""
    rt, number = runtime(), read_cpf(cpf)
    found = history_of(rt, rt.keyed_hash("cpf", number), by=by, reason=reason, cpf=number)
    text = json.dumps(found.as_json(), ensure_ascii=False, indent=2)
    if out is None:
        click.echo(text)
        return
    try:
        handle = os.open(Path(out), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from None
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    click.echo(f"{len(found.tickets)} chamados em {out}")


@privacy.command("request")
@_cpf
@click.option("--kind", required=True, type=click.Choice(sorted(KINDS)))
@click.option("--text", default="", help="O que a pessoa pede, em poucas palavras.")
@_by
@tells_errors
def request_(cpf: str, kind: str, text: str, by: str) -> None:
    """Registra um pedido de acesso, correção ou eliminação."""
    rt, number = runtime(), read_cpf(cpf)
    made = ask(rt, rt.keyed_hash("cpf", number), KINDS[kind], text=text, by=by)  # type: ignore[arg-type]
    click.echo(f"{made.id}: responder até {made.due:%d/%m/%Y}")


@privacy.command("requests")
@tells_errors
def requests() -> None:
    """Mostra os pedidos em aberto, o mais urgente primeiro."""
    with runtime().store.begin(write=False) as tx:
        found = tx.privacy.open_requests()
    for one in found:
        click.echo(line_of(one))
    if not found:
        click.echo("nenhum pedido em aberto")


@privacy.command("refuse")
@click.argument("request_id")
@click.option("--reason", required=True, type=click.Choice(sorted(REFUSALS)))
@_by
@tells_errors
def refuse_(request_id: str, reason: str, by: str) -> None:
    """Recusa um pedido, com o motivo da lei."""
    try:
        click.echo(line_of(refuse(runtime(), request_id, reason=reason, by=by)))
    except PrivacyError as error:
        raise click.ClickException(words_of(error)) from None


@privacy.command("done")
@click.argument("request_id")
@click.option("--text", required=True, help="O que foi feito.")
@_by
@tells_errors
def done(request_id: str, text: str, by: str) -> None:
    """Diz que um pedido de acesso ou de correção foi atendido."""
    try:
        click.echo(line_of(fulfil(runtime(), request_id, done=text, by=by)))
    except PrivacyError as error:
        raise click.ClickException(words_of(error)) from None


@privacy.command("erase")
@click.argument("request_id")
@_by
@tells_errors
def erase_(request_id: str, by: str) -> None:
    """Cumpre um pedido de eliminação: separa a pessoa dos registros que a lei manda guardar."""
    try:
        counts = erase(runtime(), request_id, by=by)
    except PrivacyError as error:
        raise click.ClickException(words_of(error)) from None
    click.echo(f"{request_id}: eliminado ({sum(counts.values())} linhas)")


def line_of(one: DataRequest) -> str:
    """One request for a terminal."""
    kind = next(word for word, key in KINDS.items() if key == one.kind)
    why = f"  {REFUSALS.get(one.reason, one.reason)}" if one.reason else ""
    asked = f"{to_local(one.asked_at):%d/%m/%Y}"
    return f"{one.id}  {kind}  {asked}  até {one.due:%d/%m/%Y}  {STATES[one.state]}{why}"


def words_of(error: PrivacyError) -> str:
    """What went wrong, for people."""
    words = {
        "unknown": "não há este pedido",
        "decided": "este pedido já foi respondido",
        "carrier": "uma gravação não pôde ser apagada agora; tente mais tarde",
    }
    return words.get(error.reason) or f"recusado: {REFUSALS[error.reason]}"


def read_cpf(given: str) -> str:
    """Digits of a CPF from standard input. Raises ClickException, UsageError."""
    if given != "-":
        raise click.UsageError("o CPF só pela entrada padrão: --cpf -")
    line = sys.stdin.readline().strip()
    number = parse_identifier(IdentifierKind.CPF, "".join(c for c in line if c.isdigit()))
    if not isinstance(number, Identifier):
        raise click.ClickException("isto não é um CPF")
    return number.digits
