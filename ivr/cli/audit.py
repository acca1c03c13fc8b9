"""``flask audit``: the audit log's head, and the proof that nobody changed a row."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from ivr import bootstrap
from ivr.cli.failing import tells_errors
from ivr.domain.audit_chain import Head
from ivr.ports.store import Store
from ivr.service.audit import head_of, verify
from ivr.settings import NO_CARRIER, read_settings

WORDS = {
    "missing": "falta",
    "changed": "foi alterada, incluída ou trocada de lugar",
    "cut": "falta: o registro acaba antes da cabeça guardada",
    "other_head": "não é a da cabeça guardada: ela e o que vem depois foram reescritos",
}

audit = AppGroup("audit", help="Registro de auditoria: conferir, tirar a cabeça.")


def _store() -> Store:
    return bootstrap.open_store_of(read_settings(without=NO_CARRIER))


@audit.command("head")
@tells_errors
def head() -> None:
    """Escreve a cabeça (lugar:hash) da última linha; guarde-a fora desta máquina."""
    click.echo(str(head_of(_store())))


@audit.command("verify")
@click.option(
    "--head",
    "heads",
    multiple=True,
    help="Cabeça guardada (lugar:hash), ou arquivo com uma por linha; pode repetir.",
)
@tells_errors
def verify_(heads: tuple[str, ...]) -> None:
    """Confere o registro inteiro; diz a primeira linha quebrada e termina com erro."""
    verdict = verify(_store(), kept=[one for text in heads for one in _heads(text)])
    if verdict.broken is not None:
        place, defect = verdict.broken.position, WORDS[verdict.broken.defect]
        raise click.ClickException(f"linha {place}: {defect}")
    click.echo(f"{verdict.head.position} linhas em ordem; cabeça {verdict.head}")


def _heads(text: str) -> list[Head]:
    file = Path(text)
    try:
        lines = file.read_text("utf-8").split() if file.is_file() else [text]
        return [Head.parse(line) for line in lines]
    except (ValueError, OSError) as error:
        raise click.ClickException(f"cabeça: {error}") from None
