"""``flask flows``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
from flask.cli import AppGroup

from ivr import bootstrap
from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.cli.failing import tells_errors
from ivr.domain.outcome import CallOutcome
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.flow.book import FlowBook
from ivr.flow.check import check
from ivr.flow.draw import to_dot
from ivr.service.flows import read_book
from ivr.settings import FILES_ONLY, ROOT, read_settings
from ivr.web.startup import COMPLAINT_FLOW

flows = AppGroup("flows", help="Fluxos de ligação: conferir, desenhar.")


def shipped_book() -> tuple[FlowBook, dict[str, tuple[str, ...]]]:
    """The flows of the settings, and the placeholders of every prompt."""
    prompts = load_catalogue(ROOT / "prompts" / "pt-BR.toml")
    names = bootstrap.placeholders(prompts)
    folder = read_settings(without=FILES_ONLY).ivr_callflows
    catalogue = ServiceCatalogue.from_data(bootstrap.read_toml(folder / "service.toml"))
    return read_book(bootstrap.read_flows(folder), catalogue=catalogue, placeholders=names), names


@flows.command("check")
@click.option("--prove", is_flag=True, help="Percorre todos os estados e prova as regras.")
@tells_errors
def check_flows(prove: bool) -> None:
    """Confere os fluxos: cada defeito com arquivo, nó e chave."""
    book, names = shipped_book()
    outcomes = frozenset(o.value for o in CallOutcome)
    defects = check(book, prompts=names, outcomes=outcomes, complaint_flow=COMPLAINT_FLOW)
    for defect in defects:
        click.echo(str(defect), err=True)
    if defects:
        raise click.ClickException(f"{len(defects)} defeito(s)")
    nodes = sum(len(f.nodes) for f in book.flows.values())
    click.echo(f"{len(book.flows)} fluxos, {nodes} nós, revisão {book.revision}: sem defeitos")
    if prove:
        from ivr.flow.explore import explore

        report = explore(book)
        click.echo(str(report))
        if not report.ok:
            raise click.ClickException("há contraexemplos")


@flows.command("draw")
@click.argument("flow", required=False)
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/flows.svg"))
@tells_errors
def draw(flow: str | None, out: Path) -> None:
    """Desenha um fluxo, ou todos, em SVG."""
    if shutil.which("dot") is None:
        raise click.ClickException("falta o programa dot: instale o pacote graphviz")
    book, _ = shipped_book()
    if flow and flow not in book.flows:
        raise click.ClickException(f"não há fluxo {flow!r}; há: {', '.join(sorted(book.flows))}")
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["dot", "-Tsvg"], input=to_dot(book, flow).encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise click.ClickException(done.stderr.decode(errors="replace").strip())
    out.write_bytes(done.stdout)
    click.echo(str(out))
