"""Reports: ``/relatorios``, and each block of one as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ivr.domain.local_time import local_date, to_local
from ivr.domain.metrics import FIGURES
from ivr.ports.staff import AuditLine, Role
from ivr.ports.store import StoreUnavailableError
from ivr.service.calls_log_export import csv_chunks
from ivr.service.reports import LONGEST_DAYS, Block, Material, Report, report_of
from ivr.service.reports_blocks import (
    dropped,
    endings,
    funnel,
    heat_map,
    queues,
    trend,
    volume,
)
from ivr.service.reports_people import (
    agents,
    deadlines,
    first_contact,
    proofs,
    ratings,
    ratings_by_service,
    services,
)
from ivr.web import reports_words
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

bp = Blueprint("reports", __name__, url_prefix="/relatorios")

READERS: tuple[Role, ...] = ("supervisor", "manager")
PERSONAL: Role = "supervisor"
"""The only role that sees single agents."""
HEATS = {"n": "Chamadas", "ns": "Nível de serviço", "abandono": "Abandono"}
PRESETS = {"hoje": 1, "7": 7, "30": 30, "90": 90}
EVERY_NODE = 100_000
RETRY_AFTER = "30"
Maker = Callable[[Material], Block]


class PeriodError(Exception):
    """A period that cannot be meant; the text is for the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an address asks for."""

    first: date
    last: date
    compare: bool
    heat: str

    @property
    def args(self) -> dict[str, str]:
        """The same address again."""
        args = {"de": self.first.isoformat(), "ate": self.last.isoformat(), "mapa": self.heat}
        return {**args, "comparar": "1"} if self.compare else args


def read_period(args: Mapping[str, str], today: date) -> Asked:
    """Raises :class:`PeriodError`."""
    heat = args.get("mapa", "n")
    if heat not in HEATS:
        raise PeriodError(gettext("Este mapa não existe. Escolha um da lista."))
    compare = args.get("comparar") == "1"
    preset = args.get("dias", "")
    if preset:
        if preset not in PRESETS:
            raise PeriodError(gettext("Este período não existe. Escolha um da lista."))
        first = today - timedelta(days=PRESETS[preset] - 1)
        return Asked(first=first, last=today, compare=compare, heat=heat)
    last = _day(args.get("ate", ""), today)
    first = _day(args.get("de", ""), last)
    if first > last:
        raise PeriodError(gettext("O primeiro dia vem depois do último. Troque as datas."))
    if (last - first).days >= LONGEST_DAYS:
        raise PeriodError(gettext("O período passa de um ano. Escolha um menor."))
    if last.year < 2000 or first > today:
        raise PeriodError(gettext("Este período ainda não começou."))
    return Asked(first=first, last=last, compare=compare, heat=heat)


def makers(heat: str, *, whole: bool = False) -> tuple[Maker, ...]:
    """The blocks in their order. ``whole``: with rows that a page would leave out."""
    return (
        volume,
        partial(heat_map, shown=heat),
        trend,
        queues,
        funnel,
        partial(dropped, most=EVERY_NODE) if whole else dropped,
        endings,
        services,
        proofs,
        first_contact,
        ratings,
        ratings_by_service,
        deadlines,
        agents,
    )


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("relatorios/later.html"), 503, {"Retry-After": RETRY_AFTER}


@bp.get("")
@staff_page(*READERS)
def show() -> ResponseReturnValue:
    """The report of a period."""
    today = local_date(runtime().clock.now())
    try:
        asked = read_period(request.args, today)
    except PeriodError as error:
        asked = Asked(first=today, last=today, compare=False, heat="n")
        return _page(asked, fault=str(error)), 400
    return _page(asked)


@bp.get("/csv/<block>")
@staff_page(*READERS)
def as_file(block: str) -> ResponseReturnValue:
    """One block of a period as a file; who took it is written down."""
    today = local_date(runtime().clock.now())
    try:
        asked = read_period(request.args, today)
    except PeriodError as error:
        return render_template("relatorios/missing.html", fault=str(error)), 400
    report = _report(asked, whole=True)
    found = next((one for one in report.blocks if one.id == block), None)
    if found is None:
        return render_template("relatorios/missing.html", fault=""), 404
    _audit(asked, found)
    head = [found.head, *found.columns]
    rows = ([row.head, *map(reports_words.cell_for_file, row.cells)] for row in found.rows)
    name = f"{found.id}_{asked.first.isoformat()}_{asked.last.isoformat()}.csv"
    return Response(
        csv_chunks(head, iter(rows)),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(asked: Asked, *, fault: str = "") -> str:
    report = _report(asked)
    return render_template(
        "relatorios/report.html",
        report=report,
        asked=asked,
        figures=FIGURES,
        rules=runtime().metric_rules,
        heats=HEATS,
        presets={"hoje": gettext("Hoje"), "7": gettext("7 dias"), "30": gettext("30 dias"),
                 "90": gettext("90 dias")},
        at=to_local(report.at),
        fault=fault,
        **reports_words.words(),
    )  # fmt: skip


def _report(asked: Asked, *, whole: bool = False) -> Report:
    return report_of(
        runtime(),
        first=asked.first,
        last=asked.last,
        compare=asked.compare,
        personal=PERSONAL in me().roles,
        make=makers(asked.heat, whole=whole),
    )


def _audit(asked: Asked, block: Block) -> None:
    rt = runtime()
    with rt.store.begin() as tx:
        tx.audit.add(
            AuditLine(
                at=tx.now(),
                actor=me().id,
                action="report.exported",
                object=f"report:{block.id}",
                data={
                    "de": asked.first.isoformat(),
                    "ate": asked.last.isoformat(),
                    "rows": len(block.rows),
                },
            )
        )


def _day(text: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PeriodError(gettext("Esta data não existe. Use o calendário.")) from None
