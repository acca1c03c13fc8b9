"""``flask prompts``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from ivr.adapters.speech.engines import engine_of
from ivr.adapters.speech.prompt_build import build
from ivr.adapters.speech.prompt_files import audio_problems, load_catalogue, load_manifest
from ivr.adapters.speech.synthesis import SynthesisError
from ivr.cli.failing import tells_errors
from ivr.cli.flows import shipped_book
from ivr.domain.prompts.check import check
from ivr.domain.prompts.manifest import ManifestError
from ivr.service.prompts_used import prompts_used
from ivr.settings import FILES_ONLY, ROOT, read_settings

if TYPE_CHECKING:
    from ivr.adapters.speech.vosk import VoskRecogniser

prompts = AppGroup("prompts", help="Falas: gerar o áudio, conferir, ouvir.")

TEXTS = ROOT / "prompts" / "pt-BR.toml"
BUDGET = ROOT / "prompts" / "budget.toml"


@prompts.command("build")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "var" / "prompts")
@tells_errors
def build_prompts(out: Path) -> None:
    """Gera o áudio das falas novas ou mudadas; voz gravada em prompts/<id>.wav vence."""
    settings = read_settings(without=FILES_ONLY)
    pieces = load_catalogue(TEXTS).pieces()

    def progress(done: int, total: int) -> None:
        if done == total or done % 20 == 0:
            click.echo(f"\rfalas: {done}/{total}", err=True, nl=done == total)

    try:
        engine = engine_of(settings.ivr_voice_engine, command=settings.ivr_voice_command)
        report = build(
            pieces,
            out=out,
            recorded=TEXTS.parent,
            uploaded=settings.uploaded_dir,
            engine=engine,
            progress=progress,
        )
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
    from ivr.adapters.speech.ear.budget import BudgetError, read_budget

    catalogue = load_catalogue(TEXTS)
    book, _ = shipped_book()
    try:
        manifest = load_manifest(out)
    except ManifestError as error:
        raise click.ClickException(f"{error}; rode: flask prompts build") from None
    try:
        longest = read_budget(BUDGET).seconds.prompt
    except BudgetError as error:
        raise click.ClickException(str(error)) from None
    found = check(catalogue, prompts_used(book, catalogue), manifest, longest=longest)
    for problem in found:
        click.echo(f"{problem.prompt}: {problem.rule}: {problem.detail}", err=True)
    bad = audio_problems(out, manifest, catalogue.pieces())
    for audio in bad:
        click.echo(f"{audio.piece}: {audio.reason}", err=True)
    if found or bad:
        raise click.ClickException(f"{len(found) + len(bad)} problema(s)")
    click.echo(f"{len(catalogue.prompts)} falas em ordem")


@prompts.command("hear")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "var" / "prompts")
@click.option("--budget", type=click.Path(path_type=Path), default=BUDGET, help="Os limites.")
@click.option("--model", type=click.Path(path_type=Path), help="Pasta; sem ela, IVR_SPEECH_MODEL.")
@click.option("--no-listening", is_flag=True, help="Só tempos e leitura, sem modelo de voz.")
@click.option("--json", "as_text", is_flag=True, help="Tudo em JSON.")
@tells_errors
def hear_prompts(
    out: Path, budget: Path, model: Path | None, no_listening: bool, as_text: bool
) -> None:
    """Ouve as falas e as palavras das opções por linhas de telefone ruins.

    Segundos até cada opção e até uma pessoa, facilidade de leitura, palavras que o reconhecedor
    erra ou troca. Código de saída 1: algo passa dos limites de prompts/budget.toml.
    """
    from ivr.adapters.speech.ear.budget import BudgetError, read_budget
    from ivr.adapters.speech.ear.findings import findings
    from ivr.adapters.speech.ear.hearing import hear_all
    from ivr.adapters.speech.telephone_wav import NotTelephoneAudio
    from ivr.cli.prompts_hear import as_json, table
    from ivr.ports.speech import SpeechError

    try:
        limits = read_budget(budget)
        catalogue, audio = load_catalogue(TEXTS), load_manifest(out)
        bad = audio_problems(out, audio, catalogue.pieces())
        if bad:
            first = f"{bad[0].piece}: {bad[0].reason}"
            raise click.ClickException(f"{first}, e mais {len(bad) - 1}; rode: flask prompts build")
        report = hear_all(
            catalogue=catalogue,
            audio=audio,
            folder=out,
            book=shipped_book()[0],
            budget=limits,
            ear=None if no_listening else _ear(model),
        )
    except ManifestError as error:
        raise click.ClickException(f"{error}; rode: flask prompts build") from None
    except (BudgetError, SynthesisError, SpeechError, NotTelephoneAudio, OSError) as error:
        raise click.ClickException(str(error)) from None
    broken = findings(report, limits)
    if as_text:
        click.echo(json.dumps(as_json(report, limits, broken), ensure_ascii=False, indent=1))
    else:
        for line in table(report, limits, broken):
            click.echo(line)
    if broken:
        raise click.ClickException(f"{len(broken)} limite(s) ultrapassado(s)")
    click.echo("dentro dos limites", err=as_text)


def _ear(model: Path | None) -> VoskRecogniser:
    from ivr.adapters.speech.recogniser import open_vosk
    from ivr.adapters.speech.vosk_model import ModelError

    settings = read_settings(without=FILES_ONLY)
    path = (model or settings.ivr_speech_model).resolve()
    try:
        return open_vosk(path, demo=settings.ivr_directory == "demo")
    except ModelError as error:
        raise click.ClickException(f"{error}; só tempos e leitura: --no-listening") from None
