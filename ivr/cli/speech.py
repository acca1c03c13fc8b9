"""``flask speech``."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from ivr.adapters.speech.vocabulary import unsayable
from ivr.adapters.speech.vocabulary_needs import needs_of
from ivr.adapters.speech.vosk_download import FetchError, Progress
from ivr.adapters.speech.vosk_fetch import DEFAULT, SOURCE, fetch
from ivr.adapters.speech.vosk_model import ModelError, VoskModelFolder, read_folder
from ivr.adapters.speech.vosk_probe import unmet_by
from ivr.cli.failing import tells_errors
from ivr.cli.flows import shipped_book
from ivr.settings import FILES_ONLY, read_settings

speech = AppGroup("speech", help="Reconhecimento de fala: conferir, baixar um modelo.")


@speech.command("check")
@click.option("--model", type=click.Path(path_type=Path), help="Pasta; sem ela, IVR_SPEECH_MODEL.")
@tells_errors
def check(model: Path | None) -> None:
    """Confere o modelo de voz: taxa, vocabulário, licença, o que não se reconhece.

    Código de saída 1: o modelo não serve, ou algo só poderá ser digitado.
    """
    settings = read_settings(without=FILES_ONLY)
    if settings.ivr_speech != "vosk" and model is None:
        who = {"carrier": "quem reconhece é a operadora", "none": "só teclas"}
        click.echo(f"IVR_SPEECH={settings.ivr_speech}: {who[settings.ivr_speech]}")
        return
    book, _ = shipped_book()
    needs = needs_of(book)
    try:
        path = (model or settings.ivr_speech_model).resolve()
        folder = read_folder(path, demo=settings.ivr_directory == "demo")
        lacking = unmet_by(path, needs)
    except ModelError as error:
        raise click.ClickException(str(error)) from None
    _describe(folder)
    for each in lacking:
        click.echo(f"aviso: {each}", err=True)
    deaf = unsayable(needs, lacking)
    for where in deaf:
        click.echo(f"erro: {where}: nada disso pode ser dito, só digitado", err=True)
    if deaf:
        raise click.ClickException(f"{len(deaf)} escolha(s) sem palavra conhecida")
    click.echo("sem erros")


@speech.command("fetch")
@click.option("--name", default=DEFAULT, show_default=True, help="Nome na lista oficial.")
@click.option("--sha256", default="", help="Soma esperada do zip; sem ela, o MD5 da lista oficial.")
@click.option("--source", default=SOURCE, show_default=True, help="Endereço da pasta dos modelos.")
@click.option("--to", type=click.Path(path_type=Path), help="Pasta; sem ela, IVR_SPEECH_MODEL.")
@tells_errors
def fetch_model(name: str, sha256: str, source: str, to: Path | None) -> None:
    """Baixa um modelo oficial, confere e põe no lugar; continua de onde parou."""
    target = (to or read_settings(without=FILES_ONLY).ivr_speech_model).resolve()

    def told(progress: Progress) -> None:
        of = f"/{progress.total >> 20}" if progress.total else ""
        click.echo(f"\r{progress.done >> 20}{of} MB", err=True, nl=False)

    try:
        done = fetch(name=name, target=target, sha256=sha256, source=source, told=told)
    except FetchError as error:
        raise click.ClickException(str(error)) from None
    click.echo("", err=True)
    _describe(done.folder)
    click.echo(f"sha256 {done.sha256}")


def _describe(folder: VoskModelFolder) -> None:
    words = f"{folder.words} palavras" if folder.words else "vocabulário dentro do grafo"
    click.echo(f"modelo {folder.name}: {folder.path}")
    click.echo(f"taxa {folder.rate} Hz, {words}")
    click.echo(f"licença: {folder.licence or 'não informada (model.json)'}")
    if not folder.closed_grammars:
        click.echo("aviso: grafo de uma só peça, sem gramática por pergunta", err=True)
    if folder.test_only:
        click.echo("aviso: modelo de teste, recusado fora de IVR_DIRECTORY=demo", err=True)
