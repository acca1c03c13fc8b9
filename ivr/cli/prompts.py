"""``flask prompts``."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from ivr.adapters.speech.prompt_build import build
from ivr.adapters.speech.prompt_files import audio_problems, load_catalogue, load_manifest
from ivr.adapters.speech.synthesis import SynthesisError
from ivr.cli.failing import tells_errors
from ivr.cli.flows import shipped_book
from ivr.domain.prompts.check import check
from ivr.domain.prompts.manifest import ManifestError
from ivr.service.prompts_used import prompts_used
from ivr.settings import ROOT

prompts = AppGroup("prompts", help="Falas: gerar o áudio, conferir.")

TEXTS = ROOT / "prompts" / "pt-BR.toml"


@prompts.command("build")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "var" / "prompts")
@tells_errors
def build_prompts(out: Path) -> None:
    """Gera o áudio das falas novas ou mudadas; voz gravada em prompts/<id>.wav vence."""
    pieces = load_catalogue(TEXTS).pieces()

    def progress(done: int, total: int) -> None:
        if done == total or done % 20 == 0:
            click.echo(f"\rfalas: {done}/{total}", err=True, nl=done == total)

    try:
        report = build(pieces, out=out, recorded=TEXTS.parent, progress=progress)
    except SynthesisError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{len(report.rendered)} geradas, {len(report.recorded)} gravadas por pessoa, "
        f"{len(report.kept)} mantidas, {len(report.removed)} removidas, {report.seconds:.1f} s"
    )
    for problem in (*report.problems, *report.warnings):
        click.echo(problem, err=True)
    if report.problems:
        raise click.ClickException(f"{len(report.problems)} fala(s) sem áudio")


@prompts.command("check")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "var" / "prompts")
@tells_errors
def check_prompts(out: Path) -> None:
    """Confere as falas: faltando, sem uso, valores, mais de 20 s, palavras difíceis, áudio."""
    catalogue = load_catalogue(TEXTS)
    book, _ = shipped_book()
    try:
        manifest = load_manifest(out)
    except ManifestError as error:
        raise click.ClickException(f"{error}; rode: flask prompts build") from None
    found = check(catalogue, prompts_used(book, catalogue), manifest)
    for problem in found:
        click.echo(f"{problem.prompt}: {problem.rule}: {problem.detail}", err=True)
    bad = audio_problems(out, manifest, catalogue.pieces())
    for audio in bad:
        click.echo(f"{audio.piece}: {audio.reason}", err=True)
    if found or bad:
        raise click.ClickException(f"{len(found) + len(bad)} problema(s)")
    click.echo(f"{len(catalogue.prompts)} falas em ordem")
