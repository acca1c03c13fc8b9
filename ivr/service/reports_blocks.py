"""Blocks of a report over time, and of what became of the calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from ivr.domain.local_time import to_local
from ivr.domain.metrics import (
    abandonment,
    answer_time,
    count,
    handling,
    service_level,
    share,
    wait_within,
)
from ivr.domain.metrics_tally import CALL_ENDS, FUNNEL, Sums, of
from ivr.service.reports import Block, Cell, Material, Row, end_of, start_of

ENDS = {
    "ura": "URA resolveu",
    "atendida": "Atendida",
    "abandonada_na_fila": "Abandonou a fila",
    "desistiu_na_ura": "Desistiu na URA",
    "fora_do_horario": "Fora do horário",
    "outra": "Outro fim",
    "em_curso": "Em curso",
    "fora_da_conta": "Trote, engano ou teste",
}
STEPS = {
    "entrou": "Ligou",
    "passou_da_saudacao": "Passou da saudação",
    "identificou": "Disse quem é",
    "resolveu": "Resolveu na URA",
    "avaliou": "Avaliou",
}
HUNG_UP = {
    "chamador": "Quem ligou",
    "agente": "Agente",
    "ura": "URA",
    "sistema": "Sistema",
    "transferencia": "Transferência",
}
WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
MOST_NODES = 40


def percent(over: int, under: int) -> Cell:
    """A share as a cell."""
    return Cell(value=share(over, under).value, unit="percent", n=under)


def volume(m: Material) -> Block:
    """Calls by half hour of the day, added up over the days, by what became of them."""
    halves = m.by(lambda at: at.hour * 2 + at.minute // 30)
    known = sorted(half for half in halves if isinstance(half, int))
    spread = range(known[0], known[-1] + 1) if known else range(0)
    rows = []
    for half in spread:
        sums = halves.get(half, {})
        cells = tuple(Cell(value=count(sums, "call.end", end)) for end in CALL_ENDS)
        whole = Cell(value=sum(count(sums, "call.end", end) for end in CALL_ENDS))
        rows.append(Row(head=f"{half // 2:02d}:{half % 2 * 30:02d}", cells=(*cells, whole)))
    return Block(
        id="volume",
        title="Chamadas por meia hora",
        head="Meia hora",
        columns=(*(ENDS[end] for end in CALL_ENDS), "Total"),
        rows=tuple(rows),
        figures=("chamadas",),
        chart="stacked",
        drawn=tuple(range(len(CALL_ENDS))),
        calls={},
    )


def heat_map(m: Material, shown: str = "n") -> Block:
    """Weekdays by hours. No data (—): no such hour has begun in the period."""
    cells = m.by(lambda at: (at.weekday(), at.hour))
    begun = _begun(m)
    rows = []
    for day, name in enumerate(WEEKDAYS):
        row = tuple(
            _heat_cell(m, cells.get((day, hour), {}), (day, hour) in begun, shown)
            for hour in range(24)
        )
        rows.append(Row(head=name, cells=row))
    title = {"n": "chamadas", "ns": "nível de serviço", "abandono": "abandono"}[shown]
    return Block(
        id="mapa",
        title=f"Mapa da semana: {title}",
        head="Dia",
        columns=tuple(f"{hour:02d}h" for hour in range(24)),
        rows=tuple(rows),
        figures=({"n": "chamadas", "ns": "nivel_de_servico", "abandono": "abandono"}[shown],),
        heat=True,
        notes=("0: ninguém ligou. —: esta hora ainda não aconteceu no período.",),
        calls={},
    )


def _heat_cell(m: Material, sums: Sums, begun: bool, shown: str) -> Cell:
    if shown == "n":
        return Cell(value=count(sums, "call.end") if begun else None)
    measure = service_level if shown == "ns" else abandonment
    reading = measure(sums, m.rt.metric_rules)
    return Cell(value=reading.value if begun else None, unit="percent", n=reading.n)


def _begun(m: Material) -> set[tuple[int, int]]:
    """(weekday, hour) of the hours of the period that have begun."""
    found: set[tuple[int, int]] = set()
    at, until = start_of(m.first), min(end_of(m.last), m.now)
    while at < until and len(found) < 7 * 24:
        local = to_local(at)
        found.add((local.weekday(), local.hour))
        at += timedelta(hours=1)
    return found


def trend(m: Material) -> Block:
    """Service level, ASA, AHT and abandonment by day, or by hour within one day."""
    parts: Iterable[tuple[str, date | int]]
    if m.first == m.last:
        groups = m.by(lambda at: at.hour)
        parts = [(f"{hour:02d}h", hour) for hour in _hours(groups)]
    else:
        groups = m.by(lambda at: at.date())
        parts = [(day.strftime("%d/%m/%Y"), day) for day in m.days]
    rules = m.rt.metric_rules
    rows = []
    for head, key in parts:
        sums = groups.get(key, {})
        level, wait = service_level(sums, rules), answer_time(sums, rules)
        handled, lost = handling(sums, rules), abandonment(sums, rules)
        three = handled.parts or {}
        day = {"de": key.isoformat(), "ate": key.isoformat()} if isinstance(key, date) else None
        rows.append(
            Row(
                head=head,
                cells=(
                    Cell(value=level.value, unit="percent", n=level.n),
                    Cell(value=wait.value, unit="seconds"),
                    Cell(value=handled.value, unit="seconds"),
                    *(Cell(value=three.get(p), unit="seconds") for p in ("talk", "hold", "wrap")),
                    Cell(value=lost.value, unit="percent", n=lost.n),
                    Cell(value=count(sums, "stay.short")),
                ),
                calls=day,
            )
        )
    return Block(
        id="tendencia",
        title="Nível de serviço e tempos",
        head="Hora" if m.first == m.last else "Dia",
        columns=(
            "Nível de serviço", "TME", "TMA", "Conversa", "Espera na linha", "Pós-atendimento",
            "Abandono", "Abandonos curtos",
        ),
        rows=tuple(rows),
        figures=("nivel_de_servico", "tme", "tma", "abandono", "abandonos_curtos"),
        chart="line",
        drawn=(0, 6),
        notes=(f"Meta do nível de serviço: {rules.target} %.",),
        calls={},
    )  # fmt: skip


def _hours(groups: dict[object, Sums]) -> range:
    known = sorted(hour for hour in groups if isinstance(hour, int))
    return range(known[0], known[-1] + 1) if known else range(0)


def queues(m: Material) -> Block:
    """Each queue: what became of who entered it, and the waits."""
    rules = m.rt.metric_rules
    rows = []
    for name in sorted(of(m.sums, "stay.offered")):
        wait = answer_time(m.sums, rules, name)
        level, lost = service_level(m.sums, rules, name), abandonment(m.sums, rules, name)
        ends = ("answered", "abandoned", "short", "callback", "unanswered", "moved", "waiting")
        rows.append(
            Row(
                head=m.rt.queues.queue(name).label if name in m.rt.queues.queues else name,
                cells=(
                    Cell(value=count(m.sums, "stay.offered", name)),
                    *(Cell(value=count(m.sums, f"stay.{end}", name)) for end in ends),
                    Cell(value=level.value, unit="percent", n=level.n),
                    Cell(value=lost.value, unit="percent", n=lost.n),
                    Cell(value=wait.value, unit="seconds"),
                    Cell(value=wait_within(m.sums, 0.5, name), unit="seconds"),
                    Cell(value=wait_within(m.sums, 0.9, name), unit="seconds"),
                ),
                calls={"fila": name},
            )
        )
    return Block(
        id="filas",
        title="Filas",
        head="Fila",
        columns=(
            "Entraram", "Atendidas", "Abandonaram", "Abandonos curtos", "Pediram retorno",
            "Ninguém atendeu", "Movidas", "Esperando", "Nível de serviço", "Abandono", "TME",
            "Metade esperou até", "9 em 10 esperaram até",
        ),
        rows=tuple(rows),
        figures=("na_fila", "atendidas", "abandono", "nivel_de_servico", "tme"),
        notes=("Entraram = atendidas + abandonaram + abandonos curtos + pediram retorno + "
               "ninguém atendeu + movidas + esperando.",),
        calls={"abandonada": "1"},
    )  # fmt: skip


def funnel(m: Material) -> Block:
    """How far calls came in the IVR."""
    first = count(m.sums, "funnel", FUNNEL[0])
    rows = tuple(
        Row(
            head=STEPS[step],
            cells=(
                Cell(value=count(m.sums, "funnel", step)),
                percent(count(m.sums, "funnel", step), first),
            ),
            calls={"identidade": "verified"} if step == "resolveu" else {},
        )
        for step in FUNNEL
    )
    return Block(
        id="contencao",
        title="Funil do autoatendimento",
        head="Passo",
        columns=("Chamadas", "Das que ligaram"),
        rows=rows if first else (),
        figures=("contencao",),
        chart="bar",
        drawn=(0,),
        calls={"resultado": "resolved_self_service"},
    )


def endings(m: Material) -> Block:
    """Who hung up."""
    whole = count(m.sums, "call.hung_up")
    links = {"chamador": "caller", "ura": "system", "agente": "agent"}
    rows = tuple(
        Row(
            head=HUNG_UP[who],
            cells=(
                Cell(value=count(m.sums, "call.hung_up", who)),
                percent(count(m.sums, "call.hung_up", who), whole),
            ),
            calls={"desligou": links[who]} if who in links else None,
        )
        for who in HUNG_UP
    )
    return Block(
        id="quem-desligou",
        title="Quem desligou",
        head="Quem",
        columns=("Chamadas", "Das encerradas"),
        rows=rows if whole else (),
        chart="bar",
        drawn=(0,),
        calls={},
    )


def dropped(m: Material, most: int = MOST_NODES) -> Block:
    """Where callers gave up, by node and revision of the flow."""
    entered = of(m.sums, "node.entered")
    lost = of(m.sums, "node.dropped")
    keys = sorted(entered, key=lambda key: (-lost.get(key, (0, 0))[0], -entered[key][0], key))
    rows = []
    for key in keys[:most]:
        revision, _, node = key.partition("|")
        n, gone = entered[key][0], lost.get(key, (0, 0))[0]
        rows.append(
            Row(
                head=node,
                cells=(
                    Cell(value=revision[:8], unit="text"),
                    Cell(value=n),
                    Cell(value=gone),
                    percent(gone, n),
                    Cell(value=count(m.sums, "node.person", key)),
                ),
                calls={"resultado": "abandoned"} if gone else None,
            )
        )
    cut = f"Os {most} primeiros de {len(keys)}; o CSV traz todos."
    notes = () if len(keys) <= most else (cut,)
    return Block(
        id="desistencias",
        title="Onde desistem na URA",
        head="Ponto do fluxo",
        columns=("Revisão", "Passaram", "Desistiram aqui", "Parte", "Pediram uma pessoa aqui"),
        rows=tuple(rows),
        figures=("contencao",),
        notes=notes,
        calls={"resultado": "abandoned"},
    )
